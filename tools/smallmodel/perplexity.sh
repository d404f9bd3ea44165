#!/usr/bin/env bash
# Code perplexity of a small real model, FP16 against Q4_K_M and against Q2_K, through abgate.
# Usage: perplexity.sh ABGATE MODELS_DIR OUT_DIR [SOURCES_DIR]
#   MODELS_DIR   holds tinycoder-28m-{f16,q4_k_m,q2_k}.gguf
#   SOURCES_DIR  Python files to score (default: the standard library of python3); DOCS (32) of them, seeded
# Needs: pip install xllamacpp numpy (PYTHON names the interpreter that has them). Loopback only.
set -euo pipefail
abgate=$(realpath "$1") models=$(realpath "$2") python=${PYTHON:-python3}
mkdir -p "$3"; out=$(realpath "$3")
sources=${4:-$("$python" -c 'import os; print(os.path.dirname(os.__file__))')}
here=$(dirname "$(realpath "$0")")
docs=${DOCS:-32} control=${CONTROL:-false}
cd "$out"

"$python" "$here/held_out.py" "$sources" "$docs" 3200 16 >held-out.jsonl

pids=()
trap 'for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done' EXIT
port=18471
for quant in f16 q4_k_m q2_k; do
  "$python" "$here/logprob_server.py" "$models/tinycoder-28m-$quant.gguf" $port >"server-$quant.log" 2>&1 &
  pids+=($!)
  port=$((port + 1))
done
for port in 18471 18472 18473; do
  for _ in $(seq 60); do curl -sf "http://127.0.0.1:$port/v1/models" >/dev/null && break; sleep 0.5; done
done

port=18472
for quant in q4_k_m q2_k; do
  cat >"$quant.yaml" <<YAML
name: perplexity-$quant
mode: interleaved
blocks: 1
aa_blocks: 0
baseline: {label: FP16, url: "http://127.0.0.1:18471", metrics_url: none}
candidate: {label: $quant, url: "http://127.0.0.1:$port", metrics_url: none}
sampling: {max_tokens: 16}
workload: {suite: held-out.jsonl}
points:
  - {id: c1, concurrency: 1, requests: 4, warmup_requests: 1}
quality:
  suite: held-out.jsonl
  concurrency: 1
  control: $control
  likelihood: {enabled: true, outputs: 16, top_k: 20, concurrency: 2}
validity: {min_blocks: 1, aa_must_contain_one: false}
criteria:
  - {id: ppl, title: Code perplexity against FP16, metric: quality.ppl_ratio, op: "<=", value: 1.05}
YAML
  "$abgate" compare "$quant.yaml" --out "runs-$quant" --progress plain && code=0 || code=$?
  echo "$quant: exit code $code"
  port=$((port + 1))
done
