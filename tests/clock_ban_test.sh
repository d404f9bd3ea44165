#!/usr/bin/env bash
# One clock (core/time.cpp): fails where harness code names another. Usage: clock_ban_test.sh <harness folder>
set -uo pipefail
cd "$1" || exit 2
hits=$(grep -rnE 'system_clock|high_resolution_clock|sleep_for|sleep_until|steady_clock::now|gettimeofday|std::time\(|CLOCK_REALTIME|STARTTRANSFER_TIME' \
  --include='*.hpp' --include='*.cpp' . | grep -v '^\./core/time\.cpp:' | grep -vE '^[^:]*:[0-9]+: *(//|\*)')
[ -z "$hits" ] && exit 0
echo "clock ban: only core/time.cpp may read a clock or sleep:"
echo "$hits"
exit 1
