#!/usr/bin/env bash
# abgate beside other load generators (guidellm, AIPerf, inference-perf), all against the same simulator with the
# same load: TTFT 50 ms, then a token every 10 ms, CONCURRENCY streams at once, no warm-up. Prints for each what
# it measured, what the simulator's own log says of that very run, processor time and peak memory of all its
# processes, and
#   peer_ttft_error_ratio R   |error of mean TTFT| at the highest concurrency, the best peer's over ours (wanted: >= 10)
# An error is what a client reports less what the server's log has from the request's arrival (the kernel's receive
# stamp: many requests at once are read one by one) to the write of the first token. `late` is the simulator's own lateness: its mean first token beyond 50 ms, and gap beyond 10 ms.
# Opt-in: installs the peers with pip into a folder of their own (BENCH_PEERS, about 3 GB). What cannot be
# installed or run is said, with its last line.
#
# Examples:
#   tools/bench/peers.sh
#   PEERS=guidellm CONCURRENCY="1 100" tools/bench/peers.sh
#   PEERS= tools/bench/peers.sh                # ours alone
#
# Environment: BIN (build/release/bin), BENCH_PEERS (build/peers), PEERS ("guidellm aiperf inference-perf"),
# CONCURRENCY ("1 100 1000"), TOKENS (48), ROUNDS (4: requests a stream; at least 30 requests), SIM_CPU (a core for
# the simulator; empty: any; clients then get the others), BENCH_PYTHON (python3; inference-perf needs 3.12), KEEP (a folder for everything that was written).
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;; esac
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${BIN:-$root/build/release/bin}
peers_dir=$(realpath -m "${BENCH_PEERS:-$root/build/peers}")
peers=${PEERS-guidellm aiperf inference-perf}
tokens=${TOKENS:-48} rounds=${ROUNDS:-4}
work=${KEEP:-$(mktemp -d)}
mkdir -p "$work" "$peers_dir"
work=$(realpath "$work")
sim=
stop_sim() { [ -z "$sim" ] || { kill "$sim" 2>/dev/null || true; wait "$sim" 2>/dev/null || true; }; sim=; }
trap 'stop_sim; [ -n "${KEEP:-}" ] || rm -rf "$work"' EXIT
ulimit -n "$(ulimit -Hn)"
export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 HF_DATASETS_OFFLINE=1 TOKENIZERS_PARALLELISM=false

server_pin=() client_pin=()
if [ -n "${SIM_CPU:-}" ]; then
  server_pin=(taskset -c "$SIM_CPU")
  client_pin=(taskset -c "$(seq 0 $(($(nproc) - 1)) | grep -vx "$SIM_CPU" | paste -sd,)")
fi

install() {  # peer
  local venv=$peers_dir/$1
  if [ ! -x "$venv/bin/$1" ]; then
    "${BENCH_PYTHON:-python3}" -m venv "$venv" && "$venv/bin/pip" install -q "$1" >"$peers_dir/$1.log" 2>&1 || true
  fi
  [ -x "$venv/bin/$1" ] || { echo "$1: not installed: $(tail -n 1 "$peers_dir/$1.log")"; return 1; }
  if [ ! -e "$peers_dir/tokenizer/tokenizer.json" ]; then
    "$venv/bin/python" "$root/tools/bench/peers_tokenizer.py" "$peers_dir/tokenizer" "$root/README.md" \
      "$root/scenarios/README.md" "$root"/prompts/*.jsonl >/dev/null 2>&1 || { echo "$1: no tokenizer could be made"; return 1; }
  fi
}

# Each runs one load: port, streams, requests, folder for results.
run_abgate() {
  cat >"$4/scenario.yaml" <<YAML
name: peers
mode: interleaved
blocks: 1
aa_blocks: 0
baseline: {label: sim, url: "http://127.0.0.1:1"}
candidate: {label: none, url: "http://127.0.0.1:1"}
sampling: {max_tokens: $tokens, ignore_eos: true}
workload: {suite: $root/prompts/code-basics.jsonl}
points:
  - {id: p, concurrency: $2, requests: $3, warmup_requests: 0}
criteria:
  - {id: errors, title: Failed requests, metric: errors, op: "==", value: 0}
YAML
  used "$4" "$bin/abgate" record "$4/scenario.yaml" --arm "baseline=http://127.0.0.1:$1" --out "$4/runs" --progress none --no-calibration
}
run_guidellm() {
  used "$4" "$peers_dir/guidellm/bin/guidellm" run \
    --backend "kind=openai_http,target=http://127.0.0.1:$1,model=sim,request_format=/v1/completions" \
    --profile "kind=concurrent,streams=$2" --constraint "kind=max_requests,count=$3" \
    --tokenizer "kind=huggingface_auto,model=$peers_dir/tokenizer" \
    --data "kind=synthetic_text,prompt_tokens=64,output_tokens=$tokens" \
    --output "kind=json,path=$4/report.json" --disable-console
}
run_aiperf() {
  # Offline it looks for its tokenizer in the hub's cache only; a folder is read without the network.
  used "$4" env -u HF_HUB_OFFLINE -u TRANSFORMERS_OFFLINE "$peers_dir/aiperf/bin/aiperf" profile --model sim --url "http://127.0.0.1:$1" --endpoint-type completions --streaming \
    --concurrency "$2" --request-count "$3" --tokenizer "$peers_dir/tokenizer" --synthetic-input-tokens-mean 64 \
    --output-tokens-mean "$tokens" --extra-inputs ignore_eos:true --extra-inputs "min_tokens:$tokens" \
    --use-server-token-count --ui none --output-artifact-dir "$4/artifacts"
}
run_inference_perf() {
  cat >"$4/config.yml" <<YAML
api: {type: completion, streaming: true}
server: {type: vllm, model_name: sim, base_url: "http://127.0.0.1:$1", ignore_eos: true}
tokenizer: {pretrained_model_name_or_path: $peers_dir/tokenizer}
data:
  type: random
  input_distribution: {min: 64, max: 64, mean: 64, std_dev: 0, total_count: $3}
  output_distribution: {min: $tokens, max: $tokens, mean: $tokens, std_dev: 0, total_count: $3}
load:
  type: concurrent
  stages: [{num_requests: $3, concurrency_level: $2}]
  num_workers: $(($(nproc)))
  worker_max_concurrency: $2
storage: {local_storage: {path: $4/reports}}
YAML
  used "$4" "$peers_dir/inference-perf/bin/inference-perf" --config_file "$4/config.yml"
}
used() { local folder=$1; shift; (cd "$folder" && timeout 300 "${client_pin[@]}" python3 "$root/tools/bench/used.py" used.json "$@" >output 2>&1 </dev/null); }

echo "$(uname -sm), $(nproc) cores, $(date -u +%F), load average at the start $(cut -d' ' -f1-3 /proc/loadavg)"
tools=abgate
for peer in $peers; do install "$peer" && tools="$tools $peer"; done
for streams in ${CONCURRENCY:-1 100 1000}; do
  requests=$((streams * rounds)); [ "$requests" -ge 30 ] || requests=30
  for tool in $tools; do
    folder=$work/$streams-$tool
    mkdir -p "$folder"
    "${server_pin[@]}" "$bin/vllmsim" --profile "$root/scenarios/sim/null.yaml" --model sim --port 0 --port-file "$folder/port" \
      --truth "$folder/truth.jsonl" --exit-after 400 >"$folder/sim.log" 2>&1 &
    sim=$!
    for _ in $(seq 200); do [ -s "$folder/port" ] && break; sleep 0.05; done
    if ! "run_${tool//-/_}" "$(cat "$folder/port")" "$streams" "$requests" "$folder"; then
      echo "$tool at $streams: failed: $(grep -v '^[[:space:]]*$' "$folder/output" | tail -n 1 | cut -c1-300)"
    fi
    stop_sim
  done
done
echo "load average at the end $(cut -d' ' -f1-3 /proc/loadavg)"
python3 "$root/tools/bench/peers_table.py" "$work"
