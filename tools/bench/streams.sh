#!/usr/bin/env bash
# Many streams open at once in one process, against the simulator: 10,000 by default, each answered by
# TOKENS events, one every ITL_MS. Prints what happened to them and one "name value" a line:
#   streams_open         most streams that were open at the same moment        (wanted: STREAMS)
#   streams_completed    answers that came to their end                        (wanted: all)
#   streams_ours         lost to this machine: descriptors, ports              (wanted: 0)
#   streams_first_ms     start of the cell to the last of the first STREAMS requests on its way
#   streams_rss_mb, streams_cpu_s   peak resident memory and processor time of abgate
# Exits 1 if a figure is not what is wanted. Needs `ulimit -n` of a little more than STREAMS.
#
# Examples:
#   tools/bench/streams.sh
#   STREAMS=2000 ITL_MS=100 tools/bench/streams.sh
#
# Environment: BIN (build/release/bin), STREAMS (10000), TOKENS (12), TTFT_MS (3000), ITL_MS (1000).
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;; esac
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${BIN:-$root/build/release/bin}
streams=${STREAMS:-10000} tokens=${TOKENS:-12}
work=$(mktemp -d)
sim=
trap '[ -z "$sim" ] || kill "$sim" 2>/dev/null || true; rm -rf "$work"' EXIT
ulimit -n "$(ulimit -Hn)"

cat >"$work/sim.yaml" <<YAML
name: many
model: {id: many, max_model_len: 4096}
gpu: {name: none}
fixed: {ttft_ms: ${TTFT_MS:-3000}, itl_ms: ${ITL_MS:-1000}}
host: {api_ms: 0}
YAML
cat >"$work/many.yaml" <<YAML
name: many
mode: interleaved
blocks: 1
aa_blocks: 0
baseline: {label: many, url: "http://127.0.0.1:1"}
candidate: {label: none, url: "http://127.0.0.1:1"}
sampling: {max_tokens: $tokens, ignore_eos: true}
workload: {suite: $root/prompts/code-basics.jsonl}
points:
  - {id: many, concurrency: $streams, requests: $streams, warmup_requests: 0}
criteria:
  - {id: errors, title: Failed requests, metric: errors, op: "==", value: 0}
YAML
"$bin/vllmsim" --profile "$work/sim.yaml" --port 0 --port-file "$work/port" --truth "$work/truth.jsonl" --exit-after 300 >"$work/sim.log" 2>&1 &
sim=$!
for _ in $(seq 200); do [ -s "$work/port" ] && break; sleep 0.05; done
echo "$(uname -sm), $(nproc) cores, $(date -u +%F), load average $(cut -d' ' -f1-3 /proc/loadavg), $streams streams of $tokens events, one every ${ITL_MS:-1000} ms"
python3 "$root/tools/bench/used.py" "$work/used.json" "$bin/abgate" record "$work/many.yaml" --arm "baseline=http://127.0.0.1:$(cat "$work/port")" \
  --out "$work/runs" --progress none --no-calibration >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }
kill "$sim"; wait "$sim" 2>/dev/null || true; sim=
cat "$work/sim.log" | grep -v listening || true
python3 - "$work" "$streams" "$tokens" <<'PY'
import collections, glob, gzip, json, sys
work, streams, tokens = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
used = json.load(open(work + "/used.json"))
rows = [json.loads(line) for path in glob.glob(work + "/runs/latest/raw/many/*.jsonl.gz") for line in gzip.open(path, "rt")]
end, rows = rows[-1], rows[1:-1]
changes = sorted([(r["started"], 1) for r in rows] + [(r["started"] + r["closed"], -1) for r in rows])
now = most = 0
for _, by in changes:
    now += by
    most = max(most, now)
classes = collections.Counter(r["out"]["class"] for r in rows)
ours = sum(bool(r["out"].get("ours")) for r in rows)
short = sum(r["out"]["class"] == "completed" and r["usage"]["completion"] != tokens for r in rows)
starts = sorted(r["started"] for r in rows)
health = end["health"]
print("outcomes:", dict(classes), "| wrong token counts:", short, "| loop lag p99 %.2f ms, wake lag p99 %.2f ms, client CPU %.0f %%"
      % (health["loop_lag_p99"] * 1e-6, health["wake_lag_p99"] * 1e-6, 100 * health["client_cpu"]))
print("streams_open", most)
print("streams_completed", classes["completed"])
print("streams_ours", ours)
print("streams_first_ms %.0f" % ((starts[-1] - end["begin"]) * 1e-6))
print("streams_rss_mb %.0f" % (used["peak_bytes"] * 1e-6))
print("streams_cpu_s %.2f" % used["cpu_s"])
sys.exit(0 if most == streams and classes["completed"] == streams and ours == 0 and short == 0 else 1)
PY
