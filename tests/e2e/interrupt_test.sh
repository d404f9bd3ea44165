#!/usr/bin/env bash
# Ctrl-C stores what is there, marks it and exits 130; the run can be judged and is INCONCLUSIVE.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
sim base "$data/fast-baseline.yaml"; base=$url
sim cand "$data/fast-candidate.yaml"; cand=$url
"$ABGATE" compare "$data/fast.yaml" --baseline "$base" --candidate "$cand" --set points.0.requests=2000 \
  --out "$work/runs" --progress plain >"$work/out" 2>"$work/err" &
pid=$!
for _ in $(seq 100); do grep -q 'in flight' "$work/err" && break; sleep 0.1; done
kill -INT "$pid"
wait "$pid"; status=$?
out=$(cat "$work/out"); err=$(cat "$work/err")
want_status 130
want_err "interrupted"
want_file "$(run_folder)/DONE"
want_file "$(run_folder)/report.md"
abgate judge "$(run_folder)"
want_status 20
finish
