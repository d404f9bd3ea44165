# Sourced by the scripts beside it: reads their arguments (ABGATE MODELS_DIR OUT_DIR [SOURCES_DIR]), goes to OUT_DIR
# and serves the model there in FP16, Q4_K_M and Q2_K on ports 18471 to 18473 of loopback until the script ends.
abgate=$(realpath "$1") models=$(realpath "$2") python=${PYTHON:-python3}
mkdir -p "$3"; out=$(realpath "$3")
sources=${4:-$("$python" -c 'import os; print(os.path.dirname(os.__file__))')}
here=$(dirname "$(realpath "$0")")
cd "$out"

pids=()
trap 'for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done' EXIT
serve() {  # serve <script> <path that answers once it is up>
  local port=18471 quant
  for quant in f16 q4_k_m q2_k; do
    "$python" "$here/$1" "$models/tinycoder-28m-$quant.gguf" $port >"server-$quant.log" 2>&1 &
    pids+=($!)
    port=$((port + 1))
  done
  for port in 18471 18472 18473; do
    for _ in $(seq 60); do curl -sf "http://127.0.0.1:$port$2" >/dev/null && break; sleep 0.5; done
  done
}
