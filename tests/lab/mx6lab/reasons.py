# SPDX-License-Identifier: ISC
"""The second act of the demo: why mail is taken over IPv6, and why not.

One aware sender and one receiver, as in the first act.  Each scene says what
the receiver knows of the sender, which message comes, and what must be seen:
the reply over IPv6, where the message ends, and the rule that
`mx6ctl explain` names.
"""

import os

from mx6lab import mail, scenarios
from mx6lab.daemon import wait_for
from mx6lab.milter import Milter
from mx6lab.signing import make_key
from mx6lab.trace import Trace

try:
    import dkim
except ImportError:
    dkim = None

READER, OTHER = "reader@with6.example", "other@with6.example"
FRIEND = "friend@known.example"
SECONDS = 20

# known.example vouches for itself in every way; the rest each lack something.
ZONE = """
known.example.                60 IN TXT "v=spf1 ip4:{sender4} ip6:{sender6} -all"
_dmarc.known.example.         60 IN TXT "v=DMARC1; p=reject"
k._domainkey.known.example.   60 IN TXT "v=DKIM1; k=rsa; p=" {key}
forged.example.               60 IN TXT "v=spf1 -all"
bank.example.                 60 IN TXT "v=spf1 -all"
_dmarc.bank.example.          60 IN TXT "v=DMARC1; p=reject"
list.example.                 60 IN TXT "v=spf1 ip6:{sender6} ip4:{sender4} -all"
trouble.example.              60 IN A   192.0.2.9
k._domainkey.trouble.example. 60 IN SERVFAIL
"""
RULE = "nothing-good-known"


class Scene:
    """what: a heading; known: what the receiver knows, in a sentence.

    edits: commands of mx6ctl that make it so, undone by their removal;
    script: what the content filter does; rule: that decides over IPv6, and
    taken: what it then says; words: what the explanation must hold.
    """

    def __init__(self, what, known, taken, rule=RULE, edits=(), script=None,
                 sender=FRIEND, author=FRIEND, signer="known.example",
                 broken=False, recipients=(READER,), words=(), folder="",
                 arrives=True):
        self.what, self.known, self.taken, self.rule = what, known, taken, rule
        self.edits, self.script = edits, script or {}
        self.sender, self.author, self.signer = sender, author, signer
        self.broken, self.recipients = broken, recipients
        self.words, self.folder = words, folder
        self.arrives = arrives
        self.sessions = 1 if taken else 2


GREEN = ("greenlist", "domain", "known.example")
SCENES = [
    Scene("a whitelisted address", "The operator has put the sender's network "
          "on the address whitelist.  Nothing else counts then.",
          True, "whitelist-address", [("whitelist", "{network}")],
          signer=None, author="who@ever.example", sender="who@ever.example",
          words=["whitelist"]),
    Scene("a whitelisted domain", "The operator trusts known.example, and the "
          "message is authenticated as coming from it.",
          True, "whitelist-domain", [("whitelist", "domain",
                                      "known.example")],
          words=["authenticated From"]),
    Scene("somebody from the addressbook", "The reader has friend@known."
          "example in the addressbook, and the message is authenticated.",
          True, "addressbook", [("addressbook", READER, FRIEND)],
          words=["has friend@known.example"]),
    Scene("the greenlist, and a filter that finds nothing", "known.example is "
          "on the greenlist: good enough to be looked at by the content "
          "filter, which finds nothing.",
          True, "greenlist", [GREEN], words=["greenlist", "clean"]),
    Scene("nothing known", "The message is authenticated in every way, but "
          "nobody here has heard of known.example.",
          False, words=["known.example"]),
    Scene("SPF fail", "The reader knows friend@forged.example, but "
          "forged.example says that it sends no mail from there.",
          False, edits=[("addressbook", READER, "friend@forged.example")],
          sender="friend@forged.example", author="friend@forged.example",
          signer=None, words=["forged.example"]),
    Scene("a broken DKIM signature", "The friend's message was changed on "
          "its way, and came from an address that known.example does not "
          "name.", False, edits=[("addressbook", READER, FRIEND)],
          sender="who@ever.example", broken=True, folder="/.Junk",
          words=["no pass"]),
    Scene("DMARC fail", "Somebody who can send for list.example writes in the "
          "name of bank.example, which asks for rejection.", False,
          sender="who@list.example", author="boss@bank.example",
          signer=None, folder="/.Junk", words=["bank.example"]),
    Scene("authenticated, but not as the author", "SPF passes for "
          "list.example; the From field says ever.example, whom the reader "
          "knows.  That is not aligned.", False,
          edits=[("addressbook", READER, "who@ever.example")],
          sender="who@list.example", author="who@ever.example",
          signer=None, words=["list.example"]),
    Scene("known to one of two readers", "One reader knows the friend, the "
          "other does not.  The sender asked for replies one by one (PRDR): "
          "one copy is taken, the other comes over IPv4.", None,
          edits=[("addressbook", READER, FRIEND)],
          recipients=(READER, OTHER), words=["one by one"]),
    Scene("a filter that says spam", "known.example is on the greenlist, but "
          "the content filter does not like the message: pushed back, for "
          "over IPv4 it may refuse it in its own words, and does.", False,
          "greenlist", [GREEN], {"E": [b"r"]}, words=["spam"],
          arrives=False),
    Scene("a filter that does not answer", "The same, and the filter hangs up.  "
          "Without its word nothing is taken over IPv6; over IPv4 the setting "
          "says that the message may pass.", False,
          "greenlist", [GREEN], {"B": "close"}, words=["silent"]),
    Scene("DNS trouble", "The reader knows friend@trouble.example, but the "
          "key of the signature cannot be had.  Uncertain is not "
          "authenticated.", False,
          edits=[("addressbook", READER, "friend@trouble.example")],
          sender="friend@trouble.example", author="friend@trouble.example",
          signer="trouble.example", words=["not known"]),
]


def message(scene, ident, key):
    text = mail.message(scene.author, READER, ident, subject=scene.what)
    if scene.signer is None:
        return text
    text = dkim.sign(text, b"k", scene.signer.encode("ascii"), key) + text
    return text.replace(b"Subject: ", b"Subject: Re: ") if scene.broken \
        else text


class Outcome:
    def __init__(self, scene):
        self.scene = scene
        self.sessions = []
        self.files = []
        self.why = ""           # what mx6ctl explain says
        self.wrong = []

    def replies(self):
        """(family, the whole reply to the message) of each session."""
        found = []
        for session in self.sessions:
            lines = [t for d, t in session.lines if d == "<"]
            after = [i for i, t in enumerate(lines) if t.startswith("354")]
            found.append(("IPv6" if session.ipv6() else "IPv4",
                          [t for t in lines[after[-1] + 1:]
                           if not t.startswith("221")] if after else []))
        return found

    def path(self):
        return ", ".join("%s %s" % (family, short(lines))
                         for family, lines in self.replies())


def short(lines):
    """"550 5.5.64"; with replies one by one all of their codes."""
    whole = [t for t in lines if t[3:4] == " "]
    if not whole:
        return "?"
    if len(whole) > 1:
        return "/".join(t[:3] for t in whole)
    return " ".join(whole[0].split(" ")[:2])


def edit(pair, scene, verb):
    for words in scene.edits:
        table = words[:2] if words[1] == "domain" and \
            words[0] == "whitelist" else words[:1]
        rest = [w.format(network=pair.at["sender6"] + "/128")
                for w in words[len(table):]]
        pair.receiver.ctl(*table, verb, *rest)


def judge(outcome):
    scene = outcome.scene
    replies = outcome.replies()
    if not replies or replies[0][0] != "IPv6":
        outcome.wrong.append("the first session was not over IPv6")
        return
    last = replies[0][1][-1] if replies[0][1] else ""
    pushed = last.startswith("550 5.5.64")
    if scene.taken is None:
        codes = [t[:3] for t in replies[0][1] if t[3:4] == " "]
        if codes != ["353", "250", "550", "250"]:
            outcome.wrong.append("the replies were %s" % codes)
    elif pushed == scene.taken:
        outcome.wrong.append("over IPv6: %r" % last)
    if len(replies) != scene.sessions:
        outcome.wrong.append("%d sessions" % len(replies))
    for word in (*scene.words, scene.rule):
        if word not in outcome.why:
            outcome.wrong.append("%r is not in the explanation" % word)


def verdict_since(pair, count):
    """The id of the message that was judged first after `count` verdicts."""
    events = pair.receiver.events("verdict")
    return events[count].get("id") if len(events) > count else None


class Lab:
    """The pair of the first act, stopped: its receiver gets a content filter
    that does what a scene says, and its sender loses its PTR records, for
    with a filter they would be reason enough to look at a message."""

    def __init__(self, pair):
        self.pair = pair
        self.key, public = make_key()
        socket = pair.folder + "/filter"
        self.milter = Milter(socket)
        os.chmod(socket, 0o777)
        pair.write_zone(ZONE.replace("{key}", public))
        pair.receiver.filters = [("content", {
            "kind": "content", "timeout": 5, "silent": "accept",
            "socket": "unix:" + socket})]
        pair.receiver.write_configuration()

    def start(self):
        self.pair.receiver.start()
        self.pair.senders["aware"].start()
        self.pair.traces["aware"].start()
        self.pair.turn("mx6")
        self.pair.mailboxes[OTHER] = self.pair.receiver.mailbox(OTHER)

    def play(self, scene):
        outcome = Outcome(scene)
        self.milter.script = scene.script
        edit(self.pair, scene, "add")
        try:
            self.send(scene, outcome)
        except AssertionError as error:
            outcome.wrong.append(str(error))
        edit(self.pair, scene, "remove")
        judge(outcome)
        return outcome

    def send(self, scene, outcome):
        pair, ident = self.pair, mail.new_id()
        trace = pair.traces["aware"]
        count = len(pair.receiver.events("verdict"))
        since = Trace.now()
        mail.inject(pair.senders["aware"].host, pair.inlets["aware"],
                    pair.port, scene.sender, list(scene.recipients),
                    message(scene, ident, self.key))
        try:
            for reader in scene.recipients if scene.arrives else ():
                outcome.files.append(mail.wait_in_maildir(
                    pair.mailboxes[reader] + scene.folder, ident, SECONDS))
            wait_for("the end of the dialogue",
                     lambda: scenarios.complete(trace.outgoing(since),
                                                scene.sessions), 5)
            judged = wait_for("the verdict",
                              lambda: verdict_since(pair, count), 5)
            outcome.why = wait_for(
                "the explanation", lambda: pair.receiver.try_ctl(
                    "explain", judged).stdout, SECONDS)
        finally:
            outcome.sessions = trace.outgoing(since)
