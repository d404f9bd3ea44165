#!/usr/bin/env bash
# Two nights give two rows; a second run at the same time exits 75 and changes nothing.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
sim base "$data/fast-baseline.yaml" --seed 1 --answers "$data/mini.jsonl" --quality 0.95; base=$url
sim cand "$data/fast-candidate.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.95; cand=$url
night() { abgate nightly "$data/fast.yaml" --baseline "$base" --candidate "$cand" --state "$work/state" --progress none "$@"; }
night; want_status 0
"$ABGATE" nightly "$data/fast.yaml" --baseline "$base" --candidate "$cand" --state "$work/state" --progress none >/dev/null 2>&1 &
pid=$!
for _ in $(seq 100); do [ "$(ls "$work/state/runs" | grep -vc latest)" -ge 2 ] && break; sleep 0.05; done
night; want_status 75; want_one_error_line
wait "$pid"; [ $? -eq 0 ] || fail "the second night did not end with 0"
abgate history --state "$work/state" --json
want_status 0
[ "$(grep -c '"run_id"' <<<"$out")" -eq 2 ] || fail "want two rows of history"
finish
