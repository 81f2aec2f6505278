# SPDX-License-Identifier: ISC
"""The five scenarios of MX6: what is sent, and what must be seen."""

import re

from mx6lab import mail
from mx6lab.daemon import wait_for
from mx6lab.trace import Trace

ACCEPTED = r"^250[ -]"
PUSHED_BACK = r"^550[ -]5\.5\.64 fall back to IPv4"
COME_BY_IPV4 = r"^450[ -]4\.7\.1 "


class Scenario:
    """steps: (family, pattern of the reply to the message), in order."""

    def __init__(self, sender, receiver, domain, text, steps, willing=False,
                 role="mx6"):
        self.sender, self.receiver, self.domain = sender, receiver, domain
        self.text, self.steps, self.willing = text, steps, willing
        self.role = role


SCENARIOS = [
    Scenario("unaware", "aware", "with6.example",
             "MX, A, IPv4", [("IPv4", ACCEPTED)]),
    Scenario("aware", "unaware", "plain.example",
             "no SRV record; MX, A, IPv4", [("IPv4", ACCEPTED)]),
    Scenario("aware", "aware, willing", "with6.example",
             "SRV, AAAA, IPv6, 250", [("IPv6", ACCEPTED)], willing=True),
    Scenario("aware", "aware, unwilling", "with6.example",
             "SRV, AAAA, IPv6, 550 5.5.64, then IPv4 at once, 250",
             [("IPv6", PUSHED_BACK), ("IPv4", ACCEPTED)]),
    Scenario("aware", "aware, defensive", "defensive.example",
             "MX, AAAA, IPv6, 450, then A, IPv4, 250",
             [("IPv6", COME_BY_IPV4), ("IPv4", ACCEPTED)], role="defensive"),
]


class Outcome:
    def __init__(self, scenario):
        self.scenario = scenario
        self.sessions = []
        self.file = None
        self.received = []
        self.wrong = []

    def path(self):
        return ", ".join(
            "%s %s" % ("IPv6" if s.ipv6() else "IPv4",
                       " ".join(re.split(r"[- ]", s.verdict())[:2]))
            for s in self.sessions)


def received_lines(path):
    """The topmost Received field of a message."""
    with open(path, encoding="utf-8", errors="replace") as f:
        text = f.read()
    found = re.search(r"(?m)^Received:.*(?:\n[ \t].*)*", text)
    return found.group(0).splitlines() if found else []


def judge(outcome):
    """What differs from the scenario, in words."""
    steps = outcome.scenario.steps
    if len(outcome.sessions) != len(steps):
        outcome.wrong.append("%d sessions, not %d" %
                             (len(outcome.sessions), len(steps)))
    for session, (family, pattern) in zip(outcome.sessions, steps):
        if session.ipv6() != (family == "IPv6"):
            outcome.wrong.append("%s is not %s" % (session.peer, family))
        if not re.match(pattern, session.verdict()):
            outcome.wrong.append("%s answered %r" % (session.peer,
                                                     session.verdict()))
    if outcome.file is None:
        outcome.wrong.append("the message is not in the Maildir")


def play(pair, scenario):
    """Sends the scenario's message, waits for it, judges the dialogue."""
    outcome = Outcome(scenario)
    daemon, trace = pair.senders[scenario.sender], pair.traces[scenario.sender]
    ident = mail.new_id()
    recipient = "reader@" + scenario.domain
    sender = "writer@sender.example"
    network = pair.at["sender6"] + "/128"
    pair.turn(scenario.role)
    if scenario.willing:
        pair.receiver.ctl("whitelist", "add", network)
    since = Trace.now()
    mail.inject(daemon.host, pair.inlets[scenario.sender], pair.port, sender,
                [recipient], mail.message(sender, recipient, ident,
                                          subject=scenario.text))
    try:
        outcome.file = mail.wait_in_maildir(pair.mailboxes[recipient], ident)
        wait_for("the end of the dialogue",
                 lambda: complete(trace.outgoing(since),
                                  len(scenario.steps)), 5)
    except AssertionError as error:
        outcome.wrong.append(str(error))
    outcome.sessions = trace.outgoing(since)
    if outcome.file is not None:
        outcome.received = received_lines(outcome.file)
    judge(outcome)
    if scenario.willing:
        pair.receiver.ctl("whitelist", "remove", network)
    return outcome


def complete(sessions, count):
    return len(sessions) >= count and \
        all(s.verdict() for s in sessions)
