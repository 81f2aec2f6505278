# SPDX-License-Identifier: ISC
"""One mx6d on loopback with one mailbox: what most system tests need."""

import smtplib

from mx6lab import mail, space
from mx6lab.daemon import Daemon

PORT = 2525
DOMAIN = "one.example"
RECIPIENT = "reader@one.example"
ZONE = """\
one.example.        60 IN MX 0 mx.one.example.
mx.one.example.     60 IN A  192.0.2.1
sink.example.       60 IN MX 0 mx.sink.example.
mx.sink.example.    60 IN A  127.0.0.9
"""


class One:
    def __init__(self, suite, name="one", **settings):
        self.suite = suite
        self.host = space.Host("one", suite.mode, own=False)
        zone = suite.path(name + ".zone")
        with open(zone, "w", encoding="utf-8") as f:
            f.write(ZONE)
        self.daemon = suite.keep(Daemon(
            suite.build, self.host, suite.path(name),
            {"hostname": "mx.one.example", "zone": zone,
             "relay_networks": ["127.0.0.0/8"], "delivery_port": 2600,
             **settings},
            [("127.0.0.1:%d" % PORT, {"role": "mx"})]))

    def start(self):
        self.daemon.start()
        self.daemon.domain(DOMAIN)
        self.box = self.daemon.mailbox(RECIPIENT)
        return self

    def client(self, timeout_s=20):
        client = smtplib.SMTP(local_hostname="client.example",
                              timeout=timeout_s)
        client.connect("127.0.0.1", PORT)
        client.ehlo_or_helo_if_needed()
        return client

    def send(self, recipient=RECIPIENT):
        """Gives one message in; its identity."""
        ident = mail.new_id()
        mail.inject(self.host, "127.0.0.1", PORT, "writer@client.example",
                    [recipient], mail.message("writer@client.example",
                                              recipient, ident))
        return ident

    def arrives(self, ident, timeout_s=20):
        return mail.wait_in_maildir(self.box, ident, timeout_s)
