#!/usr/bin/env python3
"""The table and the ratios of client.sh out of its result lines (medians of the repeats)."""
import json
import platform
import statistics
import sys
from datetime import date

from machine import cpu_model

rows = {}
for line in open(sys.argv[1]):
    row = json.loads(line)
    kind = "rate" if "requests_per_s" in row else "stream"
    rows.setdefault((kind, row["streams"], row["client"]), []).append(row)


def median(kind, streams, client, key):
    found = rows.get((kind, streams, client))
    return statistics.median(r[key] for r in found) if found else None


FLOOR, OURS, PYTHON, MEMORY = "floor (raw epoll)", "abgate", "Python aiohttp", "abgate-memory"
print(f"{cpu_model()}, {platform.system()} {platform.release()}, {date.today()}\n")
print("| streams x 50 events/s | client | CPU us/event | ratio | events/s | CPU % | p50 us | p99 us "
      "| bytes/stream | failed |")
print("|---|---|---|---|---|---|---|---|---|---|")
for kind, streams, client in sorted(rows):
    if kind != "stream" or client == MEMORY:
        continue
    cell = lambda key: median("stream", streams, client, key)
    floor = median("stream", streams, FLOOR, "cpu_us_per_event")
    ratio = f"{cell('cpu_us_per_event') / floor:.2f}" if floor else ""
    print(f"| {streams} | {client} | {cell('cpu_us_per_event'):.2f} | {ratio} | "
          f"{cell('events_per_s'):.0f} | {cell('cpu_percent'):.0f} | {cell('p50_us'):.0f} | "
          f"{cell('p99_us'):.0f} | {cell('bytes_per_stream'):.0f} | {cell('failed'):.0f} |")
print("\n| closed loop, 64 in flight, one token | requests/s |\n|---|---|")
for kind, streams, client in sorted(rows):
    if kind == "rate":
        print(f"| {client} | {median('rate', streams, client, 'requests_per_s'):.0f} |")
print()


def line(name, a, b, key, kind="stream", streams=1000):
    first, second = median(kind, streams, a, key), median(kind, streams, b, key)
    if first and second:
        print(f"{name} {first / second:.2f}")


line("client_cpu_ratio", OURS, FLOOR, "cpu_us_per_event")
line("client_p99_ratio", OURS, FLOOR, "p99_us")
# The worse of the two moments: how much of a growing buffer is resident varies between runs.
memory = [median("stream", 4000, c, "bytes_per_stream") for c in (MEMORY, OURS)]
if any(memory):
    print(f"client_bytes_per_stream {max(m for m in memory if m):.0f}")
line("client_request_rate_ratio", OURS, PYTHON, "requests_per_s", "rate", 64)
