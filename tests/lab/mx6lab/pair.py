# SPDX-License-Identifier: ISC
"""The lab of the demo: two senders and one receiver that know MX6.

    sender host                      receiver host
    aware    127.0.0.1   192.0.2.1   mx         192.0.2.2     with6, defensive
    unaware  127.0.0.2   2001:db8::1 mx         192.0.2.3     plain
                                     mx6        2001:db8::2   with6
                                     defensive  2001:db8::3   defensive

Mail is given to a sender on its loopback address.  Without namespaces all of
them are on loopback addresses and a high port, and the one IPv6 address that
there is, ::1, changes its role when the defensive form has its turn.
"""

import ipaddress
import os

from mx6lab import space
from mx6lab.daemon import Daemon
from mx6lab.trace import Trace

ZONE = """\
with6.example.            60 IN MX   0 mx.with6.example.
mx.with6.example.         60 IN A    {mx}
_mx6._tcp.with6.example.  60 IN SRV  0  0 {port} mx6.with6.example.
_mx6._tcp.with6.example.  60 IN SRV  10 0 {port} mx.with6.example.
mx6.with6.example.        60 IN AAAA {mx6}

plain.example.            60 IN MX   0 mx.plain.example.
mx.plain.example.         60 IN A    {plain}

defensive.example.        60 IN MX   0 mx.defensive.example.
defensive.example.        60 IN MX   0 mx-v6.defensive.example.
mx.defensive.example.     60 IN A    {mx}
mx-v6.defensive.example.  60 IN AAAA {defensive}

sender.example.           60 IN MX   0 mx.sender.example.
mx.sender.example.        60 IN A    {sender4}
mx.sender.example.        60 IN AAAA {sender6}
"""
NAMES = """\
{sender4_name} 60 IN PTR mx.sender.example.
{sender6_name} 60 IN PTR mx.sender.example.
"""
WIRE = {"port": 25, "sender4": "192.0.2.1", "sender6": "2001:db8::1",
        "mx": "192.0.2.2", "plain": "192.0.2.3", "mx6": "2001:db8::2",
        "defensive": "2001:db8::3"}
LOOPBACK = {"port": 2525, "sender4": "127.0.0.1", "sender6": "::1",
            "mx": "127.0.0.3", "plain": "127.0.0.4", "mx6": "::1",
            "defensive": "::1"}
DOMAINS = ("with6.example", "plain.example", "defensive.example")


class Pair:
    inlets = {"aware": "127.0.0.1", "unaware": "127.0.0.2"}

    def __init__(self, build, mode, folder, zone="", **settings):
        self.build, self.mode, self.folder = build, mode, folder
        self.settings = settings
        self.at = LOOPBACK if mode == "loopback" else WIRE
        self.port = self.at["port"]
        self.sender_host = space.Host("sender", mode, own=False)
        self.receiver_host = space.Host("receiver", mode)
        if mode != "loopback":
            self.wire()
        self.zone = os.path.join(folder, "lab.zone")
        os.makedirs(folder, exist_ok=True)
        self.write_zone(NAMES + zone)
        self.receiver = self.make_receiver()
        self.senders = {
            name: self.make_sender(name, self.inlets[name])
            for name in self.inlets}
        self.traces = {}
        self.mailboxes = {}

    def write_zone(self, more):
        """What every lab has, and more records with the same {words}."""
        with open(self.zone, "w", encoding="utf-8") as f:
            f.write((ZONE + more).format(
                **self.at, **{f"{key}_name": ipaddress.ip_address(
                    self.at[key]).reverse_pointer + "."
                    for key in ("sender4", "sender6")}))

    def wire(self):
        at = self.at
        space.join(
            self.sender_host, self.receiver_host,
            [at["sender4"] + "/24", at["sender6"] + "/64"],
            [at["mx"] + "/24", at["plain"] + "/24", at["mx6"] + "/64",
             at["defensive"] + "/64"])

    def common(self):
        return {"zone": self.zone, "delivery_port": self.port,
                "mx6_ports": "any" if self.port != 25 else "25",
                "smtp_processes": 1, "policy_processes": 1,
                "connection_idle": 0,   # each scenario opens its own
                **self.settings}

    def listen(self, address, role):
        if ":" in address:
            address = "[%s]" % address
        return ("%s:%d" % (address, self.port), {"role": role})

    def make_sender(self, name, address):
        return Daemon(
            self.build, self.sender_host, os.path.join(self.folder, name),
            {"hostname": "mx.sender.example", "mx6": name == "aware",
             "relay_networks": ["127.0.0.0/8"], **self.common()},
            [self.listen(address, "mx")])

    def make_receiver(self):
        roles = [("mx", "mx"), ("plain", "mx"), ("mx6", "mx6")]
        if self.mode != "loopback":
            roles.append(("defensive", "defensive"))
        return Daemon(
            self.build, self.receiver_host,
            os.path.join(self.folder, "receiver"),
            {"hostname": "mx.with6.example", **self.common()},
            [self.listen(self.at[where], role) for where, role in roles])

    def start(self):
        self.receiver.start()
        for name, daemon in self.senders.items():
            daemon.start()
            self.traces[name] = Trace(daemon, (self.inlets[name], self.port))
            self.traces[name].start()
        for domain in DOMAINS:
            self.receiver.domain(domain)
            address = "reader@" + domain
            self.mailboxes[address] = self.receiver.mailbox(address)
        return self

    def turn(self, role):
        """Loopback only: the one IPv6 address takes another role."""
        if self.mode == "loopback":
            self.receiver.ctl("listener", "[::1]:%d" % self.port, role)

    def stop(self):
        for trace in self.traces.values():
            trace.stop()
        for daemon in self.daemons():
            if daemon.process is not None:
                daemon.stop()

    def kill(self):
        for trace in self.traces.values():
            trace.stop()
        for daemon in self.daemons():
            daemon.kill()

    def daemons(self):
        return [*self.senders.values(), self.receiver]
