# SPDX-License-Identifier: ISC
"""A filter that does what the test says: a milter with a script."""

import socket
import struct
import threading
import time

NO_REPLY = 0x80 | 0xff000       # steps without an answer (protocol 6)


def frame(data):
    return struct.pack(">I", len(data)) + data


class Milter:
    """Answers each command as `script` says: letter to frames, b"c" else.

    None: no answer, the connection stays open; "close": it is closed.  Among
    frames, a number is a pause, and a function is called.
    """

    def __init__(self, address, actions=0x31, steps=0):
        self.actions, self.steps, self.script = actions, steps, {}
        self.seen = []
        family = socket.AF_UNIX if isinstance(address, str) else \
            socket.AF_INET
        self.socket = socket.socket(family)
        if family == socket.AF_INET:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(address)
        self.socket.listen(16)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            peer, _ = self.socket.accept()
            threading.Thread(target=self.talk, args=(peer,),
                             daemon=True).start()

    def talk(self, peer):
        seen, stream = [], peer.makefile("rb")
        self.seen.append(seen)
        with peer:
            while True:
                head = stream.read(4)
                if len(head) < 4:
                    return
                data = stream.read(struct.unpack(">I", head)[0])
                seen.append(data)
                letter = data[:1].decode("ascii")
                if letter == "O":
                    frames = self.script.get("O", [
                        b"O" + struct.pack(">III", 6, self.actions,
                                           self.steps)])
                elif letter in "DQ" or self.steps & NO_REPLY and \
                        letter != "E":
                    continue
                else:
                    frames = self.script.get(letter, [b"c"])
                if frames == "close":
                    return
                for each in frames or []:
                    if isinstance(each, (int, float)):
                        time.sleep(each)
                    elif callable(each):
                        each()
                    else:
                        peer.sendall(frame(each))
