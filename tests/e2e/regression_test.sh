#!/usr/bin/env bash
# A candidate that still meets every criterion but got slower than it was on earlier nights: the first such
# night warns, the second ends with 11 and says so, and judging it again offline says the same.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
sed 's/itl_ms: 1.5/itl_ms: 2.3/' "$data/fast-candidate.yaml" > "$work/slower.yaml"
sim base "$data/fast-baseline.yaml" --seed 1 --answers "$data/mini.jsonl" --quality 0.95; base=$url
sim cand "$data/fast-candidate.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.95; cand=$url
sim slow "$work/slower.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.95; slow=$url
night() {
  abgate nightly "$data/fast.yaml" --baseline "$base" --candidate "$1" --state "$work/state" --progress none \
    --min-history 3 --set quality.limit=0 --set blocks=5
}
for _ in 1 2 3; do night "$cand"; want_status 0; done
night "$slow"; want_status 0
want_out "warning from history: stream_speed"
night "$slow"; want_status 11
want_out "GO, but regressed against its history"
want_out "and so was the night before"
run=$(readlink -f "$work/state/runs/latest")
want_file "$run/history.json"
grep -q '"regressed": true' "$run/verdict.json" || fail "verdict.json does not say regressed"
cp "$run/verdict.json" "$work/verdict.json"
abgate judge "$run"; want_status 11
cmp -s "$work/verdict.json" "$run/verdict.json" || fail "judge made another verdict.json"
finish
