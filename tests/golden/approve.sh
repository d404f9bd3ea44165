#!/bin/sh
# Accepts what the golden tests print now: writes the files under tests/golden/. Look at `git diff` afterwards.
# Usage: tests/golden/approve.sh [preset]     (default: dev)
set -eu
cd "$(dirname "$0")/../.."
preset="${1:-dev}"
for room in report; do
  cmake --build --preset "$preset" --target "test_$room" >/dev/null
  ABGATE_APPROVE=1 "build/$preset/tests/$room/test_$room" "[golden]"
done
git --no-pager diff --stat -- tests/golden
