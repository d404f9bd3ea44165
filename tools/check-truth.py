#!/usr/bin/env python3
"""Compares what abgate measured with what the simulator knows, for one arm of one run.

usage: check-truth.py RUN_FOLDER ARM TRUTH.jsonl     (vllmsim --truth TRUTH.jsonl)

Prints mean TTFT and TPOT of both sides over the measured load requests and exits 1 if one differs by more
than 1 % and 0.5 ms, or if any token count differs. Same host, same monotonic clock.
"""
import gzip
import json
import pathlib
import sys


def client_records(run, arm):
    for path in sorted(pathlib.Path(run, "raw").glob(f"*/*-{arm}.jsonl.gz")):
        if path.parent.name == "quality":
            continue
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if record.get("phase") == "measured" and record["out"]["class"] == "completed":
                    yield record


def mean(values):
    return sum(values) / len(values)


def main():
    run, arm, truth_file = sys.argv[1:4]
    truth = {}
    with open(truth_file, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            truth[record["request_id"]] = record
    ttft, tpot, wrong, lag = [], [], 0, []
    for record in client_records(run, arm):
        known = truth[record["id"]]
        emitted = known["emitted_ns"]
        at = [record["at"][0]]
        for gap in record["at"][1:]:
            at.append(at[-1] + gap)
        steps = record["tok"]  # one number where every event brought as many tokens
        first = steps if isinstance(steps, int) else steps[0]
        ttft.append((at[0] * 1e-6, (emitted[first - 1] - (known.get("arrived_ns") or known["received_ns"])) * 1e-6))
        lag.append((record["started"] + at[-1] - emitted[-1]) * 1e-6)
        n = record["usage"]["completion"]
        if n != known["output_tokens"]:
            wrong += 1
        if n > first:
            tpot.append(((at[-1] - at[0]) * 1e-6 / (n - first), (emitted[-1] - emitted[first - 1]) * 1e-6 / (n - first)))
    bad = wrong > 0
    for name, pairs in (("TTFT", ttft), ("TPOT", tpot)):
        ours, theirs = mean([p[0] for p in pairs]), mean([p[1] for p in pairs])
        within = abs(ours - theirs) <= max(0.5, 0.01 * theirs)
        bad = bad or not within
        print(f"{arm} {name} mean: measured {ours:.3f} ms, truth {theirs:.3f} ms, difference {ours - theirs:+.3f} ms "
              f"({100 * (ours / theirs - 1):+.2f} %), n {len(pairs)}: {'ok' if within else 'OFF'}")
    lag.sort()
    print(f"{arm} stamp of the last token after its write: p50 {lag[len(lag) // 2]:.3f} ms, max {lag[-1]:.3f} ms")
    print(f"{arm} token counts: {len(ttft) - wrong} of {len(ttft)} exact")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
