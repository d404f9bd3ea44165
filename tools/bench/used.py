#!/usr/bin/env python3
"""Runs a command and writes what it used: used.py OUT.json COMMAND ARGUMENT...

Wall and processor seconds, and the peak of resident memory, all of its descendants together: sampled ten
times a second from /proc, so that processes that leave their parent are counted too. Exits as the command.
"""
import json
import os
import subprocess
import sys
import time

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def processes():
    """pid -> (parent, processor seconds, resident bytes)"""
    out = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        out[int(name)] = (int(fields[1]), (int(fields[11]) + int(fields[12])) / TICK, int(fields[21]) * PAGE)
    return out


def main():
    begin = time.monotonic()
    child = subprocess.Popen(sys.argv[2:])
    family, cpu, peak = {child.pid}, {}, 0
    while child.poll() is None:
        seen = processes()
        grew = True
        while grew:
            grew = False
            for pid, (parent, _, _) in seen.items():
                if pid not in family and parent in family:
                    family.add(pid)
                    grew = True
        for pid in family & seen.keys():
            cpu[pid] = max(cpu.get(pid, 0), seen[pid][1])
        peak = max(peak, sum(seen[pid][2] for pid in family & seen.keys()))
        time.sleep(0.1)
    # What the kernel booked for children that were waited for includes their last moments.
    times = os.times()
    total = max(sum(cpu.values()), times.children_user + times.children_system)
    with open(sys.argv[1], "w") as out:
        json.dump({"wall_s": time.monotonic() - begin, "cpu_s": total, "peak_bytes": peak, "code": child.returncode}, out)
    sys.exit(child.returncode if child.returncode >= 0 else 128 - child.returncode)


if __name__ == "__main__":
    main()
