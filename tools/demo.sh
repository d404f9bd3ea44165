#!/usr/bin/env bash
# The main job on the embedded simulator: FP16 against AWQ (Marlin) on a simulated RTX PRO 6000.
# Installs what is missing, builds, starts two simulated vLLM servers on loopback, compares them and
# prints the verdict and where the report lies. Exits with the verdict's code (0 = GO).
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-deps.sh
tools/build.sh release abgate vllmsim

work=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT

# start <name> <profile> <options…>: sets $url
start() {
  local name=$1 profile=$2
  shift 2
  build/release/bin/vllmsim --profile "scenarios/sim/$profile.yaml" --port 0 --port-file "$work/$name.port" \
    --answers prompts/code-basics.jsonl --exit-after 900 "$@" >"$work/$name.log" 2>&1 &
  pids+=($!)
  for _ in $(seq 100); do
    [ -s "$work/$name.port" ] && break
    kill -0 "${pids[-1]}" 2>/dev/null || { cat "$work/$name.log" >&2; echo "abgate: the simulator did not start" >&2; exit 69; }
    sleep 0.1
  done
  url="http://127.0.0.1:$(cat "$work/$name.port")"
}
start baseline rtxpro6000-fp16 --seed 1 --quality 0.97 --quality-rho 0.98
baseline=$url
start candidate rtxpro6000-awq-marlin --seed 2 --quality 0.97 --quality-rho 0.98 --gpu-memory-utilization 0.55
candidate=$url

status=0
build/release/bin/abgate compare scenarios/demo.yaml --baseline "$baseline" --candidate "$candidate" \
  --set "baseline.gpu.url=$baseline/dcgm/metrics" --set "candidate.gpu.url=$candidate/dcgm/metrics" "$@" || status=$?
exit "$status"
