#!/usr/bin/env python3
"""One shape of ground_truth.sh: a run of abgate against the truth logs of its two simulators.

ground_truth.py [--no-header] NAME RUN TRUTH_BASELINE TRUTH_CANDIDATE EXIT_CODE
"""
import gzip
import json
import pathlib
import sys

MS = 1e-6  # nanoseconds in milliseconds


def truth_of(path):
    with open(path, encoding="utf-8") as lines:
        return {r["request_id"]: r for r in map(json.loads, lines)}


def cells_of(run, arm):
    for path in sorted(pathlib.Path(run, "raw").glob(f"*/*-{arm}.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        yield rows[0]["load"], [r for r in rows[1:-1] if r["phase"] == "measured"], rows[-1]


def mean(values):
    return sum(values) / len(values) if values else float("nan")


def close(a, b):
    return abs(a - b) <= max(0.5, 0.01 * b)


class Arm:
    """Everything of one side, over its blocks."""

    def __init__(self, run, arm, truth):
        self.ttft, self.tpot = ([], []), ([], [])  # ours, the server's
        self.up, self.down = [], []  # our write to the server's receipt; its first write to our stamp
        self.wrong = self.unsent = self.failed = self.n = 0
        self.rate_error = self.late = 0.0
        for load, records, end in cells_of(run, arm):
            self.arrivals(load, records, end)
            for r in records:
                self.request(r, truth)

    def arrivals(self, load, records, end):
        if load["arrival"] == "closed":
            return
        begin = end["measured_begin"]
        sent = sorted(r["started"] - r.get("connect", 0) - begin for r in records if r["out"]["class"] != "not_sent")
        planned = sorted(r.get("planned_due", 0) for r in records)
        if len(sent) < 2 or len(sent) != len(planned):
            return
        plan_span, span = planned[-1] - planned[0], sent[-1] - sent[0]
        self.rate_error = max(self.rate_error, abs(span / plan_span - 1))
        self.late = max([self.late] + [(s - p) * MS for s, p in zip(sent, planned)])

    def request(self, r, truth):
        self.n += 1
        known = truth.get(r["id"])
        if r["out"]["class"] == "not_sent" or known is None:
            self.unsent += 1
            return
        if r["out"]["class"] != "completed":
            self.failed += 1
            return
        emitted = known["emitted_ns"]
        at = [r["at"][0]]
        for gap in r["at"][1:]:
            at.append(at[-1] + gap)
        step = r["tok"]  # one number where every event brought as many tokens
        first = step if isinstance(step, int) else step[0]
        n = r["usage"]["completion"]
        counted = step * len(at) if isinstance(step, int) else sum(step)
        self.wrong += n != known["output_tokens"] or counted != n
        # From the kernel's receipt: a server that is asked many things at once reads them one by one.
        asked = known["arrived_ns"] or known["received_ns"]
        self.up.append((asked - r["started"]) * MS)
        self.down.append((r["started"] + at[0] - emitted[first - 1]) * MS)
        self.ttft[0].append(at[0] * MS)
        self.ttft[1].append((emitted[first - 1] - asked) * MS)
        if n > first:
            self.tpot[0].append((at[-1] - at[0]) * MS / (n - first))
            self.tpot[1].append((emitted[-1] - emitted[first - 1]) * MS / (n - first))


def main():
    arguments = [a for a in sys.argv[1:] if a != "--no-header"]
    name, run, truth_a, truth_b, code = arguments
    arms = [Arm(run, "baseline", truth_of(truth_a)), Arm(run, "candidate", truth_of(truth_b))]
    is_open = any(load["arrival"] != "closed" for load, _, _ in cells_of(run, "baseline"))
    checks = {
        "sent": all(a.n > 0 and a.unsent == 0 and a.failed == 0 for a in arms),
        "arrivals": not is_open or all(a.rate_error <= 0.001 for a in arms),
        "tokens": all(a.wrong == 0 for a in arms),
        "TTFT": all(close(mean(a.ttft[0]), mean(a.ttft[1])) for a in arms),
        "TPOT": all(close(mean(a.tpot[0]), mean(a.tpot[1])) for a in arms),
        "A/A": all(close(mean(getattr(arms[0], k)[0]), mean(getattr(arms[1], k)[0])) for k in ("ttft", "tpot")),
    }
    if "--no-header" not in sys.argv:
        print("| shape | arm | requests | arrivals: rate off by | latest | wrong counts | TTFT ours / server ms | to, from the server ms | "
              "TPOT ours / server ms | exit | " + " | ".join(checks) + " |")
        print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|" + "---|" * len(checks))
    for label, a in zip("AB", arms):
        arrivals = (f"{100 * a.rate_error:.4f} %", f"{a.late:.2f} ms") if is_open else ("-", "-")
        print(f"| {name} | {label} | {a.n} | {arrivals[0]} | {arrivals[1]} | {a.wrong} | "
              f"{mean(a.ttft[0]):.3f} / {mean(a.ttft[1]):.3f} | {mean(a.up):.3f}, {mean(a.down):.3f} | {mean(a.tpot[0]):.4f} / {mean(a.tpot[1]):.4f} | {code} | "
              + " | ".join("PASS" if ok else "FAIL" for ok in checks.values()) + " |")
    sys.exit(0 if all(checks.values()) else 1)


if __name__ == "__main__":
    main()
