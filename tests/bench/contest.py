# SPDX-License-Identifier: ISC
"""mx6d and Postfix under one set of verbs, so that both are treated alike."""

import os
import re
import shutil
import socket
import subprocess

import measure
from mx6lab import peers, space
from mx6lab.daemon import Daemon, wait_for
from mx6lab.space import quietly

SINK, NOBODY = 2700, 2701       # ports: a mail server; nothing at all
RUN_S = 300


class IdleConnections:
    def __init__(self, address, count):
        self.address, self.count, self.sockets = address, count, []

    def __enter__(self):
        for _ in range(self.count):
            s = socket.create_connection(self.address, 30)
            s.recv(200)
            self.sockets.append(s)

    def __exit__(self, *unused):
        for s in self.sockets:
            s.close()


class Contestant:
    """smtp-source and smtp-sink come from the Postfix package for both."""

    address = None
    connections = 500

    def __init__(self, suite, disk):
        self.suite, self.disk = suite, disk
        self.host = space.Host(self.name, suite.mode, own=False)
        self.runs = 0
        self.sink = None

    def start_sink(self, tools):
        self.sink_output = os.path.join(self.suite.folder, "sink-output")
        with open(self.sink_output, "wb") as output:
            self.sink = subprocess.Popen(
                tools.command(["smtp-sink", "-u", "nobody", "-c",
                               "127.0.0.1:%d" % SINK, "1000"]),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        tools.wait_port("127.0.0.1", SINK)

    def stop_sink(self):
        if self.sink is not None:
            self.sink.kill()
            self.sink.wait()
            self.sink = None

    def sunk(self):
        with open(self.sink_output, "rb") as f:
            f.seek(0, os.SEEK_END)
            f.seek(max(0, f.tell() - 200))
            counts = re.findall(rb"mesg=(\d+)", f.read())
        return int(counts[-1]) if counts else 0

    def wait_sink(self, messages):
        wait_for("%d messages at the sink" % messages,
                 lambda: self.sunk() >= messages, RUN_S, 0.01)

    def source(self, options, messages):
        done = subprocess.run(
            self.tools.command(
                ["smtp-source", *options, "-m", str(messages), "-f",
                 "writer@bench.example", "-t", "reader@far.example",
                 "inet:%s:%d" % self.address]),
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=RUN_S)
        if done.returncode != 0:
            raise AssertionError("smtp-source: " + done.stderr)

    def idle_connections(self, count):
        return IdleConnections(self.address, count)


class PostfixContestant(Contestant):
    name = "Postfix"
    address = ("127.0.0.1", 25)
    connections = 90            # its default_process_limit is 100

    def __init__(self, suite, disk):
        super().__init__(suite, disk)
        self.postfix = None

    def version(self):
        for file in os.listdir(self.suite.build + "/peers/postfix"):
            if file.startswith("postfix_"):
                return "Postfix " + file.split("_")[1]
        return "Postfix"

    def fresh(self, sink):
        self.runs += 1
        postfix = peers.Postfix(
            self.suite.build, self.host,
            self.suite.path("postfix%d" % self.runs),
            {"relayhost": "[127.0.0.1]:%d" % (SINK if sink else NOBODY)})
        spool = os.path.join(self.disk, "postfix%d" % self.runs)
        os.makedirs(spool)
        quietly("mount", "--bind", spool, postfix.root + "/var/spool/postfix")
        postfix.make_queue()
        self.postfix = self.tools = postfix
        if sink:
            self.start_sink(postfix)
        postfix.start()

    def pids(self):
        return measure.tree(self.postfix.children[0].pid)

    def stop(self):
        if self.postfix is None:
            return
        self.postfix.stop()
        self.stop_sink()
        quietly("umount", "--recursive", "--lazy", self.postfix.folder)
        shutil.rmtree(os.path.join(self.disk, "postfix%d" % self.runs))
        self.postfix = None


class Mx6dContestant(Contestant):
    name = "mx6d"
    address = ("127.0.0.1", 2525)

    def __init__(self, suite, disk, tools=None):
        super().__init__(suite, disk)
        self.daemon = None
        self.tools = tools or peers.Peer(suite.build, "postfix", self.host,
                                         suite.path("tools"))

    def version(self):
        with open("etc/version", encoding="ascii") as f:
            return "mx6d " + f.read().strip()

    def fresh(self, sink):
        self.runs += 1
        self.folder = os.path.join(self.disk, "mx6d%d" % self.runs)
        zone = self.suite.path("bench.zone")
        with open(zone, "w", encoding="utf-8") as f:
            f.write("far.example. 60 IN A 127.0.0.1\n")
        self.daemon = Daemon(
            self.suite.build, self.host, self.folder,
            {"hostname": "mx.bench.example", "zone": zone,
             "relay_networks": ["127.0.0.0/8"],
             "connections_per_address": 1000},
            [("127.0.0.1:2525", {"role": "mx"})],
            [("far.example",
              {"via": "127.0.0.1:%d" % (SINK if sink else NOBODY)})])
        if sink:
            self.start_sink(self.tools)
        self.daemon.start()

    def pids(self):
        return measure.tree(self.daemon.process.pid)

    def stop(self):
        if self.daemon is None:
            return
        self.daemon.kill()
        self.stop_sink()
        shutil.rmtree(self.folder)
        self.daemon = None
