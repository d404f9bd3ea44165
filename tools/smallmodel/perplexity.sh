#!/usr/bin/env bash
# Code perplexity of a small real model, FP16 against Q4_K_M and against Q2_K, through abgate.
# Usage: perplexity.sh ABGATE MODELS_DIR OUT_DIR [SOURCES_DIR]
#   MODELS_DIR   holds tinycoder-28m-{f16,q4_k_m,q2_k}.gguf
#   SOURCES_DIR  Python files to score (default: the standard library of python3); DOCS (32) of them, seeded
# Needs: pip install xllamacpp numpy (PYTHON names the interpreter that has them). Loopback only.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/servers.sh"
docs=${DOCS:-32} control=${CONTROL:-false}

"$python" "$here/held_out.py" "$sources" "$docs" 3200 16 >held-out.jsonl

serve logprob_server.py /v1/models

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
