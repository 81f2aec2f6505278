# SPDX-License-Identifier: ISC
"""One mx6d of a lab: folders, configuration, start, log, control."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time

from mx6lab import space

START_S = 20
STOP_S = 10
LOG_LINE = re.compile(r"^(\S+) (\S+) (\S+)((?: .*)?)$")


def wait_for(what, condition, timeout_s, pause_s=0.02):
    """Until condition() is true; its value.  Fails by name after a while."""
    end = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError("%s: not within %g s" % (what, timeout_s))
        time.sleep(pause_s)


def kill_hard(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def is_alive(pid):
    """Not ended, and not a zombie that nobody has waited for."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def value_text(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "{%s}" % ", ".join('"%s"' % v for v in value)
    return '"%s"' % value


def configuration(settings, listens=(), routes=(), rules=(), filters=(),
                  providers=()):
    """The text of an mx6d.conf.

    listens: (address, {key: value}); routes: (domain, {...});
    rules, filters, providers: (name, {...}).  Words (roles, choices) are quoted too.
    """
    lines = ["%s = %s" % (key.replace("_", "-"), value_text(value))
             for key, value in settings.items()]
    for kind, rows in (("listen", listens), ("route", routes),
                       ("rule", rules), ("filter", filters),
                       ("provider", providers)):
        for title, keys in rows:
            body = "".join("\t%s = %s\n" % (k.replace("_", "-"),
                                            value_text(v))
                           for k, v in keys.items())
            lines.append('%s "%s" {\n%s}' % (kind, title, body))
    return "\n".join(lines) + "\n"


def log_fields(text):
    """The key=value words of a log line; values may be quoted."""
    fields = {}
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    for word in words:
        key, equals, value = word.partition("=")
        if equals:
            fields[key] = value
    return fields


class Event:
    """One line of the log."""

    def __init__(self, line):
        found = LOG_LINE.match(line)
        self.line = line
        self.at, self.process, self.name, rest = \
            found.groups() if found else ("", "", "", line)
        self.fields = log_fields(rest)

    def get(self, key):
        return self.fields.get(key, "")


def open_to_all(path):
    """Whether a user without rights may go there."""
    while os.stat(path).st_mode & 0o001:
        if path == "/":
            return True
        path = os.path.dirname(path)
    return False


def programs(build, host, folder):
    """A daemon that drops from root must find its programs as its users."""
    build = os.path.abspath(build)
    if os.geteuid() != 0 or host.mode == "user" or open_to_all(build):
        return build
    folder = os.path.join(os.path.abspath(folder), "bin")
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(build):
        path = os.path.join(build, name)
        if name.startswith(("mx6d", "mx6ctl")) and os.path.isfile(path):
            shutil.copy(path, folder)
    return folder


class Daemon:
    """
    d = Daemon(build, host, folder, settings, listens)
    d.start(); d.ctl("status"); d.events("deliver", to="<a@b>"); d.stop()
    """

    def __init__(self, build, host, folder, settings, listens=(), routes=(),
                 rules=(), filters=(), providers=()):
        self.build, self.host = programs(build, host, folder), host
        self.folder = os.path.abspath(folder)
        self.conf = self.folder + "/mx6d.conf"
        self.log_path = self.folder + "/log"
        self.control = self.folder + "/control"
        self.process = None
        self.settings = {
            "state_directory": self.folder + "/state",
            "spool_directory": self.folder + "/spool",
            "empty_directory": self.folder + "/empty",
            "control_socket": self.control,
            **settings}
        self.listens, self.routes, self.rules = listens, routes, rules
        self.filters, self.providers = filters, providers
        self.make_folders()
        self.write_configuration()

    def make_folders(self):
        owners = {"state": "mx6p", "spool": "mx6q", "mail": "mx6d"}
        for name in ("state", "spool", "empty", "mail"):
            path = os.path.join(self.folder, name)
            os.makedirs(path, mode=0o755, exist_ok=True)
            self.own(path, owners.get(name))

    def own(self, path, user):
        """Gives path to the user that the daemon's process will be."""
        numbers = dict(space.USERS)
        if self.host.mode == "root" and user is not None:
            os.chown(path, numbers[user], numbers[user])
        elif self.host.mode == "loopback" and os.geteuid() == 0:
            os.chown(path, 65534, 65534)
            os.chown(self.folder, 65534, 65534)

    def write_configuration(self, **changes):
        self.settings.update(changes)
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(configuration(self.settings, self.listens, self.routes,
                                  self.rules, self.filters,
                                  self.providers))

    # Life.

    def start(self):
        command = self.host.unprivileged(
            [self.build + "/mx6d", "-f", self.conf])
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for("start of mx6d on " + self.host.name, self.ready, START_S)
        except AssertionError:
            self.kill()
            raise AssertionError("mx6d did not start:\n" + self.log_end())
        return self

    def ready(self):
        if self.process.poll() is not None:
            raise AssertionError("mx6d ended with %d:\n%s" %
                                 (self.process.returncode, self.log_end()))
        return os.path.exists(self.control) and \
            self.try_ctl("status").returncode == 0

    def stop(self):
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("mx6d did not stop within %d s" % STOP_S)
        self.process = None
        return status

    def kill(self):
        """All of it at once, the way a machine stops.

        The parent's end is the children's (they get SIGKILL from the
        kernel), but we do not rely on that here.
        """
        if self.process is None:
            return
        # First stopped, so that no process is born unseen.
        self.process.send_signal(signal.SIGSTOP)
        pids = [self.process.pid, *self.children()]
        for pid in pids:
            kill_hard(pid)
        self.process.wait()
        self.process = None
        wait_for("the end of all processes",
                 lambda: not any(is_alive(pid) for pid in pids[1:]), STOP_S)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def children(self):
        """The process ids of the parent's children."""
        path = "/proc/%d/task/%d/children" % (self.process.pid,
                                              self.process.pid)
        try:
            with open(path, encoding="ascii") as f:
                return [int(pid) for pid in f.read().split()]
        except OSError:
            return []

    def processes(self):
        """{name: [pid, ...]}; mx6d is the parent."""
        found = {}
        for pid in [self.process.pid, *self.children()]:
            try:
                with open("/proc/%d/comm" % pid, encoding="utf-8") as f:
                    found.setdefault(f.read().strip(), []).append(pid)
            except OSError:
                pass
        return found

    # Control.

    def try_ctl(self, *arguments, **rest):
        return subprocess.run(
            self.host.unprivileged([self.build + "/mx6ctl", "-f", self.conf,
                                    "-s", self.control, *arguments]),
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=30, **rest)

    def ctl(self, *arguments):
        done = self.try_ctl(*arguments)
        if done.returncode != 0:
            raise AssertionError("mx6ctl %s: status %d\n%s%s" % (
                " ".join(arguments), done.returncode, done.stdout,
                done.stderr))
        return done.stdout

    def ctl_json(self, *arguments):
        return json.loads(self.ctl("--json", *arguments))

    def domain(self, name):
        self.ctl("domain", "add", name)

    def mailbox(self, address):
        """A mailbox with a Maildir of its own; its path."""
        path = os.path.join(self.folder, "mail", address)
        self.ctl("mailbox", "add", address, path)
        return path

    # Log.

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return [Event(line) for line in f.read().splitlines()]

    def events(self, name=None, **fields):
        return [e for e in self.log()
                if (name is None or e.name == name) and
                all(e.get(k) == v for k, v in fields.items())]

    def log_end(self, lines=20):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return "".join(f.readlines()[-lines:])
