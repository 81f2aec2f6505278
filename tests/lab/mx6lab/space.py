# SPDX-License-Identifier: ISC
"""Where a lab runs.

`enter()` starts the calling program again inside namespaces of its own
(network, mounts, processes); when that program ends, by whatever way, the
kernel ends all that it started and takes the network down.  Three modes:

    root      real root: daemons start as root and drop privileges to users
              that exist only in this mount namespace
    user      `unshare -Ur`: daemons run unprivileged, on port 25 all the same
    loopback  no namespaces to be had (a plain container): the machine's own
              127.0.0.0/8 and ::1, high ports
"""

import ctypes
import os
import subprocess
import sys
import tempfile

MARK = "MX6_LAB_MODE"
USERS = [("mx6d", 990), ("mx6q", 991), ("mx6p", 992)]
LIBC = ctypes.CDLL(None, use_errno=True)


def works(argv):
    return subprocess.run(argv, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def find_mode():
    """The best mode that this machine allows, and its unshare command."""
    common = ["unshare", "--mount", "--net", "--pid", "--fork",
              "--kill-child", "--mount-proc"]
    if os.geteuid() == 0 and works(common + ["true"]):
        return "root", common
    user = common[:1] + ["--user", "--map-root-user"] + common[1:]
    if works(user + ["true"]):
        return "user", user
    return "loopback", []


def enter(without=True):
    """Restarts this program in its namespaces; returns the mode inside.

    without: whether the caller can do with loopback; else None is returned
    where there are no namespaces.
    """
    mode = os.environ.get(MARK)
    if mode is None:
        mode, command = find_mode()
        if mode == "loopback" and not without:
            return None
        if mode != "loopback":
            status = subprocess.call(
                command + [sys.executable, *sys.argv],
                env=dict(os.environ, **{MARK: mode}))
            sys.exit(status if status >= 0 else 1)
    os.environ.pop(MARK, None)
    if mode != "loopback":
        quietly("mount", "--make-rprivate", "/")
        quietly("ip", "link", "set", "lo", "up")
    if mode == "root":
        add_users()
    return mode


def quietly(*argv):
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)


def add_users(users=tuple(USERS)):
    """Users for the daemon, seen in this mount namespace only.

    All of /etc is replaced by a copy: a mount on /etc/passwd alone would go
    away when somebody outside edits that file.
    """
    folder = tempfile.mkdtemp(prefix="mx6-etc-")
    quietly("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
    quietly("cp", "-a", "/etc/.", folder)
    for file, form in (("passwd", "%s:x:%d:%d::/nonexistent:/usr/sbin/nologin"),
                       ("group", "%s:x:%d:")):
        path = os.path.join(folder, file)
        with open(path, encoding="utf-8") as f:
            lines = [line for line in f.read().splitlines()
                     if line.split(":")[0] not in dict(users)]
        for name, number in users:
            lines.append(form % ((name, number, number)
                                 if file == "passwd" else (name, number)))
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
    quietly("mount", "--bind", folder, "/etc")
    quietly("umount", folder)
    os.rmdir(folder)


def has_ipv6():
    try:
        with open("/proc/net/if_inet6", encoding="ascii") as f:
            return any(line.startswith("0" * 31 + "1") for line in f)
    except OSError:
        return False


class Host:
    """One machine of the lab: a network namespace, or nothing but a name."""

    def __init__(self, name, mode, own=True):
        self.name, self.mode = name, mode
        self.holder = None
        if own and mode != "loopback":
            self.holder = subprocess.Popen(
                ["unshare", "--net", "--", "sh", "-c",
                 "ip link set lo up && echo up && exec sleep infinity"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            if self.holder.stdout.readline() != b"up\n":
                raise RuntimeError("no network namespace for " + name)
        if mode == "user":
            # Only in this network namespace: who is not root may bind 25.
            self.run("sh", "-c", "echo 0 >/proc/sys/net/ipv4/"
                     "ip_unprivileged_port_start")

    def command(self, argv):
        if self.holder is None:
            return list(argv)
        return ["nsenter", "--net=/proc/%d/ns/net" % self.holder.pid, "--",
                *argv]

    def unprivileged(self, argv):
        """argv as it must be started so that it is not root.

        In mode root the caller wants root: nothing is changed.
        """
        if self.mode == "user":
            argv = ["unshare", "--user", "--map-user=1000",
                    "--map-group=1000", "--", *argv]
        elif self.mode == "loopback" and os.geteuid() == 0:
            argv = ["setpriv", "--reuid=65534", "--regid=65534",
                    "--clear-groups", "--", *argv]
        return self.command(argv)

    def run(self, *argv):
        quietly(*self.command(argv))

    def popen(self, argv, **rest):
        return subprocess.Popen(self.command(argv), **rest)

    def inside(self):
        """With this, sockets that Python makes belong to this host."""
        return Inside(self)


class Inside:
    def __init__(self, host):
        self.host = host

    def __enter__(self):
        self.back = None
        if self.host.holder is not None:
            self.back = os.open("/proc/self/ns/net", os.O_RDONLY)
            fd = os.open("/proc/%d/ns/net" % self.host.holder.pid,
                         os.O_RDONLY)
            enter_network(fd)
            os.close(fd)

    def __exit__(self, *unused):
        if self.back is not None:
            enter_network(self.back)
            os.close(self.back)


def enter_network(fd):
    if LIBC.setns(fd, 0x40000000) != 0:     # CLONE_NEWNET
        raise OSError(ctypes.get_errno(), "setns")


def join(left, right, left_addresses, right_addresses):
    """A wire between two hosts, with addresses ("192.0.2.1/24") on it."""
    names = ["wire-" + right.name[:8], "wire-" + left.name[:8]]
    quietly("ip", "link", "add", names[0], "type", "veth",
            "peer", "name", names[1])
    for host, end, addresses in ((left, names[0], left_addresses),
                                 (right, names[1], right_addresses)):
        if host.holder is not None:
            quietly("ip", "link", "set", end, "netns", str(host.holder.pid))
        for address in addresses:
            extra = ["nodad"] if ":" in address else []
            host.run("ip", "address", "add", address, "dev", end, *extra)
        host.run("ip", "link", "set", end, "up")
