#!/usr/bin/env bash
# The declared extension: three blocks cannot decide (five are wanted), as many again can. The second look is
# driven, said and judged at its own boundary; the run counts as an attempt for the next one; a run of another
# format is refused with the way out.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
sim base "$data/fast-baseline.yaml" --seed 1 --answers "$data/mini.jsonl" --quality 0.95; base=$url
sim cand "$data/fast-candidate.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.95; cand=$url
compare() {
  abgate compare "$data/fast.yaml" --baseline "$base" --candidate "$cand" --out "$work/runs" --progress plain \
    --set blocks=3 "$@"
}

compare --set extension=true
want_status 0
want_err "the declared extension follows (3 more blocks, look 2 of 2)"
want_out "Look 2 of 2, declared before any load (3 blocks, then at most 6)"
run=$(run_folder)
want_file "$run/raw/c4/005-candidate.jsonl.gz"
cp "$run/verdict.json" "$work/verdict.json"
abgate judge "$run"
want_status 0
cmp -s "$work/verdict.json" "$run/verdict.json" || fail "judge made another verdict.json"

compare
want_status 20
want_out "attempt 2"

# nightly is a comparison too, and takes the extension.
abgate nightly "$data/fast.yaml" --baseline "$base" --candidate "$cand" --state "$work/state" --progress plain \
  --set blocks=3 --set extension=true
want_status 0
want_out "Look 2 of 2"

sed -i -E 's/"format": *[^,]+,/"format": 0,/' "$run/manifest.json"
abgate judge "$run"
want_status 65
want_one_error_line
want_err "record it again with \`abgate compare"
finish
