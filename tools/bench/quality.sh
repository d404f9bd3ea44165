#!/bin/sh
# What quality scoring costs on this machine, against its targets (2 threads):
#   tools/bench/quality.sh [BUILD_FOLDER]        build/release unless told
# Prints a table, then one line "name value" per figure. Fails if a target is missed.
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build/release}
cmake --build "$build" --target bench_quality >&2
bench=$build/bin/bench_quality
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$bench" score 100000 > "$work/figures"
"$bench" execute 1000 >> "$work/figures"
"$bench" write 1000000 "$work/suite.jsonl"
"$bench" stream "$work/suite.jsonl" >> "$work/figures"

awk '
  { v[$1] = $2 }
  function row(what, value, unit, limit) {
    if (limit == "") { printf "| %-66s | %7s %-2s | %-9s |\n", what, value, unit, ""; return }
    good = value + 0 < limit
    if (!good) missed = 1
    printf "| %-66s | %7s %-2s | < %d %s%s |\n", what, value, unit, limit, unit, good ? "" : " MISSED"
  }
  END {
    if (v["suite_items"] != 1000000) { print "the suite was not read whole"; exit 1 }
    print "| Work, 2 threads | Measured | Target |\n|---|---:|---|"
    row("100,000 completions of 1 KB: edit similarity, exact match, identifiers", v["score_seconds"], "s", 10)
    row("the same with chrF, as a report scores them", v["score_all_seconds"], "s", "")
    row("1,000 Python programs executed in the sandbox", v["execute_seconds"], "s", 120)
    row("1,000,000 items validated and streamed: peak memory", v["suite_rss_mb"], "MB", 200)
    row("1,000,000 items validated and streamed: time", v["suite_seconds"], "s", "")
    print ""
    print "score_100k_seconds", v["score_seconds"]
    print "execute_1000_seconds", v["execute_seconds"]
    print "suite_1m_rss_mb", v["suite_rss_mb"]
    exit missed
  }' "$work/figures"
