# SPDX-License-Identifier: ISC
"""The calls between mx6d's processes (util/ipc.h), spoken by a test.

    child = Child(suite, host, "mx6d-resolver", settings, zone)
    policy = child.channel(POLICY)              # we ask it as policy does
    answer = policy.ask(0, number(15) + text("example.org") + number(5000))

Fields are as in the .msg files: number(), small(), text(), an FD is small(1)
with the descriptor in `fds`.  Reader takes an answer apart.
"""

import os
import select
import socket
import struct
import subprocess

from mx6lab.daemon import configuration

PARENT, SMTP, POLICY, RESOLVER, QUEUE = range(5)    # enum process_kind
ASK, ANSWER = 1, 2
CONFIGURE, CHANNEL = 0, 1                           # util/child.msg
HEADER = struct.Struct("=IIQII")
WAIT_S = 20


def small(value):
    return struct.pack("=B", value)


def number(value):
    return struct.pack("=I", value)


def large(value):
    return struct.pack("=Q", value)


def text(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return number(len(raw)) + raw + b"\0"


def sealed(content):
    fd = os.memfd_create("text")
    os.write(fd, content.encode())
    return fd


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, form):
        value, = struct.unpack_from("=" + form, self.data, self.at)
        self.at += struct.calcsize("=" + form)
        return value

    def take(self):
        size = self.number("I")
        value = self.data[self.at:self.at + size]
        self.at += size + 1
        return value

    def text(self):
        return self.take().decode()

    def addr(self):
        family = self.number("B")
        self.number("I")
        raw = self.data[self.at:self.at + 16]
        self.at += 16
        if family == 0:
            return ""
        return socket.inet_ntop(socket.AF_INET, raw[:4]) if family == 4 else \
            socket.inet_ntop(socket.AF_INET6, raw)


class Channel:
    """Our end of one, to ask on or to be asked on."""

    def __init__(self):
        self.socket, self.theirs = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.serial = 0

    def send(self, kind, method, serial, payload, fds=()):
        header = HEADER.pack(kind, method, serial, len(payload), 0)
        socket.send_fds(self.socket, [header + payload], fds)

    def receive(self):
        """(kind, method, serial, payload)"""
        ready, _, _ = select.select([self.socket], [], [], WAIT_S)
        assert ready, "no answer"
        data = self.socket.recv(1 << 17)
        assert data, "the other process is gone"
        kind, method, serial, size, in_memfd = HEADER.unpack_from(data)
        assert not in_memfd and size == len(data) - HEADER.size
        return kind, method, serial, data[HEADER.size:]

    def start(self, method, payload, fds=()):
        self.serial += 1
        self.send(ASK, method, self.serial, payload, fds)
        return self.serial

    def answer(self):
        """(serial, payload) of the next answer."""
        kind, _, serial, payload = self.receive()
        assert kind == ANSWER
        return serial, payload

    def ask(self, method, payload, fds=()):
        self.start(method, payload, fds)
        return self.answer()[1]

    def close(self):
        self.socket.close()


class Child:
    """One program of mx6d, with the test as its parent."""

    def __init__(self, suite, host, program, settings, zone=None):
        self.suite = suite
        self.settings = {"hostname": "lab.test",
                         "empty_directory": suite.path("empty"), **settings}
        os.makedirs(suite.path("empty"), exist_ok=True)
        self.parent = Channel()
        theirs = self.parent.theirs
        self.process = host.popen(
            ["sh", "-c", 'exec "$0" 3<&%d' % theirs.fileno(),
             os.path.join(suite.build, program)],
            pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        assert self.configure(zone) == ""

    def configure(self, zone=None):
        """The error, "" if there is none."""
        fds = [sealed(configuration(self.settings,
                                    [("127.0.0.1:2525", {})]))]
        if zone is not None:
            fds.append(sealed(zone))
        answer = self.parent.ask(
            CONFIGURE, small(1) + small(0) + small(0) +
            small(zone is not None) + small(0) + number(0) + number(1) +
            small(self.suite.mode == "root") + number(1), fds)
        for fd in fds:
            os.close(fd)
        return Reader(answer).text()

    def channel(self, kind, it_serves=True):
        """A channel on which we are a process of this kind."""
        ours = Channel()
        self.parent.ask(CHANNEL, number(kind) + number(0) +
                        small(it_serves) + small(1), [ours.theirs.fileno()])
        ours.theirs.close()
        return ours

    def end(self):
        self.parent.close()
        assert self.process.wait(10) == 0
