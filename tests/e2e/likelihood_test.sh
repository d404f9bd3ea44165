#!/usr/bin/env bash
# Perplexity through prompt log-probabilities: planted losses of 0.8 % and 15 % are told apart.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
planted() {  # planted <name> <loss in nat per token>
  { cat "$data/fast-candidate.yaml"; printf 'quality:\n  nll_mean: 0.55\n  nll_shift: %s\n' "$2"; } >"$work/$1.yaml"
}
planted base 0; planted good 0.008; planted bad 0.15
sim base "$work/base.yaml" --seed 1 --answers "$data/mini.jsonl" --quality 0.95; base=$url
sim good "$work/good.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.95; good=$url
sim bad "$work/bad.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.95; bad=$url
sed 's/^quality: .*/quality: {suite: mini.jsonl, concurrency: 8, control: true, likelihood: {enabled: true, outputs: 20, top_k: 5}}/; /^criteria:/q' \
  "$data/fast.yaml" >"$work/likelihood.yaml"
echo '  - {id: ppl, metric: quality.ppl_ratio, op: "<=", value: 1.05}' >>"$work/likelihood.yaml"
sed -i 's/^blocks: .*/blocks: 1/; s/^aa_blocks: .*/aa_blocks: 0/; s/^validity: {/validity: {min_blocks: 1, /' "$work/likelihood.yaml"
cp "$data/mini.jsonl" "$work/"

for arm in good bad; do
  abgate compare "$work/likelihood.yaml" --baseline "$base" --candidate "${!arm}" --out "$work/runs" --progress plain
  run=$(run_folder)
  for file in reference-baseline reference-candidate reference-control output-baseline output-candidate; do
    want_file "$run/likelihood/$file.jsonl.gz"
  done
  grep -q "Log-likelihood of reference code" "$run/report.md" || fail "the report lacks the likelihood"
  [ "$arm" = good ] && { grep -A30 '"id": "ppl"' "$run/verdict.json" | grep -q '"result": "PASS"' || fail "good: no PASS"; }
  [ "$arm" = bad ] && { want_status 10; grep -A30 '"id": "ppl"' "$run/verdict.json" | grep -q '"result": "FAIL"' || fail "bad: no FAIL"; }
done
# Judged again offline: the same verdict from the raw records alone.
cp "$run/verdict.json" "$work/before.json"
abgate judge "$run"
want_status 10
cmp -s "$work/before.json" "$run/verdict.json" || fail "judging again changed verdict.json"

# Two recorded runs judged together read the raw files of both.
sed -i 's/^mode: .*//' "$work/likelihood.yaml"
abgate record "$work/likelihood.yaml" --arm baseline="$base" --out "$work/a" --progress none
want_file "$work/a/latest/likelihood/output-baseline.jsonl.gz"
abgate record "$work/likelihood.yaml" --arm candidate="$bad" --out "$work/b" --progress none --outputs-of "$work/none"
want_status 65; want_one_error_line
abgate record "$work/likelihood.yaml" --arm candidate="$bad" --out "$work/b" --progress none --outputs-of "$work/a/latest"
want_file "$work/b/latest/likelihood/output-candidate.jsonl.gz"
abgate judge "$(readlink -f "$work/a/latest")" "$(readlink -f "$work/b/latest")"
want_status 10
grep -q "own answers, read by the candidate" "$(readlink -f "$work/b/latest")"/judged-with-*/report.md || fail "the recorded answers are not compared"
grep -q "not asked" "$(readlink -f "$work/b/latest")"/judged-with-*/report.md && fail "answers were not read by the candidate"
finish
