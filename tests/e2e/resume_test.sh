#!/usr/bin/env bash
# A run that is interrupted in its quality pass goes on: whole blocks and stored answers are taken
# over, the servers are asked for exactly what is missing, and the report says so.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
sim base "$data/fast-baseline.yaml" --seed 1 --answers "$data/mini.jsonl" --quality 0.95; base=$url
sim cand "$data/fast-candidate.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.95; cand=$url

# Slow enough to be caught in the middle: one stream.
scenario=("$data/fast.yaml" --baseline "$base" --candidate "$cand" --set quality.concurrency=1 --set blocks=5 --set aa_blocks=0)
"$ABGATE" compare "${scenario[@]}" --out "$work/runs" --progress plain >"$work/out" 2>"$work/err" &
pid=$!
for _ in $(seq 400); do
  answers=$(find "$work/runs" -path '*/raw/quality/000-candidate*' -size +2k 2>/dev/null | head -1)
  [ -n "$answers" ] && break
  sleep 0.05
done
kill -INT "$pid"
wait "$pid"; status=$?
out=$(cat "$work/out"); err=$(cat "$work/err")
want_status 130
first=$(run_folder)

# answers <run> <arm>: requests of the quality pass that were carried to their end
answers() { zcat "$1/raw/quality/000-$2.jsonl.gz" | grep -c '"class":"completed"'; }
# requests <url>: how many requests the server has answered, by its own counter
requests() {
  python3 -c 'import sys, urllib.request
text = urllib.request.urlopen(sys.argv[1] + "/metrics").read().decode()
print(int(sum(float(l.split()[-1]) for l in text.splitlines() if l.startswith("vllm:request_success_total{"))))' "$1"
}
kept_base=$(answers "$first" baseline); kept_cand=$(answers "$first" candidate)
[ "$kept_base" -gt 0 ] && [ "$kept_base" -lt 200 ] || fail "the interruption came at the wrong time: $kept_base of 200 answers"

# Another suite, other sampling, other criteria: refused, with the reason.
abgate compare "${scenario[@]}" --set sampling.temperature=0.5 --out "$work/runs" --resume "$first"
want_status 65; want_one_error_line; want_err "sampling: saw other parameters of the requests"
head -60 "$data/mini.jsonl" >"$work/other.jsonl"
abgate compare "${scenario[@]}" --set quality.suite="$work/other.jsonl" --out "$work/runs" --resume "$first"
want_status 65; want_one_error_line; want_err "quality suite: saw "
sed 's/value: 1.5}/value: 1.2}/; s#suite: mini#suite: '"$data"'/mini#' "$data/fast.yaml" >"$work/changed.yaml"
abgate compare "$work/changed.yaml" "${scenario[@]:1}" --out "$work/runs" --resume "$first"
want_status 65; want_one_error_line; want_err "criteria_hash"
# Another server in the place of one arm.
abgate compare "${scenario[@]/$cand/$base}" --out "$work/runs" --resume "$first"
want_status 30; want_one_error_line; want_err "candidate: the deployment is not the one of"; want_err "the address was"
[ "$(run_folder)" = "$first" ] || fail "a refused resumption left a run folder"

before_base=$(requests "$base"); before_cand=$(requests "$cand")
abgate compare "${scenario[@]}" --out "$work/runs" --progress plain --resume "$first"
want_status 0
second=$(run_folder)
[ "$second" != "$first" ] || fail "no new run folder"
want_out "RESUMED: run $(basename "$first") was interrupted"
want_out "10 finished cells and $((kept_base + kept_cand)) stored answers"
grep -q "RESUMED: run" "$second/report.md" || fail "the report does not say that the run was resumed"
[ "$(answers "$second" baseline)" -eq 200 ] || fail "baseline has $(answers "$second" baseline) answers"
[ "$(answers "$second" candidate)" -eq 200 ] || fail "candidate has $(answers "$second" candidate) answers"
# Preflight asks two requests of each server: one token, and whether it gives log-probabilities.
[ $(($(requests "$base") - before_base)) -eq $((202 - kept_base)) ] ||
  fail "the baseline was asked $(($(requests "$base") - before_base)) times, $((200 - kept_base)) answers were missing"
[ $(($(requests "$cand") - before_cand)) -eq $((202 - kept_cand)) ] ||
  fail "the candidate was asked $(($(requests "$cand") - before_cand)) times, $((200 - kept_cand)) answers were missing"
cmp -s "$first/raw/c4/003-candidate.jsonl.gz" "$second/raw/c4/003-candidate.jsonl.gz" || fail "a whole block was not taken over as it was"
(cd "$second" && sha256sum --quiet -c SHA256SUMS) || fail "SHA256SUMS"
abgate judge "$second"
want_status 0; want_out "RESUMED"

# There is nothing to go on with in a whole run.
abgate compare "${scenario[@]}" --out "$work/runs" --resume "$second"
want_status 65; want_one_error_line; want_err "a run that came to its end"

# Killed in a load block: the block that was cut is run again, the others are kept.
"$ABGATE" compare "${scenario[@]}" --set points.0.requests=48 --out "$work/killed" --progress plain >"$work/out" 2>"$work/err" &
pid=$!
for _ in $(seq 400); do grep -q 'block 2/5 done' "$work/err" && break; sleep 0.05; done
kill -KILL "$pid"; wait "$pid" 2>/dev/null
killed=$(find "$work/killed" -maxdepth 1 -name '2*' | head -1)
[ ! -e "$killed/DONE" ] || fail "the killed run came to its end"
abgate compare "${scenario[@]}" --set points.0.requests=48 --out "$work/killed" --progress plain --resume "$killed"
want_status 0
want_out "it did not say when"
grep -q 'block 5/5 done' <<<"$err" || fail "the last block was not run"
grep -q 'block 1/5 done' <<<"$err" && fail "a whole block was run again"
finish
