#!/usr/bin/env python3
"""The table of loops.sh out of its result lines."""
import json
import sys
from datetime import date

from machine import cpu_model

TRUSTED_US = 10_000  # the default of validity.max_loop_lag_p99

rows = [json.loads(line) for line in open(sys.argv[1]) if line.strip()]
print(f"{cpu_model()}, {date.today()}\n")
print("| loops | streams x 50 events/s | events/s received | p50 us | p99 us | CPU us/event | CPU % | failed |")
print("|--:|--:|--:|--:|--:|--:|--:|--:|")
trusted, rates = {}, {}
for row in rows:
    if "requests_per_s" in row:
        rates[row["loops"]] = row["requests_per_s"]
        continue
    print(f"| {row['loops']} | {row['streams']} | {row['events_per_s']:.0f} | {row['p50_us']:.0f} | "
          f"{row['p99_us']:.0f} | {row['cpu_us_per_event']:.2f} | {row['cpu_percent']:.0f} | {row['failed']:.0f} |")
    if row["p99_us"] <= TRUSTED_US and not row["failed"]:
        trusted[row["loops"]] = max(trusted.get(row["loops"], 0), row["events_per_s"])
print("\n| loops | trusted to events/s (p99 <= 10 ms) | one-token requests/s, 256 in flight |\n|--:|--:|--:|")
for loops in sorted(set(trusted) | set(rates)):
    print(f"| {loops} | {trusted.get(loops, 0):.0f} | {rates.get(loops, 0):.0f} |")
print()
base = min(trusted, default=None)
for loops in sorted(trusted):
    if loops != base:
        print(f"loops_events_ratio_{loops} {trusted[loops] / trusted[base]:.2f}")
        print(f"loops_requests_ratio_{loops} {rates[loops] / rates[base]:.2f}")
