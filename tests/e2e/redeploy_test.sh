#!/usr/bin/env bash
# A deployment that changes under the run, without a restart: VOID, and the report says what changed.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
sim base "$data/fast-baseline.yaml" --seed 1 --answers "$data/mini.jsonl" --quality 0.95; base=$url
sim moving "$data/fast-candidate.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.95 --faults redeploy=after:60; moving=$url

abgate compare "$data/fast.yaml" --baseline "$base" --candidate "$moving" --out "$work/runs" --progress none
want_status 30
want_out "VOID"
report=$(run_folder)/report.md
grep -q "candidate: the engine's version 0.11.2 became 0.11.3" "$report" || fail "the report does not say that the version changed"
grep -q "candidate: the model's root .* became .*redeployed" "$report" || fail "the report does not say that the model changed"
grep -q '"servers_after"' "$(run_folder)/manifest.json" || fail "the manifest lacks the second answers"

# Offline the verdict is the same.
abgate judge "$(run_folder)"
want_status 30
finish
