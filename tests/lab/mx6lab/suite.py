# SPDX-License-Identifier: ISC
"""The common frame of the suites of whole daemons.

    suite = Suite(peers=["postfix"])    # parses --build, enters namespaces
    ...
    suite.end()
"""

import argparse
import os
import subprocess
import sys
import tempfile

from mx6lab import peers as peer_servers
from mx6lab import space
from mx6lab.space import quietly
from mx6lab.tap import Tap


class Suite:
    def __init__(self, peers=(), options=None):
        parser = argparse.ArgumentParser()
        parser.add_argument("--build", default="build")
        if options is not None:
            options(parser)
        self.args = parser.parse_args()
        self.build = os.path.abspath(self.args.build)
        if space.MARK not in os.environ:
            peer_servers.fetch(self.build, *peers)
        self.mode = space.enter(without=False)
        self.tap = Tap()
        if self.mode is None:
            print("1..0 # SKIP no namespaces can be made here", flush=True)
            sys.exit(0)
        self.folder = tempfile.mkdtemp(prefix="mx6-test-")
        os.chmod(self.folder, 0o755)
        self.daemons = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def keep(self, daemon):
        """daemon is ended when the suite is, whatever happens."""
        self.daemons.append(daemon)
        return daemon

    def why_not(self, peer):
        return peer_servers.why_not(self.build, self.mode, peer)

    def certificate(self, name):
        """A certificate for name: (certificate, key) paths."""
        paths = self.path(name + ".pem"), self.path(name + ".key")
        quietly("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-subj", "/CN=" + name, "-addext",
                "subjectAltName=DNS:" + name, "-out", paths[0],
                "-keyout", paths[1])
        return paths

    def end(self):
        for daemon in self.daemons:
            if self.tap.failed:
                self.explain(daemon)
            daemon.kill()
        self.clean()
        self.tap.end()

    def clean(self, *more):
        """Takes the suite's folder away, and more folders."""
        with open("/proc/self/mounts", encoding="utf-8") as f:
            mounts = [line.split()[1] for line in f]
        for mount in reversed(mounts):
            if mount.startswith(self.folder + "/"):
                quietly("umount", "--lazy", mount)
        subprocess.run(["rm", "-rf", "--one-file-system", self.folder, *more],
                       stderr=subprocess.DEVNULL)

    def explain(self, daemon):
        print("# end of the log of mx6d on " + daemon.host.name,
              file=sys.stderr)
        try:
            print(daemon.log_end(40), file=sys.stderr)
        except OSError:
            pass
