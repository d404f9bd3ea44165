#!/usr/bin/env bash
# Searches against servers whose speed at every concurrency follows from their profile:
#   Flat  step of 4 ms + 0.5 ms a stream, Steep 1 ms + 1 ms a stream.
# TPOT at most 9.25 ms: Flat 10 streams (9.0 ms; 11 take 9.5), Steep 8 (9.0; 9 take 10). Both step
# alike at 6 streams: below it Steep is faster, above it Flat.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
sim flat "$data/stepped-base.yaml"; flat=$url
sim steep "$data/stepped-cand.yaml"; steep=$url

# value <key> of the nth arm in result.json, in the order of the file
value() { grep -o "\"$1\": [0-9.]*" "$run/result.json" | sed -n "${2:-1}s/.*: //p"; }
# want_between <what> <low> <value> <high>
want_between() {
  awk -v l="$2" -v v="$3" -v h="$4" 'BEGIN { exit !(v != "" && l <= v && v <= h) }' || fail "$1: saw $3, want $2 to $4"
}

abgate search slo "$data/stepped.yaml" --baseline "$flat" --candidate "$steep" --from 4 --to 16 --start 8 \
  --precision 1% --no-confirm --out "$work/runs" --progress plain
want_status 0
want_out "SIMULATED"
want_out "Flat holds the objectives up to"
want_out "the load of Flat"
run=$(run_folder)
for file in search.json result.json report.md report.html charts/attainment.svg charts/attainment.csv manifest.json DONE raw/c8/000-baseline.jsonl.gz raw/c8/001-candidate.jsonl.gz; do
  want_file "$run/$file"
done
# A busy machine steps late now and then, so that less may hold; never more than the truth.
want_between "Flat held" 8 "$(value held 1)" 10
want_between "Flat failed" 9 "$(value failed_at 1)" 12
want_between "Steep held" 6 "$(value held 2)" 8
want_between "Steep failed" 7 "$(value failed_at 2)" 10

# The same answer again from the raw records, byte for byte.
cp "$run/result.json" "$work/result.json"; cp "$run/report.md" "$work/report.md"
rm "$run/result.json" "$run/report.md"
abgate search report "$run"
want_status 0
for file in result.json report.md; do cmp -s "$work/$file" "$run/$file" || fail "search report made another $file"; done
abgate judge "$run"
want_status 65
want_err "abgate search report"

sim flat2 "$data/stepped-base.yaml"; flat=$url
sim steep2 "$data/stepped-cand.yaml"; steep=$url
abgate search crossover "$data/stepped.yaml" --baseline "$flat" --candidate "$steep" --from 3 --to 12 \
  --set sampling.max_tokens=12 --precision 20% --max-blocks 6 --no-confirm --out "$work/runs" --progress none
want_status 0
want_out "Steep wins up to"
run=$(run_folder)
want_between "Steep wins up to" 3 "$(value wins_up_to)" 6
want_between "Steep does not win from" 6 "$(value not_from)" 9
want_file "$run/charts/ratio.svg"

# A limit beyond the range is said to be there, and so is the next step.
abgate search slo "$data/stepped.yaml" --baseline "$flat" --candidate "$steep" --arm candidate --from 2 --to 4 --no-confirm --out "$work/runs" --progress none
want_status 20
want_out "the highest load searched"
want_out "Next: search higher: --to 16"

# A client that is its own limit: void, with the machine named, and no claim above it.
abgate search slo "$data/stepped.yaml" --baseline "$flat" --candidate "$steep" --arm baseline --from 2 --to 8 --set validity.max_client_cpu=0.0001 --out "$work/runs" --progress none
want_status 30
want_out "our own machine was the limit"

abgate search slo "$data/stepped.yaml" --set slo.tpot=null --set slo.ttft=null
want_status 78
want_one_error_line
want_err "--goodput"
abgate search slo "$data/stepped.yaml" --from 8 --to 2
want_status 64
want_one_error_line

# The stored answers of the servers after the search, of another version: the search does not count.
python3 - "$run/manifest.json" <<'PY'
import json, sys
manifest = json.load(open(sys.argv[1]))
assert len(manifest["servers_after"]) == 2, manifest["servers_after"]
assert manifest["client_calibration"]["streams"] >= 1
manifest["servers_after"][1]["version"] = "9.9.9"
json.dump(manifest, open(sys.argv[1], "w"))
PY
abgate search report "$run"
want_status 30
want_out "a deployment changed during the search: candidate: the engine's version"
finish
