#!/usr/bin/env bash
# Where the answers of a small real model part from those of its quantisations, Q4_K_M and Q2_K, through
# llama-server and abgate (quality.logprobs).
# Usage: answers.sh ABGATE MODELS_DIR OUT_DIR [SOURCES_DIR]
#   MODELS_DIR   holds tinycoder-28m-{f16,q4_k_m,q2_k}.gguf
#   SOURCES_DIR  Python files to complete (default: the standard library of python3); DOCS (100) of them, seeded
# API=chat asks the same as chat. Needs: pip install xllamacpp (PYTHON names the interpreter that has it).
# Loopback only.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/servers.sh"
api=${API:-completions}
"$python" "$here/held_out.py" "$sources" "${DOCS:-100}" 600 40 >held-out.jsonl
[ "$api" = completions ] || sed -i 's/"kind": "completion", "prompt": \(".*"\), "reference"/"kind": "chat", "messages": [{"role": "user", "content": \1}], "reference"/' held-out.jsonl

serve llama_server.py /health

port=18472
for quant in q4_k_m q2_k; do
  cat >"$quant.yaml" <<YAML
name: answers-$quant
mode: interleaved
api: $api
blocks: 1
aa_blocks: 0
baseline: {label: FP16, url: "http://127.0.0.1:18471", metrics_url: none}
candidate: {label: $quant, url: "http://127.0.0.1:$port", metrics_url: none}
sampling: {max_tokens: 16}
workload: {suite: held-out.jsonl}
points:
  - {id: c1, concurrency: 1, requests: 4, warmup_requests: 1}
quality: {suite: held-out.jsonl, concurrency: 2, control: true}
validity: {min_blocks: 1, aa_must_contain_one: false}
criteria:
  - {id: errors, title: Failed requests, metric: errors, op: "==", value: 0}
YAML
  "$abgate" compare "$quant.yaml" --out "runs-$quant" --progress none >"$quant.txt" 2>&1 || true  # undecided by design
  sed -n "/^### The arms' own answers/,/^| Mean regret/p" "runs-$quant/latest/report.md"
  port=$((port + 1))
done
