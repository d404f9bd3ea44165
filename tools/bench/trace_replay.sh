#!/usr/bin/env bash
# Replays ten minutes of a request trace in one, against two simulated servers at once, and compares what was sent
# with the trace's own rows: how many, how bursty (coefficient of variation of the gaps), how long.
#
# Usage: tools/bench/trace_replay.sh TRACE.csv       an Azure LLM inference trace
#   WINDOW=10m SCALE=10 tools/bench/trace_replay.sh AzureLLMInferenceTrace_code.csv
# Environment: BIN (build/release/bin), FROM (0: where the window begins, e.g. 20m), WINDOW (10m), SCALE (10).
set -euo pipefail
case "${1:-}" in '' | -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 64 ;; esac
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${BIN:-$root/build/release/bin}
trace=$(realpath "$1") window=${WINDOW:-10m} scale=${SCALE:-10} from=${FROM:-}
work=$(mktemp -d)
sims=()
cleanup() {
  for sim in "${sims[@]}"; do kill "$sim" 2>/dev/null && wait "$sim" 2>/dev/null; done
  rm -rf "$work"
}
trap cleanup EXIT

cat >"$work/profile.yaml" <<'YAML'
# A fast fixed-time server: no claim about any hardware.
name: replay
model: {id: replay, max_model_len: 32768}
gpu: {name: none}
fixed: {ttft_ms: 10, itl_ms: 4}
host: {api_ms: 0}
YAML
start() {  # name: sets $url
  "$bin/vllmsim" --profile "$work/profile.yaml" --port 0 --port-file "$work/$1.port" --exit-after 580 >"$work/$1.log" 2>&1 &
  sims+=($!)
  for _ in $(seq 200); do [ -s "$work/$1.port" ] && break; sleep 0.05; done
  url=http://127.0.0.1:$(cat "$work/$1.port")
}
start baseline; baseline=$url
start candidate; candidate=$url
cat >"$work/replay.yaml" <<YAML
name: replay
blocks: 1
aa_blocks: 0
baseline: {label: A, url: "$baseline"}
candidate: {label: B, url: "$candidate"}
workload: {kind: trace, file: "$trace", window_length: $window${from:+, window_from: $from}}
points:
  - {id: t, arrival: trace, time_scale: $scale, warmup_requests: 8}
criteria:
  - {id: errors, metric: errors, op: "==", value: 0}
YAML
status=0
"$bin/abgate" compare "$work/replay.yaml" --out "$work/runs" --progress plain 2>&1 | grep '^note' || status=$?
echo "$(uname -sm), $(nproc) cores, $(date -u +%F), load average $(cut -d' ' -f1-3 /proc/loadavg); window $window${from:+ from $from}, $scale times as fast"
python3 "$root/tools/bench/trace_replay.py" "$trace" "$window" "${from:-0s}" "$work/runs/latest"
