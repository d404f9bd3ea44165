#!/usr/bin/env bash
# How fast the judge is. Prints one "name value" a line:
#   judge_seconds    wall time of `abgate judge` on a run of 100,000 requests of 200 tokens   (wanted: < 5)
#   judge_rss_mb     its peak resident memory, 10^6 bytes                                     (wanted: < 1000)
#   judge_quality_seconds, judge_quality_rss_mb   the same run with a quality pass beside it: 1,000 paired
#                    items (ITEMS), answers of 1 KiB scored from what is stored                (wanted: < 5, < 1000)
#   judge_logprobs_seconds, judge_logprobs_rss_mb   the same, each of the answers' 200 tokens with the 20
#                    most likely ones                                                           (wanted: < 5, < 1000)
#   calibrate_seconds  `abgate calibrate judge --experiments 10000`, every cell                (wanted: < 60)
#   calibrate_cpu_seconds  the processor time of it: what two processors that do nothing else share
#   bootstrap_seconds, bootstrap_peer_seconds, bootstrap_ratio   10,000 replicates over 100,000 pairs,
#                    ours and scipy.stats.bootstrap's, and scipy's time over ours              (wanted: > 1)
# Times are medians of RUNS runs (default 3); a busy machine makes them longer. Exits 1 if a figure is
# not what is wanted.
#
# The peer needs numpy and scipy, which are no part of abgate: PEER_PYTHON=/path/to/venv/bin/python
# turns that comparison on, e.g. after  python3 -m venv peer && peer/bin/pip install numpy scipy
#
# Examples:
#   tools/bench/judge.sh
#   RUNS=5 PEER_PYTHON=peer/bin/python tools/bench/judge.sh
#   SKIP_CALIBRATE=1 REQUESTS=20000 tools/bench/judge.sh
set -euo pipefail

case "${1:-}" in -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;; esac

root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${BIN:-$root/build/release/bin}
runs=${RUNS:-3}
requests=${REQUESTS:-100000}
items=${ITEMS:-1000}
for program in abgate bench_make_run bench_bootstrap; do
  [ -x "$bin/$program" ] || { echo "judge.sh: no $bin/$program: build first (tools/build.sh), or set BIN" >&2; exit 69; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# Runs a command, prints "wall-seconds peak-kB cpu-seconds".
measured() {
  python3 - "$@" <<'PY'
import os, resource, subprocess, sys, time
begin = time.monotonic()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
wall, used = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
print(round(wall, 3), used.ru_maxrss, round(used.ru_utime + used.ru_stime, 3))
sys.exit(0 if code in (0, 10, 20) else 1)
PY
}
median() { sort -n | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
report() {  # name, value, comparison, limit
  echo "$1 $2"
  awk -v v="$2" -v l="$4" "BEGIN {exit !(v $3 l)}" || { echo "judge.sh: $1 is $2, wanted $3 $4" >&2; failed=1; }
}

# Judges a run several times; reports its time and memory under the names that begin with $2.
judge() {  # run, name
  local run=$1 name=$2
  for ((i = 0; i < runs; ++i)); do
    measured "$bin/abgate" judge "$run" >> "$work/$name" || { echo "judge.sh: abgate judge $run failed" >&2; exit 1; }
    (cd "$run" && find . -type f ! -path './raw/*' -exec sha256sum {} + | sort -k2) > "$work/$name.bytes.$i"
    cmp -s "$work/$name.bytes.0" "$work/$name.bytes.$i" || { echo "judge.sh: judging twice gave different files" >&2; failed=1; }
  done
  report "${name}_seconds" "$(cut -d' ' -f1 "$work/$name" | median)" "<" 5
  report "${name}_rss_mb" "$(awk '{m = $2 > m ? $2 : m} END {printf "%.0f", m * 1024 / 1e6}' "$work/$name")" "<" 1000
}
judge "$("$bin/bench_make_run" "$work" "$requests")" judge
judge "$("$bin/bench_make_run" "$work" "$requests" 200 "$items")" judge_quality
judge "$("$bin/bench_make_run" "$work" "$requests" 200 "$items" 20)" judge_logprobs

if [ -z "${SKIP_CALIBRATE:-}" ]; then
  for ((i = 0; i < runs; ++i)); do
    measured "$bin/abgate" calibrate judge --experiments 10000 --json >> "$work/calibrate"
  done
  echo "calibrate_cpu_seconds $(cut -d' ' -f3 "$work/calibrate" | median)"
  report calibrate_seconds "$(cut -d' ' -f1 "$work/calibrate" | median)" "<" 60
fi

for ((i = 0; i < runs; ++i)); do "$bin/bench_bootstrap" >> "$work/ours"; done
ours=$(cut -d' ' -f1 "$work/ours" | median)
echo "bootstrap_seconds $ours"
if [ -n "${PEER_PYTHON:-}" ]; then
  for ((i = 0; i < runs; ++i)); do
    env -u OPENBLAS_CORETYPE "$PEER_PYTHON" "$root/tools/bench/bootstrap_peer.py" >> "$work/peer"
  done
  peer=$(cut -d' ' -f1 "$work/peer" | median)
  echo "bootstrap_peer_seconds $peer"
  report bootstrap_ratio "$(awk -v a="$peer" -v b="$ours" 'BEGIN {printf "%.1f", a / b}')" ">" 1
else
  echo "judge.sh: bootstrap_ratio not measured: set PEER_PYTHON to a Python with scipy" >&2
fi
exit $failed
