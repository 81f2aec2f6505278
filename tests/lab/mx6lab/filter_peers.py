# SPDX-License-Identifier: ISC
"""Real filters of Debian as peers: nothing is installed, and nothing is
fetched while they run.  Each has start(), stop() and `address`, as the key
socket of a filter section takes it."""

import os
import socket

from mx6lab.daemon import wait_for
from mx6lab.peers import Peer

SIGNATURE = "mx6d-test-malware-9c6fd0c1"

CLAMD = """\
LocalSocket /run/clamav/clamd.ctl
DatabaseDirectory /var/lib/clamav
LogFile /var/log/clamav/clamd.log
User clamav
Foreground yes
"""
CLAMAV_MILTER = """\
MilterSocket unix:/run/clamav/milter.ctl
MilterSocketMode 666
ClamdSocket unix:/run/clamav/clamd.ctl
AddHeader Replace
ReportHostname filter.example
User clamav
Foreground yes
"""


def answers(path):
    """Somebody listens on this unix socket."""
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.connect(path)
        except OSError:
            return False
    return True


class Clamav(Peer):
    """clamav-milter and its clamd, which knows one signature: SIGNATURE."""

    users = (("clamav", 908),)

    def __init__(self, build, host, folder):
        super().__init__(build, "clamav", host, folder)
        self.folders("/", ["run/clamav", "var/lib/clamav", "var/log/clamav"],
                     908, 908)
        self.write("/var/lib/clamav/test.ndb", "Mx6d.Test:0:*:%s\n" %
                   SIGNATURE.encode("ascii").hex())
        self.write("/etc/clamav/clamd.conf", CLAMD)
        self.configure("")
        self.path = self.root + "/run/clamav/milter.ctl"
        self.address = "unix:" + self.path

    def start(self):
        clamd = self.root + "/run/clamav/clamd.ctl"
        for left in (clamd, self.path):     # by one that was stopped
            if os.path.exists(left):
                os.unlink(left)
        self.clamd = self.spawn("/usr/sbin/clamd", "-c",
                                "/etc/clamav/clamd.conf")
        wait_for("clamd", lambda: answers(clamd), 30)
        self.spawn("/usr/sbin/clamav-milter", "-c",
                   "/etc/clamav/clamav-milter.conf")
        wait_for("clamav-milter", lambda: answers(self.path), 20)
        return self

    def configure(self, settings):
        """Lines more for clamav-milter.conf."""
        self.write("/etc/clamav/clamav-milter.conf", CLAMAV_MILTER + settings)

    def stop_clamd(self):
        self.clamd.terminate()
        self.clamd.wait()

    def log(self):
        return self.output() + self.read("/var/log/clamav/clamd.log")


GTUBE = "%sJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
# Its worker that speaks milter scans by itself; no DNS, no Redis.
RSPAMD = {
    "worker-proxy.inc": """\
bind_socket = "127.0.0.1:11332";
upstream "local" { default = yes; self_scan = yes; }
""",
    "worker-normal.inc": "enabled = false;\n",
    "worker-controller.inc": "enabled = false;\n",
    "milter_headers.conf": 'use = ["x-spamd-bar", "x-spam-status"];\n'
                           "skip_local = false;\n",
    "logging.inc": 'type = "console";\n',
    "options.inc": "disable_hyperscan = true;\n"
                   "enable_test_patterns = true;\n",
}
# Modules that ask others over the network, or judge a client by its name.
RSPAMD_WITHOUT = ("arc", "asn", "dkim", "dkim_signing", "dmarc",
                  "fuzzy_check", "hfilter", "mx_check", "phishing", "rbl",
                  "spf", "surbl")


class Rspamd(Peer):
    """rspamd's proxy worker as a milter."""

    users = (("_rspamd", 909),)
    address = "127.0.0.1:11332"

    def __init__(self, build, host, folder):
        super().__init__(build, "rspamd", host, folder)
        for name, text in RSPAMD.items():
            self.write("/etc/rspamd/local.d/" + name, text)
        for module in RSPAMD_WITHOUT:
            self.write("/etc/rspamd/local.d/%s.conf" % module,
                       "enabled = false;\n")
        self.folders("/", ["run/rspamd", "var/lib/rspamd", "var/log/rspamd"],
                     909, 909)

    def start(self):
        self.spawn("/usr/bin/rspamd", "-f", "-u", "_rspamd", "-g", "_rspamd")
        self.wait_port("127.0.0.1", 11332)
        return self

    def log(self):
        return self.output()
