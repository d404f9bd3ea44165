"""What a replay sent beside the rows of its Azure trace. Usage: trace_replay.py TRACE WINDOW FROM RUN"""

import csv
import datetime
import gzip
import json
import statistics
import sys


def seconds(text):
    return float(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]


def stamp(text):
    """Seven digits of a second: one more than datetime reads."""
    whole, _, digits = text.partition(".")
    return datetime.datetime.fromisoformat(whole).timestamp() + float("0." + (digits or "0"))


def variation(times):
    gaps = [b - a for a, b in zip(times, times[1:])]
    return statistics.stdev(gaps) / statistics.mean(gaps)


def main():
    trace, window, begin, run = sys.argv[1], seconds(sys.argv[2]), seconds(sys.argv[3]), sys.argv[4]
    with open(trace, newline="") as file:
        rows = list(csv.DictReader(file))
    first = stamp(rows[0]["TIMESTAMP"])
    rows = [r for r in rows if begin <= stamp(r["TIMESTAMP"]) - first < begin + window]
    rows = [r for r in rows if int(r["ContextTokens"]) > 0 and int(r["GeneratedTokens"]) > 0]
    print(f"{'':10} {'rows':>6} {'CV of gaps':>10} {'prompt tokens':>14} {'output tokens':>14} {'exact outputs':>14}")
    asked = [int(r["ContextTokens"]) for r in rows]
    wanted = [int(r["GeneratedTokens"]) for r in rows]
    times = [stamp(r["TIMESTAMP"]) for r in rows]
    print(f"{'trace':10} {len(rows):6} {variation(times):10.2f} {sum(asked):14} {sum(wanted):14}")
    bad = 0
    for arm in ("baseline", "candidate"):
        with gzip.open(f"{run}/raw/t/000-{arm}.jsonl.gz", "rt") as file:
            sent = [r for r in map(json.loads, file) if r.get("phase") == "measured"]
        sent.sort(key=lambda r: r["index"])
        got = [r.get("usage", {}).get("completion") for r in sent]
        exact = sum(a == b for a, b in zip(got, wanted))
        prompt = sum(r.get("usage", {}).get("prompt", 0) for r in sent)
        print(f"{arm:10} {len(sent):6} {variation(sorted(r['started'] for r in sent)):10.2f} {prompt:14} "
              f"{sum(filter(None, got)):14} {exact:14}")
        bad += len(sent) != len(rows) or exact != len(rows)
    print("replay", "FAIL" if bad else "PASS")
    return 1 if bad else 0


sys.exit(main())
