#!/usr/bin/env bash
# Configures and builds one preset: tools/build.sh [preset] [target…]. On failure it says which file.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
shift || true
jobs=$(nproc)
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1  # one cache for every clone of the repository

log=build/$preset.log
mkdir -p build
if ! cmake --preset "$preset" >"$log" 2>&1; then
  grep -E -A6 'CMake Error' "$log" >&2 || tail -n 20 "$log" >&2
  echo "abgate: configuring failed (whole log: $log)" >&2
  exit 70
fi
targets=()
for target in "$@"; do targets+=(--target "$target"); done

show=(cat)
[ -t 1 ] || show=(grep --line-buffered -E '^\[[0-9]*0/|FAILED|error:|warning:')
echo "abgate: building preset '$preset' with $jobs jobs"
if ! cmake --build "build/$preset" -j "$jobs" "${targets[@]}" 2>&1 | tee -a "$log" | { "${show[@]}" || true; }; then
  failed=$(grep -E '^FAILED: ' "$log" | sed 's/^FAILED: //' | head -n 3 | tr '\n' ' ')
  echo "abgate: the build failed at: ${failed:-see $log}" >&2
  exit 70
fi
