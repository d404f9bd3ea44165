#!/usr/bin/env bash
# Fails on any include that points up, or on a heavy header in a header. Usage: layering_test.sh <harness folder>
set -uo pipefail
cd "$1" || exit 2

declare -A may=(
  [core]="" [dataset]="core" [config]="core" [sse]="core" [load]="dataset sse core" [http]="load sse core" [observe]="core"
  [quality]="dataset core" [stats]="core" [decision]="stats core" [report]="decision stats core" [store]="core"
  [cli]="core dataset config sse load http observe quality stats decision report store"
)
bad=0
complain() { echo "layering: $*"; bad=1; }

while IFS=: read -r file line include; do
  room=${file%%/*}
  to=$(sed -E 's/.*#include "([a-z]+)\/.*/\1/' <<<"$include")
  [ "$to" = "$room" ] && continue
  [ -d "$to" ] || { complain "$file:$line includes \"$to/…\", which is no room"; continue; }
  [[ " ${may[$room]-} " == *" $to "* ]] || complain "$file:$line: room '$room' may not include room '$to'"
done < <(grep -rnE '#include "[a-z]+/' --include='*.hpp' --include='*.cpp' . | sed 's|^\./||' | grep -v '^main.cpp')

heavy='<(nlohmann/json\.hpp|curl/|boost/|yaml-cpp/|Eigen/|sqlite3|CLI/|spdlog/|simdjson|cmark|zlib)'
while IFS= read -r hit; do complain "heavy header in a header: $hit"; done \
  < <(grep -rnE "#include $heavy" --include='*.hpp' . | grep -v '/[a-z_]*_impl\.hpp')

# A library has one room: who else includes it?
only() {  # only <pattern> <rooms…>
  local pattern=$1; shift
  while IFS= read -r hit; do
    local room=${hit#./}; room=${room%%/*}
    [[ " $* " == *" $room "* ]] || complain "$hit: only $* may include $pattern"
  done < <(grep -rnE "#include <$pattern" --include='*.hpp' --include='*.cpp' .)
}
only 'yaml-cpp/' config
only 'curl/' http
only 'boost/asio' http
only 'Eigen/' stats
only 'boost/math' stats
only 'sqlite3' store
only 'CLI/' cli
exit $bad
