# SPDX-License-Identifier: ISC
"""Where mx6d's processes spend their time, by perf(1)."""

import collections
import os
import shutil
import signal
import subprocess

HOTTEST = 6                     # functions of each process
HOTTEST_KERNEL = 3
SAMPLES_A_SECOND = 1999


class Sampling:
    """perf record of some processes, as long as the block runs."""

    def __init__(self, pids, file):
        self.file = file
        self.command = ["perf", "record", "-q", "-e", "cpu-clock", "-F",
                        str(SAMPLES_A_SECOND), "-o", file,
                        "-p", ",".join(str(pid) for pid in pids)]
        self.perf = None

    def __enter__(self):
        self.perf = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *unused):
        self.perf.send_signal(signal.SIGINT)
        self.perf.wait()

    def samples(self):
        """{process: {(function, object): samples}}."""
        done = subprocess.run(
            ["perf", "script", "-i", self.file, "-F", "comm,ip,sym,dso",
             "--no-inline"], capture_output=True, text=True, check=False)
        found = collections.defaultdict(collections.Counter)
        for line in done.stdout.splitlines():
            comm, _, rest = line.strip().partition(" ")
            _, _, rest = rest.strip().partition(" ")
            symbol, _, dso = rest.rpartition(" (")
            if dso:
                found[comm][symbol, object_of(dso.rstrip(")"))] += 1
        return found


def object_of(dso):
    if dso.startswith("["):
        return "kernel" if "kernel" in dso else dso.strip("[]")
    return os.path.basename(dso).split(".so")[0]


def why_not():
    """"" if there is a perf that works here."""
    if shutil.which("perf") is None:
        return "there is no perf here (package linux-perf)"
    done = subprocess.run(["perf", "stat", "-e", "cpu-clock", "true"],
                          capture_output=True, check=False)
    return "" if done.returncode == 0 else "perf does not work here"


def hottest(counts):
    """Those of programs and libraries, then what the kernel did for them."""
    ranked = counts.most_common()
    yield from [row for row in ranked if row[0][1] != "kernel"][:HOTTEST]
    yield from [row for row in ranked
                if row[0][1] == "kernel"][:HOTTEST_KERNEL]


def table(samples):
    """Lines: each process by its share, its hottest functions below it."""
    total = sum(sum(c.values()) for c in samples.values())
    for comm, counts in sorted(samples.items(),
                               key=lambda item: -sum(item[1].values())):
        own = sum(counts.values())
        if own * 100 < total:
            continue
        kernel = sum(n for (_, dso), n in counts.items() if dso == "kernel")
        yield "  %-16s%5.1f %% of all, %.0f %% of it in the kernel" % (
            comm, 100 * own / total, 100 * kernel / own)
        for (symbol, dso), n in hottest(counts):
            yield "    %5.1f %%  %-36s %s" % (100 * n / own, symbol, dso)
