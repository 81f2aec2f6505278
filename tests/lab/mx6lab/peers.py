# SPDX-License-Identifier: ISC
"""Other mail servers, and filters, as peers, without installing them.

Their Debian packages are downloaded to BUILD/peers and unpacked, for one
test, into a root folder of their own: an overlay over this machine's root
that exists in the test's mount namespace only.  Needs root; where that or
the download cannot be, `why_not` says so and the tests skip by name.
"""

import os
import re
import socket
import subprocess
import time

from mx6lab.daemon import wait_for
from mx6lab.space import quietly

PACKAGES = {
    "postfix": ["postfix"],
    "exim": ["exim4-daemon-light", "exim4-base"],
    "dovecot": ["dovecot-core", "dovecot-lmtpd"],
    "nsd": ["nsd"],
    "opendkim": ["opendkim"],
    "judge": ["postfix", "opendkim", "opendmarc", "postfix-policyd-spf-python",
              "python3-spf-engine", "python3-spf", "python3-authres",
              "python3-dnspython"],
    "clamav": ["clamav-daemon", "clamav-milter"],
    "rspamd": ["rspamd"],
}
APT = ["-qq", "-o", "Acquire::http::Timeout=15", "-o", "Acquire::Retries=1"]


def apt(*arguments, folder=None):
    return subprocess.run(["apt-get", *APT, *arguments], cwd=folder,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace")


def needed(packages):
    """The packages, and the libraries of theirs that this machine lacks."""
    plan = apt("-s", "install", "--no-install-recommends", *packages)
    wanted = re.findall(r"^Inst (\S+)", plan.stdout, re.MULTILINE)
    libraries = [p for p in wanted if p.startswith("lib")]
    return sorted({*packages, *libraries})


def fetch(build, *names):
    """Downloads what is not there yet; to be called outside namespaces."""
    for name in names:
        folder = os.path.join(build, "peers", name)
        if os.path.exists(folder + "/complete"):
            continue
        os.makedirs(folder, exist_ok=True)
        done = apt("download", *needed(PACKAGES[name]), folder=folder)
        if done.returncode != 0 and os.geteuid() == 0:
            apt("update")
            done = apt("download", *needed(PACKAGES[name]), folder=folder)
        if done.returncode == 0:
            open(folder + "/complete", "w").close()


def why_not(build, mode, name):
    """None if the peer can be had here, else the reason."""
    if mode != "root":
        return name + " runs in a root folder of its own, which needs root"
    if not os.path.exists(os.path.join(build, "peers", name, "complete")):
        return "the package of %s could not be downloaded" % name
    return None


class Peer:
    """A root folder with a peer's packages in it, seen from one host."""

    users = ()          # (name, number)
    groups = ()

    def __init__(self, build, name, host, folder):
        self.host, self.folder = host, folder
        self.root = folder + "/root"
        os.makedirs(folder)
        quietly("mount", "-t", "tmpfs", "tmpfs", folder)
        for part in ("upper", "work", "root"):
            os.mkdir(os.path.join(folder, part))
        quietly("mount", "-t", "overlay", "overlay", "-o",
                "lowerdir=/,upperdir=%s/upper,workdir=%s/work" %
                (folder, folder), self.root)
        for part in ("proc", "dev"):
            quietly("mount", "--rbind", "/" + part,
                    os.path.join(self.root, part))
        self.unpack(os.path.join(build, "peers", name))
        self.add_accounts()
        self.write("/etc/resolv.conf", "nameserver 127.0.0.1\n")
        self.children = []

    def unpack(self, folder):
        for name in sorted(os.listdir(folder)):
            if name.endswith(".deb"):
                unpacked = subprocess.Popen(
                    ["dpkg-deb", "--fsys-tarfile",
                     os.path.join(folder, name)], stdout=subprocess.PIPE)
                subprocess.run(["tar", "-x", "-C", self.root,
                                "--keep-directory-symlink"],
                               stdin=unpacked.stdout, check=True)
                unpacked.wait()

    def add_accounts(self):
        passwd = "".join("%s:x:%d:%d::/nonexistent:/usr/sbin/nologin\n" %
                         (name, number, number) for name, number in self.users)
        group = "".join("%s:x:%d:\n" % row
                        for row in (*self.users, *self.groups))
        for path, text in (("/etc/passwd", passwd), ("/etc/group", group)):
            with open(self.root + path, encoding="utf-8") as f:
                old = f.read()
            self.write(path, old + text)

    def write(self, path, text, mode=0o644):
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        with open(self.root + path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.root + path, mode)

    def read(self, path):
        try:
            with open(self.root + path, encoding="utf-8",
                      errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def folders(self, base, names, owner=0, group=0, mode=0o755):
        for name in names:
            path = self.root + os.path.join(base, name)
            os.makedirs(path, exist_ok=True)
            os.chown(path, owner, group)
            os.chmod(path, mode)

    def command(self, argv):
        return self.host.command(["chroot", self.root, *argv])

    def run(self, *argv, text=None):
        return subprocess.run(
            self.command(argv), input=text or "", capture_output=True,
            text=True, errors="replace", timeout=60)

    def spawn(self, *argv):
        """A process that runs until stop()."""
        with open(self.folder + "/output", "ab") as output:
            p = subprocess.Popen(self.command(argv), stdin=subprocess.DEVNULL,
                                 stdout=output, stderr=output,
                                 start_new_session=True)
        self.children.append(p)
        return p

    def wait_port(self, address, port, timeout_s=20):
        def answers():
            try:
                with self.host.inside():
                    socket.create_connection((address, port), 5).close()
                return True
            except OSError:
                return False
        wait_for("port %d of %s" % (port, type(self).__name__), answers,
                 timeout_s, 0.05)

    def stop(self):
        for p in self.children:
            p.terminate()
        for p in self.children:
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        self.children = []

    def output(self):
        with open(self.folder + "/output", errors="replace") as f:
            return f.read()


class Postfix(Peer):
    """Debian's Postfix, as it comes but for what `settings` says."""

    users = (("postfix", 901),)
    groups = (("postdrop", 902),)

    def __init__(self, build, host, folder, settings, package="postfix"):
        super().__init__(build, package, host, folder)
        self.configure(settings)
        self.make_queue()

    def configure(self, settings):
        settings = {
            "compatibility_level": "3.6", "myhostname": "postfix.example",
            "mydestination": "", "alias_maps": "", "alias_database": "",
            "inet_protocols": "all", "maillog_file": "/var/log/postfix.log",
            "mynetworks": "127.0.0.0/8", **settings}
        self.write("/etc/postfix/main.cf", "".join(
            "%s = %s\n" % row for row in settings.items()))
        # Debian chroots its processes; what would be copied into that chroot
        # at start-up (resolv.conf, libraries) is left out here instead.
        master = self.read("/usr/share/postfix/master.cf.dist")
        master = re.sub(r"(?m)^([a-z]\S*\s+(?:inet|unix)\s+\S+\s+\S+\s+)y",
                        r"\1n", master)
        self.write("/etc/postfix/master.cf", master)

    def make_queue(self):
        base = "/var/spool/postfix"
        self.folders(base, ["", "pid"])
        self.folders(base, ["incoming", "active", "bounce", "corrupt",
                            "defer", "deferred", "flush", "hold", "private",
                            "saved", "trace"], 901, 0, 0o700)
        self.folders(base, ["public"], 901, 902, 0o710)
        self.folders(base, ["maildrop"], 901, 902, 0o730)
        self.folders("/var/lib", ["postfix"], 901, 901)
        for name in ("postdrop", "postqueue"):
            path = self.root + "/usr/sbin/" + name
            os.chown(path, 0, 902)
            os.chmod(path, 0o2755)

    def start(self):
        self.spawn("/usr/lib/postfix/sbin/master", "-c", "/etc/postfix")
        self.wait_port("127.0.0.1", 25)
        return self

    def log(self):
        return self.read("/var/log/postfix.log")

    def send(self, sender, recipient, content):
        done = self.run("/usr/sbin/sendmail", "-f", sender, recipient,
                        text=content.decode("utf-8").replace("\r\n", "\n"))
        assert done.returncode == 0, done.stderr


EXIM_CONFIGURATION = """
primary_hostname = exim.example
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = /var/spool/exim4
log_file_path = /var/log/exim4/%%slog
keep_environment =
never_users =
local_interfaces = <; 0.0.0.0
daemon_smtp_ports = 25
domainlist local_domains = exim.example
acl_smtp_rcpt = accept
acl_smtp_data = accept
queue_run_in_order = true
%(main)s
begin routers
here:
  driver = accept
  domains = +local_domains
  transport = maildir
%(routers)s
begin transports
maildir:
  driver = appendfile
  directory = /var/mail/exim
  maildir_format
  user = Debian-exim
  group = Debian-exim
smtp:
  driver = smtp
  port = 25
%(transport)s
begin retry
* * F,1h,10s
"""


class Exim(Peer):
    """Debian's light Exim; routers and transport options from the test."""

    users = (("Debian-exim", 903),)

    def __init__(self, build, host, folder, routers, transport="", main=""):
        super().__init__(build, "exim", host, folder)
        self.write("/etc/exim4/exim4.conf", EXIM_CONFIGURATION % {
            "routers": routers, "transport": transport, "main": main})
        self.folders("/var", ["spool/exim4", "log/exim4", "mail/exim"],
                     903, 903, 0o750)

    def start(self):
        self.spawn("/usr/sbin/exim4", "-bdf", "-q5s")
        self.wait_port("127.0.0.1", 25)
        return self

    def log(self):
        return self.read("/var/log/exim4/mainlog")

    def send(self, sender, recipients, content):
        if isinstance(recipients, str):
            recipients = [recipients]
        done = self.run("/usr/sbin/exim4", "-f", sender, *recipients,
                        text=content.decode("utf-8").replace("\r\n", "\n"))
        assert done.returncode == 0, done.stderr

    def mail(self):
        folder = self.root + "/var/mail/exim/new"
        if not os.path.isdir(folder):
            return ""
        text = ""
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), errors="replace") as f:
                text += f.read()
        return text


DOVECOT_CONFIGURATION = """
protocols = lmtp
base_dir = /run/dovecot
log_path = /var/log/dovecot.log
ssl = no
mail_location = maildir:/var/mail/dovecot/%n
first_valid_uid = 904
userdb {
  driver = static
  args = uid=904 gid=904 home=/var/mail/dovecot/%n
}
passdb {
  driver = static
  args = nopassword=y
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = 2424
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
"""


class Dovecot(Peer):
    """Dovecot's LMTP server on 127.0.0.1:2424 and its unix socket."""

    users = (("vmail", 904), ("dovecot", 905), ("dovenull", 906))

    def __init__(self, build, host, folder):
        super().__init__(build, "dovecot", host, folder)
        self.write("/etc/dovecot/dovecot.conf", DOVECOT_CONFIGURATION)
        self.folders("/var/mail", ["dovecot"], 904, 904)

    def start(self):
        self.spawn("/usr/sbin/dovecot", "-F")
        self.wait_port("127.0.0.1", 2424)
        return self

    def mailbox(self, user):
        return self.root + "/var/mail/dovecot/" + user


class Nsd(Peer):
    """A name server for peers, authoritative for zones given as text."""

    users = (("nsd", 907),)

    def __init__(self, build, host, folder, zones):
        super().__init__(build, "nsd", host, folder)
        text = ("server:\n  ip-address: 127.0.0.1\n  username: nsd\n"
                "  chroot: \"\"\n  zonesdir: /etc/nsd\n  logfile: \"\"\n"
                "  pidfile: \"\"\n  zonelistfile: /tmp/zone.list\n"
                "  xfrdfile: \"\"\n  database: \"\"\n  server-count: 1\n"
                "remote-control:\n  control-enable: no\n")
        for number, (name, zone) in enumerate(zones.items()):
            self.write("/etc/nsd/%d.zone" % number, zone)
            text += "zone:\n  name: %s\n  zonefile: %d.zone\n" % (name, number)
        self.write("/etc/nsd/nsd.conf", text)

    def start(self):
        self.spawn("/usr/sbin/nsd", "-d", "-c", "/etc/nsd/nsd.conf")
        self.wait_port("127.0.0.1", 53)
        time.sleep(0.1)
        return self
