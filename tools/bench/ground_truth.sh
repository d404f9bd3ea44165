#!/usr/bin/env bash
# What abgate measures beside what the simulator knows, for each load shape, the same profile on both
# sides. Prints a table and a PASS or FAIL for each of
#   sent       every planned request was sent and reached the server
#   arrivals   rate of the arrivals within 0.1 % of the plan's (open loop)
#   tokens     every count of output tokens is the server's
#   TTFT, TPOT mean within 0.5 ms or 1 % of the server's own log, each arm
#   A/A        the two arms' means within 0.5 ms or 1 % of each other
# The server's TTFT begins when the kernel had the request: read later, it waited in the server. Beside it stands
# what lies between our write and that moment, and between the server's write of the first token and our stamp.
# Answers have TOKENS/2 to TOKENS*3/2 tokens, so that streams do not end in step.
# Exits 1 if one fails. A busy machine makes the simulator late and both sides differ: see `load average`.
#
# Examples:
#   tools/bench/ground_truth.sh
#   REQUESTS=2000 tools/bench/ground_truth.sh poisson gamma      # these shapes only
#   PROFILE=scenarios/sim/h200-fp16.yaml tools/bench/ground_truth.sh
#
# Environment: BIN (build/release/bin), REQUESTS (600 an arm and block), PROFILE (a fixed 50 ms and 10 ms),
# TOKENS (48), KEEP (a folder to keep the runs in).
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;; esac
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${BIN:-$root/build/release/bin}
requests=${REQUESTS:-600} tokens=${TOKENS:-48}
profile=${PROFILE:-$root/scenarios/sim/null.yaml}
work=${KEEP:-$(mktemp -d)}
mkdir -p "$work"
sims=()
cleanup() {
  for sim in "${sims[@]}"; do kill "$sim" 2>/dev/null && wait "$sim" 2>/dev/null; done
  [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap cleanup EXIT

# One shape a line: name | load point. A shape that this abgate does not know is said to be skipped.
shapes='closed   | {id: p, concurrency: 32, requests: N, warmup_requests: 32}
constant | {id: p, arrival: constant, rate: 60 req/s, concurrency: 0, requests: N, warmup_requests: 8}
poisson  | {id: p, arrival: poisson, rate: 60 req/s, concurrency: 0, requests: N, warmup_requests: 8}
gamma    | {id: p, arrival: gamma, burstiness: 0.5, rate: 60 req/s, concurrency: 0, requests: N, warmup_requests: 8}'

start() {  # name, truth file: sets $url
  "$bin/vllmsim" --profile "$profile" --port 0 --port-file "$work/$1.port" --truth "$2" --exit-after 600 >"$work/$1.log" 2>&1 &
  sims+=($!)
  for _ in $(seq 200); do [ -s "$work/$1.port" ] && break; sleep 0.05; done
  url=http://127.0.0.1:$(cat "$work/$1.port")
}
stop_all() {
  for sim in "${sims[@]}"; do kill "$sim"; wait "$sim" 2>/dev/null || true; done
  sims=()
}

echo "$(uname -sm), $(nproc) cores, $(date -u +%F), load average $(cut -d' ' -f1-3 /proc/loadavg), $requests requests of $tokens tokens an arm, block and shape"
failed=0
header=
while IFS='|' read -r name point; do
  name=${name// /}
  if [ $# -gt 0 ] && ! grep -qw "$name" <<<"$*"; then continue; fi
  cat >"$work/$name.yaml" <<YAML
name: truth-$name
mode: concurrent
blocks: 2
aa_blocks: 0
baseline: {label: A, url: "http://127.0.0.1:1"}
candidate: {label: B, url: "http://127.0.0.1:1"}
workload: {kind: synthetic, input_tokens: 64, output_tokens: {kind: uniform, min: $((tokens / 2)), max: $((tokens * 3 / 2))}}
points:
  - ${point//N/$requests}
validity: {min_blocks: 1}
criteria:
  - {id: speed, title: Output speed, metric: stream_speed, op: ">=", value: 1 tok/s}
YAML
  if ! "$bin/abgate" check "$work/$name.yaml" --offline >"$work/$name.check" 2>&1; then
    echo "$name: skipped: $(tail -n 1 "$work/$name.check")"
    continue
  fi
  start "$name-a" "$work/$name-a.jsonl"; a=$url
  start "$name-b" "$work/$name-b.jsonl"; b=$url
  code=0
  "$bin/abgate" compare "$work/$name.yaml" --baseline "$a" --candidate "$b" --out "$work/$name" --progress none >"$work/$name.out" 2>&1 || code=$?
  stop_all
  [ -e "$work/$name/latest/DONE" ] || { echo "$name: no run (exit $code): $(tail -n 1 "$work/$name.out")"; failed=1; continue; }
  python3 "$root/tools/bench/ground_truth.py" $header "$name" "$work/$name/latest" "$work/$name-a.jsonl" "$work/$name-b.jsonl" "$code" || failed=1
  header=--no-header
done <<<"$shapes"
exit "$failed"
