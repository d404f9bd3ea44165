#!/usr/bin/env bash
# What must not get a GO: planted errors, planted damage, too little data.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
sim base "$data/fast-baseline.yaml" --seed 1 --answers "$data/mini.jsonl" --quality 0.95; base=$url
sim faulty "$data/fast-candidate.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.95 --faults http500=0.05; faulty=$url
sim damaged "$data/fast-candidate.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.6; damaged=$url
sim good "$data/fast-candidate.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.95; good=$url

abgate compare "$data/fast.yaml" --baseline "$base" --candidate "$faulty" --out "$work/runs" --progress none
want_status 10
grep -q "http_error 500" "$(run_folder)/report.md" || fail "the report lacks the class of the failures"

abgate compare "$data/fast.yaml" --baseline "$base" --candidate "$damaged" --out "$work/runs" --progress none
want_status 10
want_out "Completions equal to the reference"

abgate compare "$data/fast.yaml" --baseline "$base" --candidate "$good" --out "$work/runs" --progress none --set quality.limit=20
want_status 20
want_out "INCONCLUSIVE"
finish
