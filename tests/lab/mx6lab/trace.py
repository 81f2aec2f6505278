# SPDX-License-Identifier: ISC
"""The dialogue of a daemon's sessions, as `mx6ctl trace` shows it live."""

import json
import re
import signal
import subprocess
import threading


class Session:
    """The lines of one session with one peer, in order."""

    def __init__(self, name, peer):
        self.name, self.peer = name, peer
        self.lines = []         # (direction, text)

    def ipv6(self):
        return ":" in re.sub(r":\d+$", "", self.peer.replace("]", ""))

    def replies(self):
        """The last line of each reply that the peer gave, in order."""
        return [text for direction, text in self.lines
                if direction == "<" and re.match(r"^\d{3}(?: |$)", text)]

    def verdict(self):
        """The reply to the message (what followed 354, or its refusal)."""
        after = False
        for text in self.replies():
            if after:
                return text
            after = text.startswith("354")
        refused = [t for t in self.replies() if t[0] in "45"]
        return refused[0] if refused else ""


class Trace:
    """
    with Trace(daemon) as trace: ...
    for session in trace.sessions(): ...
    """

    def __init__(self, daemon):
        self.daemon = daemon
        self.rows = []
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(
            self.daemon.host.unprivileged(
                [self.daemon.build + "/mx6ctl", "-f", self.daemon.conf,
                 "--json", "trace", "all"]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, errors="replace")
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        return self

    def read(self):
        for line in self.process.stdout:
            try:
                self.rows.append(json.loads(line))
            except ValueError:
                pass

    def __exit__(self, *unused):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(5)

    def sessions(self):
        found = {}
        for row in self.rows:
            session = found.setdefault(
                row["session"], Session(row["session"], row["peer"]))
            session.lines.append((row["direction"], row["text"]))
        return list(found.values())
