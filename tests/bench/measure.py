# SPDX-License-Identifier: ISC
"""What the kernel says of processes and of this machine."""

import os
import subprocess

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def name_of(pid):
    with open("/proc/%d/comm" % pid, encoding="utf-8") as f:
        return f.read().strip()


def cpu_ms(pids):
    """{(pid, name): CPU time in ms}; what ended has no name any more."""
    found = {}
    for pid in pids:
        try:
            with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            own = sum(int(n) for n in fields[11:13])
            ended = sum(int(n) for n in fields[13:15])
            found[pid, name_of(pid)] = own * TICK_MS
            found[pid, "ended children"] = ended * TICK_MS
        except OSError:
            pass
    return found


def pss_kib(pids):
    total = 0
    for pid in pids:
        try:
            with open("/proc/%d/smaps_rollup" % pid, encoding="utf-8") as f:
                total += sum(int(line.split()[1]) for line in f
                             if line.startswith("Pss:"))
        except OSError:
            pass
    return total


def tree(root):
    """root and all that descend from it."""
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        path = "/proc/%d/task/%d/children" % (pid, pid)
        try:
            with open(path, encoding="ascii") as f:
                todo += [int(p) for p in f.read().split()]
        except OSError:
            pass
    return found


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = [line.split(":")[1].strip() for line in f
                 if line.startswith("model name")]
    with open("/proc/meminfo", encoding="utf-8") as f:
        memory = int(f.readline().split()[1]) // (1 << 20)
    kernel = subprocess.run(["uname", "-r"], capture_output=True,
                            text=True).stdout.strip()
    return "%d x %s, %d GiB, Linux %s" % (
        len(model), model[0] if model else "?", memory, kernel)
