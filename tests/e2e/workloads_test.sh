#!/usr/bin/env bash
# Load shapes and workloads from files, end to end: what was planned is what the servers were sent.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
fixtures=$SOURCE/tests/dataset/data
sed 's/4096/16384/' "$data/fast-baseline.yaml" >"$work/base.yaml"
sed 's/4096/16384/' "$data/fast-candidate.yaml" >"$work/cand.yaml"
sim base "$work/base.yaml" --seed 1 --answers "$data/mini.jsonl" --quality 0.95; base=$url
sim cand "$work/cand.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.95; cand=$url
compare() {
  abgate compare "$data/fast.yaml" --baseline "$base" --candidate "$cand" --out "$work/runs" --progress plain \
    --set blocks=1 --set aa_blocks=0 --set quality.limit=4 "$@"
  run=$(run_folder)
}
# requests <point>: the measured requests of the candidate's first block, one JSON object a line
requests() { zcat "$run/raw/$1/000-candidate.jsonl.gz" | grep '"phase":"measured"'; }
# field <name> <file…>: the values of a field
field() { grep -o "\"$1\":[^,}]*" | cut -d: -f2 | tr -d '"'; }
sum() { awk '{s += $1} END {print s + 0}'; }
equal() { [ "$1" = "$2" ] || fail "$3: $1, want $2"; }

# A trace: every row, its length, its answer's length, at its time.
{ echo "TIMESTAMP,ContextTokens,GeneratedTokens"
  for i in $(seq 0 39); do printf '2023-11-16 18:17:%02d.5000000,%d,%d\r\n' $((i / 2)) $((200 + 10 * i)) $((5 + i % 7)); done
} >"$work/trace.csv"
compare --set "workload={kind: trace, file: $work/trace.csv, window_from: 5s, window_length: 10s}" \
  --set "points=[{id: t, arrival: trace, time_scale: 10, warmup_requests: 2}]"
want_status 20
want_err "azure format, 20 of 40 rows in the window"
want_err "tokens a word"
equal "$(requests t | wc -l)" 20 "rows sent"
equal "$(requests t | field completion | sum)" "$(seq 10 29 | while read -r i; do echo $((5 + i % 7)); done | sum)" "output tokens"
equal "$(requests t | field planned_due | tail -1)" 900000000 "due time of the last row"
mean=$(requests t | field prompt | awk '$1 + 0 > 0 {s += $1; n++} END {printf "%.0f", s / n}')
[ "$mean" -ge 387 ] && [ "$mean" -le 403 ] || fail "mean prompt tokens $mean, want 395 within 2 %"
grep -q "azure\|trace.csv" "$run/report.md" || fail "the report does not name the trace"
grep -q "CV of gaps" "$run/report.md" || fail "the report has no arrivals"

# From here on servers with a prefix cache.
profile=$work/cached.yaml
{ cat "$SOURCE/scenarios/sim/rtxpro6000-awq-marlin.yaml"; printf 'server:\n  prompt_tokens_details: true\n'; } >"$profile"
sim base2 "$profile" --seed 1; base=$url
sim cand2 "$profile" --seed 2; cand=$url

# Shared blocks of a trace need a cache that may share them.
workload="kind: trace, file: $fixtures/mooncake.jsonl, window_length: 5s"
abgate compare "$data/fast.yaml" --baseline "$base" --candidate "$cand" --out "$work/runs" --set "workload={$workload}" \
  --set "points=[{id: t, arrival: trace}]"
want_status 78
want_err "saw cold, want block"
compare --set "workload={$workload, cache: block, natural: true}" --set "sampling.ignore_eos=false" \
  --set "points=[{id: t, arrival: trace, time_scale: 5, warmup_requests: 0}]"
want_status 20
cached=$(requests t | field cached | sum)
[ "${cached:-0}" -ge 1900 ] || fail "$cached tokens from the prefix cache; rows 2 and 3 share 1,536 and 512 with row 1"

# Groups that share a prefix: the measured share is the declared one.
compare --set "workload={kind: synthetic, input_tokens: 400, output_tokens: 4, cache: block, shared_prefix: {groups: 2, hit_rate: 60 %}}" \
  --set "points=[{id: g, concurrency: 2, requests: 60, warmup_requests: 4}]"
want_status 20
prompt=$(requests g | field prompt | awk '$1 + 0 > 0' | sum)
cached=$(requests g | field cached | sum)
share=$((100 * ${cached:-0} / prompt))
[ "$share" -ge 54 ] && [ "$share" -le 62 ] || fail "$share % from the prefix cache, declared 60 %"
grep -q "declared: 60" "$run/report.md" || fail "the report does not name the declared share"

# Sessions: turns in order, each with all that was said before.
compare --set "workload={kind: synthetic, input_tokens: 50, output_tokens: 8, turns: 3, think_time: 20ms}" \
  --set "points=[{id: s, concurrency: 4, requests: 60, warmup_requests: 4}]"
want_status 20
equal "$(requests s | wc -l)" 60 "turns sent"
equal "$(requests s | grep -c '"follows":true')" 40 "turns that follow"
cached=$(requests s | grep '"follows":true' | field cached | sum)
[ "${cached:-0}" -gt 0 ] || fail "no turn found its session in the prefix cache"

# Conversations and prompts from files, mixed by weight; a ramp; exact lengths by min_tokens.
compare --set "workload={classes: [{name: chat, weight: 3, kind: sharegpt, file: $fixtures/sharegpt.json, output_tokens: 6}, {name: own, kind: jsonl, file: $fixtures/prompts.jsonl, natural: true}]}" \
  --set "api=chat" --set "quality.suite=" --set "criteria=[{id: errors, metric: errors, op: '==', value: 0}]" \
  --set "points=[{id: r, arrival: ramp, rate: 10/s, stages: [{duration: 2s, target: 40/s}], warmup_requests: 2}]"
[ "$status" -eq 0 ] || [ "$status" -eq 20 ] || fail "status $status"
grep -q "^| chat " "$run/report.md" || fail "the report has no table of classes"
sent=$(requests r | wc -l)
[ "$sent" -ge 25 ] && [ "$sent" -le 80 ] || fail "$sent requests of a ramp that expects 50"

# Broken data: one line, nothing sent.
printf 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9,4808,10\n2023-11-16 18:17:02.9,4808,-1\n' >"$work/bad.csv"
printf 'TIMESTAMP,ContextTokens\n' >"$work/header.csv"
head -c 300 <(gzip -c "$data/mini.jsonl") >"$work/cut.csv.gz"
before=$(ls "$work/runs" | wc -l)
for file in bad.csv header.csv cut.csv.gz; do
  abgate compare "$data/fast.yaml" --baseline "$base" --candidate "$cand" --out "$work/runs" --progress plain \
    --set "workload={kind: trace, file: $work/$file}" --set "points=[{id: t, arrival: trace}]"
  want_status 65
  want_one_error_line
  want_err "$file:"
done
equal "$(ls "$work/runs" | wc -l)" "$before" "run folders after broken data"
finish
