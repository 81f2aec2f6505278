# SPDX-License-Identifier: ISC
"""The dialogue of a daemon's sessions, as `mx6ctl trace` shows it live."""

import json
import re
import signal
import smtplib
import subprocess
import threading
import time

from mx6lab.daemon import wait_for


class Session:
    """The lines of one session with one peer, in order."""

    def __init__(self, peer):
        self.peer = peer
        self.lines = []         # (direction, text)

    def ipv6(self):
        return self.peer.startswith("[")

    def replies(self):
        """The first line of each reply that the peer gave, in order."""
        found, inside = [], False
        for direction, text in self.lines:
            reply = direction == "<" and re.match(r"^\d{3}([- ]|$)", text)
            if reply and not inside:
                found.append(text)
            if reply:
                inside = reply.group(1) == "-"
        return found

    def verdict(self):
        """The reply to the message: what followed 354, or a refusal."""
        after = False
        for text in self.replies():
            if after:
                return text
            after = text.startswith("354")
        refused = [t for t in self.replies() if t[0] in "45"]
        return refused[0] if refused else ""

    def ended(self):
        return any(d == ">" and t.upper().startswith("QUIT")
                   for d, t in self.lines)


class Trace:
    """One watcher of one daemon, from start() to stop()."""

    def __init__(self, daemon, address):
        """address: (host, port) of a listener of the daemon."""
        self.daemon, self.address = daemon, address
        self.rows = []
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            self.daemon.host.unprivileged(
                [self.daemon.build + "/mx6ctl", "-f", self.daemon.conf,
                 "--json", "trace", "all"]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, errors="replace")
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        wait_for("mx6ctl trace", self.knock, 10, 0.1)

    def knock(self):
        """A session of our own, to see whether it is shown yet."""
        with self.daemon.host.inside():
            client = smtplib.SMTP(*self.address, timeout=10)
        client.quit()
        return bool(self.rows)

    def read(self):
        for line in self.process.stdout:
            try:
                self.rows.append(json.loads(line))
            except ValueError:
                pass

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(5)
        self.process = None

    @staticmethod
    def now():
        return int(time.time() * 1000)

    def outgoing(self, since_ms):
        """The sessions in which the daemon was the client."""
        found = {}
        for row in list(self.rows):
            if row["process"] == "deliver" and row["at_ms"] >= since_ms:
                key = row["session"], row["peer"]
                session = found.setdefault(key, Session(row["peer"]))
                session.lines.append((row["direction"], row["text"]))
        return list(found.values())
