#!/bin/sh
# Our load engine beside the least that a client can do and beside a Python client of the shape of
# `vllm bench serve`, all against one paced server on loopback (300-byte events, one HTTP chunk and
# one write each, its own clock inside). Prints a table and ratios; see the end for their meaning.
#   tools/bench/client.sh                  # about two minutes; builds build/bench
#   BENCH_NO_PYTHON=1 tools/bench/client.sh
# The server is pinned to one core and each client, with all of its threads, to another one.
# Environment: BENCH_BUILD (a build folder of its own), BENCH_BIN (a folder with the programs; nothing is built), BENCH_VENV (folder for aiohttp),
# BENCH_REPEATS (3: medians), BENCH_STREAMS ("64 1000 4000"), BENCH_SERVER_CPU, BENCH_CLIENT_CPU.
set -eu
cd "$(dirname "$0")/../.."
build=${BENCH_BUILD:-build/bench}
venv=${BENCH_VENV:-build/bench-venv}
repeats=${BENCH_REPEATS:-3}
server_cpu=${BENCH_SERVER_CPU:-0}
client_cpu=${BENCH_CLIENT_CPU:-1}
ulimit -n "$(ulimit -Hn)"

bin=${BENCH_BIN:-$build/bin}
if [ -z "${BENCH_BIN:-}" ]; then
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DABGATE_TESTS=OFF >/dev/null
  cmake --build "$build" -j2 --target bench_paced_server bench_floor_client bench_our_client >/dev/null
fi
python=
if [ -z "${BENCH_NO_PYTHON:-}" ]; then
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
  "$venv/bin/python" -c 'import aiohttp' 2>/dev/null || "$venv/bin/pip" install -q aiohttp
  python="$venv/bin/python tools/bench/aiohttp_client.py"
fi

out=$(mktemp -d)
server=
stop_server() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; server=; }
trap 'stop_server; rm -rf "$out"' EXIT

start_server() {  # events per second and stream
  : >"$out/port"
  taskset -c "$server_cpu" "$bin/bench_paced_server" "$1" 0 >"$out/port" &
  server=$!
  while [ ! -s "$out/port" ]; do sleep 0.05; done
  port=$(cat "$out/port")
}
client() { taskset -c "$client_cpu" timeout 120 "$@" >>"$out/results" || echo "FAILED: $*" >&2; }

start_server 50
for streams in ${BENCH_STREAMS:-64 1000 4000}; do
  for _ in $(seq "$repeats"); do
    # A window of 2 s begins when about 50 events of each stream are there; streams outlive it.
    client "$bin/bench_floor_client" "$port" "$streams" 200 1 2
    client "$bin/bench_our_client" "$port" "$streams" 200 1 2
    [ -z "$python" ] || client $python "$port" "$streams" 200 1 2
  done
done
# Memory: 4,000 streams open, each with its first events (bytes of the streams included).
client "$bin/bench_our_client" "$port" 4000 100 1.3 0.4
tail -n 1 "$out/results" | sed 's/"client": "abgate"/"client": "abgate-memory"/' >"$out/memory"
sed -i '$d' "$out/results"
cat "$out/memory" >>"$out/results"
stop_server

start_server 0
for _ in $(seq "$repeats"); do
  client "$bin/bench_our_client" "$port" 64 rate 100000
  [ -z "$python" ] || client $python "$port" 64 rate 10000
done
stop_server
python3 tools/bench/client_table.py "$out/results"
