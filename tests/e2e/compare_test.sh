#!/usr/bin/env bash
# The main job end to end: GO, its files, and the same verdict again offline, byte for byte.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
sim base "$data/fast-baseline.yaml" --seed 1 --answers "$data/mini.jsonl" --quality 0.95; base=$url
sim cand "$data/fast-candidate.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.95 --truth "$work/truth.jsonl"; cand=$url

abgate compare "$data/fast.yaml" --baseline "$base" --candidate "$cand" --out "$work/runs" --progress plain
want_status 0
want_out "GO"
want_out "SIMULATED"
run=$(run_folder)
for file in manifest.json verdict.json report.md summary.md report.html junit.xml metrics.prom DONE raw/c4/000-baseline.jsonl.gz raw/quality/000-candidate.jsonl.gz; do
  want_file "$run/$file"
done

cp "$run/verdict.json" "$work/verdict.json"; cp "$run/report.md" "$work/report.md"; cp "$run/report.html" "$work/report.html"
rm "$run/report.md" "$run/verdict.json" "$run/report.html"
abgate judge "$run"
want_status 0
for file in verdict.json report.md report.html; do
  cmp -s "$work/$file" "$run/$file" || fail "judge made another $file"
done

# Result files for the tools of `vllm bench serve`, on request: they need the raw records again.
abgate report "$run" --format vllm-bench
want_status 0
want_file "$run/vllm-bench/c4-candidate.json"
grep -q '"completed": 144' "$run/vllm-bench/c4-candidate.json" || fail "vllm-bench does not hold 6 blocks of 24 requests"
grep -q '"model_id": "fast-model"' "$run/vllm-bench/c4-candidate.json" || fail "vllm-bench does not name the model"
abgate report "$run" --format pdf
want_status 64
want_one_error_line

# Other criteria on the same records give another verdict, and leave the run's own alone.
sed 's/value: 1.5}/value: 5}/' "$data/fast.yaml" >"$work/stricter.yaml"
abgate judge "$run" --criteria "$work/stricter.yaml"
want_status 10
want_out "NO-GO"
cmp -s "$work/verdict.json" "$run/verdict.json" || fail "judge --criteria replaced the run's verdict"
finish
