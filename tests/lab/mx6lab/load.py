# SPDX-License-Identifier: ISC
"""Load that keeps the books: which messages were accepted, which arrived.

Every message has an identity of its own, is offered exactly once, and its
fate at the client is one of

    accepted   250 was read after the final dot
    refused    another reply was read, or the connection ended before the dot
    unknown    the connection ended after the dot, before a reply
"""

import os
import re
import socket
import threading
import time
import uuid

IDENT = re.compile(rb"X-Load: ([0-9a-f]{32})")
TIMEOUT_S = 30


class Client(threading.Thread):
    """Offers messages one after the other until told to end."""

    def __init__(self, address, recipients, body=b"Hello.\r\n" * 100,
                 per_session=20):
        super().__init__(daemon=True)
        self.address, self.recipients, self.body = address, recipients, body
        self.per_session = per_session
        self.accepted, self.refused, self.unknown = {}, 0, {}
        self.ending = False

    def run(self):
        turn = 0
        while not self.ending:
            try:
                with socket.create_connection(self.address,
                                              TIMEOUT_S) as sock:
                    turn = self.session(sock, sock.makefile("rb"), turn)
            except OSError:
                time.sleep(0.05)

    def session(self, sock, replies, turn):
        """Ends with OSError, or when the session has had its messages."""
        self.expect(replies, b"2")
        self.say(sock, replies, b"EHLO load.example\r\n", b"2")
        for _ in range(self.per_session):
            if self.ending:
                break
            turn += 1
            self.one(sock, replies,
                     self.recipients[turn % len(self.recipients)])
        sock.sendall(b"QUIT\r\n")
        return turn

    def one(self, sock, replies, recipient):
        ident = uuid.uuid4().hex
        self.refused += 1       # until it is known to be otherwise
        self.say(sock, replies, b"MAIL FROM:<load@load.example>\r\n", b"2")
        self.say(sock, replies, b"RCPT TO:<%s>\r\n" % recipient.encode(),
                 b"2")
        self.say(sock, replies, b"DATA\r\n", b"3")
        sock.sendall(b"From: <load@load.example>\r\nX-Load: %s\r\n\r\n"
                     b"%s.\r\n" % (ident.encode(), self.body))
        self.refused -= 1
        self.unknown[ident] = recipient
        code = self.reply(replies)
        del self.unknown[ident]
        if code.startswith(b"250"):
            self.accepted[ident] = recipient
        else:
            self.refused += 1
            raise OSError("refused")

    def say(self, sock, replies, line, wanted):
        sock.sendall(line)
        self.expect(replies, wanted)

    def expect(self, replies, wanted):
        if not self.reply(replies).startswith(wanted):
            raise OSError("refused")

    @staticmethod
    def reply(replies):
        while True:
            line = replies.readline(2000)
            if not line.endswith(b"\n"):
                raise OSError("gone")
            if line[3:4] != b"-":
                return line


class Sink(threading.Thread):
    """A mail server that takes everything and notes what it said 250 to."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.socket = socket.create_server(address, backlog=200)
        self.got = {}           # ident: [time, ...]
        self.lock = threading.Lock()

    def run(self):
        while True:
            sock, _ = self.socket.accept()
            threading.Thread(target=self.session, args=(sock,),
                             daemon=True).start()

    def session(self, sock):
        with sock, sock.makefile("rb") as lines:
            try:
                sock.sendall(b"220 sink.example\r\n")
                while self.command(sock, lines):
                    pass
            except OSError:
                pass

    def command(self, sock, lines):
        line = lines.readline(2000)
        verb = line[:4].upper()
        if not line or verb == b"QUIT":
            return False
        if verb == b"EHLO":
            sock.sendall(b"250-sink.example\r\n250-PIPELINING\r\n"
                         b"250 8BITMIME\r\n")
        elif verb == b"DATA":
            sock.sendall(b"354 go on\r\n")
            return self.message(sock, lines)
        else:
            sock.sendall(b"250 ok\r\n")
        return True

    def message(self, sock, lines):
        ident = None
        for line in lines:
            found = IDENT.match(line)
            if found:
                ident = found.group(1).decode()
            if line == b".\r\n":
                with self.lock:
                    self.got.setdefault(ident, []).append(time.time())
                sock.sendall(b"250 taken\r\n")
                return True
        return False


def in_maildir(path):
    """{ident: [time of arrival, ...]} of a Maildir."""
    got = {}
    folder = os.path.join(path, "new")
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        file = os.path.join(folder, name)
        with open(file, "rb") as f:
            found = IDENT.search(f.read(65536))
        if found:
            got.setdefault(found.group(1).decode(), []).append(
                os.stat(file).st_mtime)
    return got
