#!/bin/sh
# How far several event loops (client.loops) carry the load engine: the same load on 1, 2, 4, … of
# them, against a paced server on loopback that stamps every event it writes.
#   tools/bench/loops.sh                   # about a minute for each number of loops; builds build/bench
# Half of the cores serve, the other half drives; with fewer than four cores per loop the servers
# or the recording threads are the limit, and the table says so with its CPU column.
# Environment: BENCH_BUILD, BENCH_BIN (a folder with the programs; nothing is built),
# BENCH_LOOPS ("1 2 4"), BENCH_STREAMS ("1000 2000 4000 8000 16000", at 50 events/s each),
# BENCH_PORT (18999), BENCH_REQUESTS (200000 one-token answers).
set -eu
cd "$(dirname "$0")/../.."
build=${BENCH_BUILD:-build/bench}
port=${BENCH_PORT:-18999}
cores=$(nproc)
half=$((cores / 2)); [ "$half" -ge 1 ] || half=1
ulimit -n "$(ulimit -Hn)"
bin=${BENCH_BIN:-$build/bin}
if [ -z "${BENCH_BIN:-}" ]; then
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DABGATE_TESTS=OFF >/dev/null
  cmake --build "$build" -j2 --target bench_paced_server bench_our_client >/dev/null
fi
server_cpus="0-$((half - 1))"
client_cpus="$half-$((cores - 1))"; [ "$cores" -gt 1 ] || client_cpus=0

out=$(mktemp -d)
server=
stop_server() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; server=; }
trap 'stop_server; rm -rf "$out"' EXIT
start_server() {  # events per second and stream
  : >"$out/ready"
  taskset -c "$server_cpus" "$bin/bench_paced_server" "$1" "$port" "$half" >"$out/ready" &
  server=$!
  while [ ! -s "$out/ready" ]; do sleep 0.05; done
}
client() { taskset -c "$client_cpus" timeout 120 "$bin/bench_our_client" "$port" "$@" >"$out/line" 2>>"$out/notes" || true; }

for loops in ${BENCH_LOOPS:-1 2 4}; do
  start_server 50
  for streams in ${BENCH_STREAMS:-1000 2000 4000 8000 16000}; do
    client "$streams" 200 1.5 2 "$loops"
    sed "s/}\$/, \"loops\": $loops}/" "$out/line" >>"$out/results"
  done
  stop_server
  start_server 0
  client 256 rate "${BENCH_REQUESTS:-200000}" "$loops"
  cat "$out/line" >>"$out/results"
  stop_server
done
cat "$out/notes" >&2
python3 tools/bench/loops_table.py "$out/results"
