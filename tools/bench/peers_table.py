#!/usr/bin/env python3
"""The table and the ratio of peers.sh. peers_table.py FOLDER (of folders STREAMS-TOOL)"""
import glob
import gzip
import json
import pathlib
import sys

MS = 1e-6
TTFT, ITL = 50.0, 10.0  # of scenarios/sim/null.yaml, ms


def mean(values):
    return sum(values) / len(values) if values else float("nan")


def truth(folder):
    """What the server did: mean TTFT and gap (ms), tokens a second, requests. One-token requests are probes."""
    ttft, gap, tokens, begin, end, n = [], [], 0, None, 0, 0
    with open(folder / "truth.jsonl", encoding="utf-8") as lines:
        for line in lines:
            r = json.loads(line)
            emitted = r["emitted_ns"]
            if r["status"] != 200 or len(emitted) < 2:
                continue
            n += 1
            ttft.append((emitted[0] - (r["arrived_ns"] or r["received_ns"])) * MS)
            gap.append((emitted[-1] - emitted[0]) * MS / (len(emitted) - 1))
            tokens += len(emitted)
            begin = min(begin or r["received_ns"], r["received_ns"])
            end = max(end, emitted[-1])
    return mean(ttft), mean(gap), tokens / ((end - begin) * 1e-9) if n else 0, n


def abgate(folder):
    rows = []
    for path in glob.glob(str(folder / "runs/latest/raw/p/*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows += [r for r in map(json.loads, lines) if r.get("phase") == "measured"]
    done = [r for r in rows if r["out"]["class"] == "completed"]
    ttft, tpot, last, tokens = [], [], 0, 0
    for r in done:
        n, span = r["usage"]["completion"], sum(r["at"])
        ttft.append(r["at"][0] * MS)
        tpot.append((span - r["at"][0]) * MS / (n - 1))
        last = max(last, r["started"] + span)
        tokens += n
    first = min(r["started"] for r in rows)
    return mean(ttft), mean(tpot), tokens / ((last - first) * 1e-9), len(done), len(rows) - len(done)


def guidellm(folder):
    m = json.loads((folder / "report.json").read_text())["benchmarks"][0]["metrics"]
    totals = m["request_totals"]
    value = lambda key: m[key]["successful"]["mean"]
    return (value("time_to_first_token_ms"), value("inter_token_latency_ms"), value("output_tokens_per_second"),
            totals["successful"], totals["errored"] + totals["incomplete"])


def aiperf(folder):
    path = next(p for p in sorted((folder / "artifacts").rglob("profile_export*.json")) if p.suffix == ".json")
    m = json.loads(path.read_text())
    m = m.get("records", m)
    value = lambda key: m[key]["avg"]
    failed = m.get("error_request_count", {}).get("avg", 0) if isinstance(m.get("error_request_count"), dict) else 0
    return (value("time_to_first_token"), value("inter_token_latency"), value("output_token_throughput"),
            int(value("request_count")), int(failed or 0))


def inference_perf(folder):
    path = next(iter(sorted((folder / "reports").rglob("summary_lifecycle_metrics.json"))))
    m = json.loads(path.read_text())
    good = m["successes"]
    latency = good["latency"]
    tpot = latency.get("time_per_output_token") or latency["inter_token_latency"]
    return (latency["time_to_first_token"]["mean"] * 1e3, tpot["mean"] * 1e3,
            good["throughput"]["output_tokens_per_sec"], good["count"], m["failures"]["count"])


READERS = {"abgate": abgate, "guidellm": guidellm, "aiperf": aiperf, "inference-perf": inference_perf}


def main():
    errors = {}
    print("\n| streams | client | requests (failed) | TTFT ms: it says / server | error ms | TPOT ms: it says / server | "
          "tok/s: it says / server | late TTFT, gap ms | CPU s | peak MB | wall s |")
    print("|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    folders = [p for p in pathlib.Path(sys.argv[1]).iterdir() if (p / "truth.jsonl").exists()]
    order = list(READERS)
    for folder in sorted(folders, key=lambda p: (int(p.name.split("-")[0]), order.index(p.name.split("-", 1)[1]))):
        streams, tool = folder.name.split("-", 1)
        real = truth(folder)
        try:
            says = READERS[tool](folder)
            used = json.loads((folder / "used.json").read_text())
        except Exception as why:  # the run failed, or a peer's format is another one: said, never made up
            print(f"| {streams} | {tool} | no result: {type(why).__name__}: {why} | | | | | | | | |")
            continue
        error = says[0] - real[0]
        errors.setdefault(int(streams), {})[tool] = abs(error)
        print(f"| {int(streams):,} | {tool} | {says[3]} ({says[4]}) | {says[0]:.2f} / {real[0]:.2f} | {error:+.2f} | "
              f"{says[1]:.3f} / {real[1]:.3f} | {says[2]:,.0f} / {real[2]:,.0f} | {real[0] - TTFT:.2f}, {real[1] - ITL:.3f} | "
              f"{used['cpu_s']:.1f} | {used['peak_bytes'] * 1e-6:.0f} | {used['wall_s']:.1f} |")
    print()
    for streams, by_tool in sorted(errors.items()):
        peers = {t: e for t, e in by_tool.items() if t != "abgate"}
        if "abgate" not in by_tool or not peers:
            continue
        best = min(peers, key=peers.get)
        ratio = peers[best] / max(by_tool["abgate"], 1e-6)
        print(f"TTFT error at {streams}: ours {by_tool['abgate']:.3f} ms, best peer ({best}) {peers[best]:.3f} ms, ratio {ratio:.1f}")
        if streams == max(errors):
            print(f"peer_ttft_error_ratio {ratio:.1f}")


if __name__ == "__main__":
    main()
