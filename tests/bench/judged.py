# SPDX-License-Identifier: ISC
"""mx6d and Postfix judging the same signed mail of a stranger.

mx6d has SPF, DKIM, DMARC, iprev and its lists on.  Postfix has Debian's
opendkim, opendmarc and policyd-spf beside it, and nsd on loopback for their
questions; mx6d's resolver answers from the same records in a zone file.  The
client's address is no trusted one, so that all of it really runs.
"""

import os
import shutil
import subprocess

import measure
from contest import Mx6dContestant, NOBODY, PostfixContestant
from mx6lab import mail, peers, signing
from mx6lab.daemon import Daemon
from mx6lab.space import quietly

try:
    import dkim
except ImportError:
    dkim = None

CLIENT = {4: "192.0.2.1", 6: "2001:db8::1"}
READER, WATCHER = "reader@judged.example", "watcher@judged.example"
WRITER = "writer@client.example"
STRANGER = "writer@without-records.example"
SELECTOR = "k"
BODY = ("0123456789" * 7 + "\r\n") * 48          # 4 KiB with the header
RECORDS = """\
client.example. 60 IN TXT "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all"
client.example. 60 IN A 192.0.2.1
client.example. 60 IN AAAA 2001:db8::1
_dmarc.client.example. 60 IN TXT "v=DMARC1; p=reject"
k._domainkey.client.example. 60 IN TXT "v=DKIM1; k=rsa; p=" {key}
"""
REVERSE = {
    "2.0.192.in-addr.arpa": "1.2.0.192.in-addr.arpa. 60 IN PTR "
                            "client.example.\n",
    "8.b.d.0.1.0.0.2.ip6.arpa": "1" + ".0" * 23 + ".8.b.d.0.1.0.0.2.ip6.arpa."
                                " 60 IN PTR client.example.\n"}
EXPECTED = ("spf=pass", "dkim=pass", "dmarc=pass")


class SignedMail:
    """One message of client.example, and the records that vouch for it."""

    def __init__(self, path):
        key, public = signing.make_key()
        self.records = RECORDS.format(key=public)
        text = mail.message(WRITER, READER, "bench", BODY)
        self.text = dkim.sign(text, SELECTOR.encode(), b"client.example",
                              key) + text
        self.path = path
        with open(path, "wb") as f:
            f.write(self.text.replace(b"\r\n", b"\n"))

    def zones(self):
        """{name: text} for an authoritative server."""
        zones = {"client.example": self.records, **REVERSE}
        return {name: "%s. 60 IN SOA ns.%s. h.%s. 1 60 60 60 60\n"
                      "%s. 60 IN NS ns.client.example.\n%s" % (
                          name, name, name, name, rows)
                for name, rows in zones.items()}


def addresses():
    """The client's, on this namespace's loopback."""
    quietly("ip", "address", "add", CLIENT[4] + "/24", "dev", "lo")
    quietly("ip", "-6", "address", "add", CLIENT[6] + "/64", "dev", "lo",
            "nodad")


class Judged:
    """The source is the same: one file, from an address of no trust."""

    writer = WRITER

    def source(self, options, messages, address=None):
        host, port = address or self.address
        done = subprocess.run(
            self.tools.command(
                ["smtp-source", *options, "-m", str(messages), "-F",
                 self.inside(self.mail.path), "-f", self.writer, "-t", READER,
                 "-M", "client.example",
                 "inet:%s:%d" % ("[%s]" % host if ":" in host else host,
                                 port)]),
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=300)
        if done.returncode != 0:
            raise AssertionError("smtp-source: " + done.stderr)

    def inside(self, path):
        """The message's file where smtp-source's root folder is."""
        name = "/tmp/bench-message"
        shutil.copy(path, self.tools.root + name)
        os.chmod(self.tools.root + name, 0o644)
        return name


def check(name, text):
    """All of EXPECTED stand in what the server put in front."""
    missing = [word for word in EXPECTED if word not in text]
    if missing:
        raise AssertionError("%s did not check all: no %s in\n%s" % (
            name, ", ".join(missing), text[:1500]))


class JudgedMx6d(Judged, Mx6dContestant):
    name = "mx6d"
    address = (CLIENT[4], 2525)

    def __init__(self, suite, disk, tools, signed, **settings):
        super().__init__(suite, disk, tools)
        self.mail, self.settings = signed, settings

    def fresh(self, sink):
        self.runs += 1
        self.folder = os.path.join(self.disk, "judged%d" % self.runs)
        zone = self.suite.path("judged.zone")
        with open(zone, "w", encoding="utf-8") as f:
            f.write(self.mail.records + "".join(REVERSE.values()))
        self.daemon = Daemon(
            self.suite.build, self.host, self.folder,
            {"hostname": "mx.judged.example", "zone": zone,
             "connections_per_address": 1000, "connections_per_network": 1000,
             "dkim_replay_max": 1000000,
             "lmtp": "127.0.0.1:%d" % NOBODY, **self.settings},
            [("%s:2525" % CLIENT[4], {"role": "mx"}),
             ("[%s]:2525" % CLIENT[6], {"role": "mx6"})])
        self.daemon.start()
        self.daemon.domain("judged.example")
        self.daemon.ctl("mailbox", "add", READER)
        self.box = self.daemon.mailbox(WATCHER)
        self.daemon.ctl("whitelist", "domain", "add", "client.example")

    def fill_addressbook(self, rows):
        """As many rows of strangers, by the sqlite3 shell, as one may."""
        sql = ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM "
               "n WHERE i < %d) INSERT INTO addressbook (recipient, sender, "
               "source) SELECT 'user' || (i %% 1000) || '@judged.example', "
               "'friend' || i || '@known.example', 'import' FROM n;" % rows)
        subprocess.run(["sqlite3", self.folder + "/state/lists.db", sql],
                       check=True, stdin=subprocess.DEVNULL)

    def see(self, address):
        """Sends the message to a Maildir; what was put in front of it."""
        mail.inject(self.host, *address, WRITER, [WATCHER], self.mail.text)
        with open(mail.wait_in_maildir(self.box, "bench"),
                  encoding="ascii") as f:
            return f.read()


def nothing(mx6d):
    """As it is."""


def looked_at(mx6d):
    """Not measured before it is seen that all checks ran."""
    check(mx6d.name, mx6d.see(mx6d.address))


def looked_at_over_ipv6(mx6d):
    check(mx6d.name, mx6d.see((CLIENT[6], 2525)))


def with_rows(mx6d):
    mx6d.fill_addressbook(BOOK_ROWS)


def from_a_stranger(mx6d):
    mx6d.writer = STRANGER


BOOK_ROWS = 1000000
ALL, MANY_ROWS = "all checks on", "and a million addressbook rows"
WITHOUT_BOTH = {"dkim": False, "dmarc": False}
# What, settings, preparation, another address.
ROWS = [
    (ALL, {}, looked_at, None),
    (MANY_ROWS, {}, with_rows, None),
    ("over IPv6, a listed domain", {}, looked_at_over_ipv6,
     (CLIENT[6], 2525)),
    ("without DMARC", {"dmarc": False}, nothing, None),
    ("without DKIM and DMARC", WITHOUT_BOTH, nothing, None),
    ("and without an SPF record", WITHOUT_BOTH, from_a_stranger, None),
]


OPENDKIM = """\
Mode v
Socket inet:8891@127.0.0.1
Syslog no
Nameservers 127.0.0.1
AlwaysAddARHeader yes
AuthservID mx.judged.example
UserID nobody
"""
OPENDMARC = """\
Socket inet:8893@127.0.0.1
Syslog false
AuthservID mx.judged.example
TrustedAuthservIDs mx.judged.example
SPFSelfValidate true
UserID nobody
"""
SPF = """\
debugLevel = 0
TestOnly = 0
HELO_reject = False
Mail_From_reject = False
Header_Type = AR
Authserv_Id = mx.judged.example
"""


class JudgedPostfix(Judged, PostfixContestant):
    name = "Postfix"
    address = (CLIENT[4], 25)

    def __init__(self, suite, disk, signed):
        super().__init__(suite, disk)
        self.mail = signed
        self.nsd = None

    def fresh(self, sink):
        self.runs += 1
        self.nsd = peers.Nsd(self.suite.build, self.host,
                             self.suite.path("nsd%d" % self.runs),
                             self.mail.zones()).start()
        postfix = peers.Postfix(
            self.suite.build, self.host,
            self.suite.path("judged%d" % self.runs), {
                "relayhost": "[127.0.0.1]:%d" % NOBODY,
                "relay_domains": "judged.example",
                "smtpd_client_connection_count_limit": "0",
                "policyd-spf_time_limit": "3600",
                "smtpd_milters": "inet:127.0.0.1:8891, inet:127.0.0.1:8893",
                "smtpd_recipient_restrictions":
                    "permit_mynetworks, reject_unauth_destination, "
                    "check_policy_service unix:private/policyd-spf"},
            package="judge")
        spool = os.path.join(self.disk, "judged%d" % self.runs)
        os.makedirs(spool)
        quietly("mount", "--bind", spool, postfix.root + "/var/spool/postfix")
        postfix.make_queue()
        self.configure(postfix)
        self.postfix = self.tools = postfix
        postfix.spawn("/usr/sbin/opendkim", "-f", "-x", "/etc/opendkim.conf")
        postfix.spawn("/usr/sbin/opendmarc", "-f", "-c",
                      "/etc/opendmarc.conf")
        postfix.wait_port("127.0.0.1", 8891)
        postfix.wait_port("127.0.0.1", 8893)
        postfix.start()

    @staticmethod
    def configure(postfix):
        postfix.write("/etc/opendkim.conf", OPENDKIM)
        postfix.write("/etc/opendmarc.conf", OPENDMARC)
        postfix.write("/etc/postfix-policyd-spf-python/policyd-spf.conf", SPF)
        postfix.write("/etc/postfix/master.cf", postfix.read(
            "/etc/postfix/master.cf") +
            "policyd-spf unix - n n - 0 spawn user=nobody "
            "argv=/usr/bin/policyd-spf\n")

    def pids(self):
        return [pid for child in self.postfix.children
                for pid in measure.tree(child.pid)]

    def stop(self):
        if self.postfix is None:
            return
        self.postfix.stop()
        quietly("umount", "--recursive", "--lazy", self.postfix.folder)
        shutil.rmtree(os.path.join(self.disk, "judged%d" % self.runs))
        self.postfix = None
        self.nsd.stop()

    def see(self):
        """Sends one message; what was put in front of it in the queue."""
        self.source([], 1)
        base = self.postfix.root + "/var/spool/postfix"
        for folder, _, names in os.walk(base):
            for name in names:
                if "/deferred/" in folder + "/" or "/active" in folder:
                    path = os.path.join(folder, name)
                    return self.postfix.run(
                        "/usr/sbin/postcat", "-h",
                        path[len(self.postfix.root):]).stdout
        return ""
