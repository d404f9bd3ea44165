#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test. tools/test.sh [preset] [ctest options…]
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
shift || true
tools/install-deps.sh
tools/build.sh "$preset"
ctest --test-dir "build/$preset" --output-on-failure -j "$(nproc)" "$@"
