#!/usr/bin/env bash
# The quality half of a run: the suite's tests are tried before any request, answers are executed and
# parsed, the scenario's own scorer is asked, and all of it stands in the report.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
cp "$data/executed.jsonl" "$work/good.jsonl"
# The same suite with a reference that its own tests refuse, and one whose tests refuse nothing.
sed 's/return a + b\\n/return a - b\\n/' "$work/good.jsonl" >"$work/wrong.jsonl"
sed 's/assert candidate(2, 3) == 5/pass/' "$work/good.jsonl" >"$work/lax.jsonl"
cmp -s "$work/good.jsonl" "$work/wrong.jsonl" && fail "the suite was not changed"
cmp -s "$work/good.jsonl" "$work/lax.jsonl" && fail "the suite was not changed"

sim base "$data/fast-baseline.yaml" --seed 1 --answers "$work/good.jsonl" --quality 0.95; base=$url
sim cand "$data/fast-candidate.yaml" --seed 2 --answers "$work/good.jsonl" --quality 0.95; cand=$url
sent() { curl -s "$1/metrics" | awk '/^vllm:request_success_total/ {n += $2} END {print n + 0}'; }

cat >"$work/length.py" <<'P'
import json, sys
for line in sys.stdin:
    row = json.loads(line)
    same = row["completion"].split() == row["reference"].split()
    print(json.dumps({"id": row["id"], "arm": row["arm"], "repeat": row["repeat"], "score": 1.0 if same else 0.25}))
P
scenario() {  # scenario <name> <suite> <more of quality>
  sed "s|^quality: .*|quality: {suite: $2.jsonl, concurrency: 4, repeats: 3, control: true$3}|; s|^workload: .*|workload: {suite: good.jsonl}|; /^criteria:/q" \
    "$data/fast.yaml" >"$work/$1.yaml"
  sed -i 's/^blocks: .*/blocks: 1/; s/^aa_blocks: .*/aa_blocks: 0/; s/^validity: {/validity: {min_blocks: 1, /; s/requests: 24/requests: 6/' "$work/$1.yaml"
  cat >>"$work/$1.yaml" <<'Y'
  - {id: pass1, metric: quality.pass1, form: ratio, op: ">", value: 0.8}
  - {id: passk, metric: quality.pass_at_k, form: ratio, op: ">", value: 0.8}
  - {id: syntax, metric: quality.syntax_valid, op: ">=", value: 0.5}
Y
}
result_of() { grep -A40 "\"id\": \"$1\"" "$run/verdict.json" | grep -m1 '"result"'; }

# 1. Nothing is sent where the tests do not tell right from wrong.
for suite in wrong lax; do
  scenario $suite $suite ""
  abgate compare "$work/$suite.yaml" --baseline "$base" --candidate "$cand" --out "$work/$suite-runs" --progress plain
  want_status 30; want_one_error_line; want_err VOID; want_err "py/add"; want_err "nothing was sent"
done
[ "$(sent "$base")" -eq 0 ] && [ "$(sent "$cand")" -eq 0 ] || fail "requests arrived"

# 2. A run with everything.
scenario good good ", scorer: {command: [python3, length.py], metric: same_words}"
echo '  - {id: own, metric: quality.plugin, op: ">=", value: 0.3}' >>"$work/good.yaml"
abgate compare "$work/good.yaml" --baseline "$base" --candidate "$cand" --out "$work/runs" --progress plain
run=$(run_folder)
want_err "references pass"; want_err "answers scored"
for id in pass1 passk syntax own; do
  result_of $id | grep -q '"FAIL"\|missing' && fail "$id: $(result_of $id)"
done
for text in "references pass" "pass_at_k" "syntax_valid" "plugin (same_words)" "executed with their tests in sandbox" "not measured for 1 item: no tests"; do
  grep -qF -- "$text" "$run/report.md" || { sed 's/\\//g' "$run/report.md" | grep -qF -- "$text"; } || fail "the report lacks: $text"
done
want_file "$run/scores/plugin.jsonl"
# Scored anew by the scorer: the same answers give the same bytes, for every number of threads.
cp "$run/verdict.json" "$work/before.json"
cp "$run/report.md" "$work/before.md"
for threads in 1 2; do
  abgate judge "$run" --rescore --threads $threads
  want_err "answers scored"
  cmp -s "$work/before.json" "$run/verdict.json" || fail "--rescore with $threads threads changed verdict.json"
  cmp -s "$work/before.md" "$run/report.md" || fail "--rescore with $threads threads changed report.md"
done
# Another scorer is another score, for these answers only.
cp "$work/length.py" "$work/length.kept"
sed -i 's/"score": 1.0 if same else 0.25/"score": 0.125/' "$work/length.py"
abgate judge "$run"
cmp -s "$work/before.json" "$run/verdict.json" || fail "judge without --rescore asked the scorer"
abgate judge "$run" --rescore
grep -A60 '"id": "own"' "$run/verdict.json" | grep -q '0\.125' || fail "--rescore did not take the new scores"
result_of own | grep -q '"PASS"' && fail "own passes with scores below its threshold"
result_of pass1 | grep -q '"FAIL"\|missing' && fail "--rescore changed another score"
mv "$work/length.kept" "$work/length.py"
abgate judge "$run" --rescore
cmp -s "$work/before.json" "$run/verdict.json" || fail "the first scorer again gave another verdict.json"
# Judged again: the same bytes, and the scorer is not run.
cp "$run/verdict.json" "$work/before.json"
mv "$work/length.py" "$work/gone.py"
abgate judge "$run"
cmp -s "$work/before.json" "$run/verdict.json" || fail "judging again changed verdict.json"

# 3. A scorer that cannot be used ends the run before any load; one that breaks later costs its score only.
before=$(sent "$base")
abgate compare "$work/good.yaml" --baseline "$base" --candidate "$cand" --out "$work/runs" --progress plain
want_status 78; want_one_error_line; want_err "length.py"; want_err "nothing was sent"
[ "$(sent "$base")" -eq "$before" ] || fail "requests arrived"
cat >"$work/length.py" <<'P'
import sys
lines = sys.stdin.readlines()
if len(lines) > 4: sys.exit("scorer out of memory")
import json
for l in lines:
    r = json.loads(l); print(json.dumps({"id": r["id"], "arm": r["arm"], "score": 0.5}))
P
abgate compare "$work/good.yaml" --baseline "$base" --candidate "$cand" --out "$work/runs" --progress plain
run=$(run_folder)
want_err "scorer out of memory"
result_of own | grep -q INCONCLUSIVE || fail "own: $(result_of own)"
grep -q "scorer out of memory" "$run/report.md" || fail "the report does not say why"

# 4. One endpoint alone, and files of answers without a server.
abgate eval "$work/good.jsonl" --endpoint "$base" --repeats 2 --temperature 0.5 --pass-k 2 --out "$work/eval" --progress plain
want_status 0; want_err "references pass"; want_out pass_at_k; want_out "Raw records"
abgate eval "$work/good.jsonl" --endpoint "$base" --pass-k 2
want_status 64; want_one_error_line
abgate eval "$work/good.jsonl"
want_status 64; want_one_error_line
abgate eval "$work/wrong.jsonl" --endpoint "$base" --out "$work/eval-wrong"
want_status 30; want_one_error_line; want_err "py/add"
python3 - "$work" <<'P'
import json, sys
out = open(sys.argv[1] + "/answers.jsonl", "w")
for line in open(sys.argv[1] + "/good.jsonl"):
    item = json.loads(line)
    if "id" not in item: continue
    for wrong in (False, True):
        out.write(json.dumps({"id": item["id"], "completion": item["reference"] if not wrong else "    return None\n"}) + "\n")
P
abgate eval "$work/good.jsonl" --answers "$work/answers.jsonl" --pass-k 2 --scores "$work/scores.jsonl"
want_status 0; want_out pass1; want_out pass_at_k; want_out syntax_valid
want_file "$work/scores.jsonl"
want_err "references pass"
want_file "$XDG_CACHE_HOME/abgate/verdicts.jsonl"
# The tests of a file's items are tried as before a run, those of others are not.
abgate eval "$work/wrong.jsonl" --answers "$work/answers.jsonl" --scores "$work/never.jsonl"
want_status 30; want_one_error_line; want_err VOID; want_err "py/add"; want_err "nothing was scored"
[ -e "$work/never.jsonl" ] && fail "answers were scored by tests that refuse their reference"
grep -v '"py/add"' "$work/answers.jsonl" >"$work/others.jsonl"
abgate eval "$work/wrong.jsonl" --answers "$work/others.jsonl"
want_status 0; want_err "references pass"
# A program that disarms its tests is no pass, and is named.
python3 - "$work" <<'P'
import json, sys
item = {"id": "sh/inc", "cluster": "sh/inc", "category": "x", "language": "bash", "kind": "chat", "entry_point": "inc",
        "messages": [{"role": "user", "content": "inc"}], "reference": "inc() { echo $(($1 + 1)); }\n", "tests": '[[ "$(inc 1)" == 2 ]] || exit 1'}
with open(sys.argv[1] + "/shell.jsonl", "w") as out:
    out.write(json.dumps({"suite": "shell", "version": 1, "licence": "CC0-1.0"}) + "\n" + json.dumps(item) + "\n")
with open(sys.argv[1] + "/forged.jsonl", "w") as out:
    out.write(json.dumps({"id": "sh/inc", "completion": "inc() { echo 7; }\nexit() { :; }\n"}) + "\n")
P
abgate eval "$work/shell.jsonl" --answers "$work/forged.jsonl" --scores "$work/scores.jsonl"
want_status 0; want_out "pass1: forged passes, counted as failures: 1 of baseline (sh/inc)"
grep -q '"pass1":0.0' "$work/scores.jsonl" || fail "a forged pass counts"
grep -q run_forged "$work/scores.jsonl" || fail "a forged pass is not flagged"
# Nothing is left where a command was started.
mkdir "$work/empty" && cd "$work/empty" || exit 1
abgate check "$work/good.yaml" --baseline "$base" --candidate "$cand"
abgate suite verify "$work/good.jsonl"
want_status 0; want_out "0 programs executed; the other verdicts are from earlier"
abgate suite verify "$work/good.jsonl" --fresh
want_status 0
grep -q "from earlier" <<<"$out" && fail "--fresh took verdicts over"
[ -z "$(ls -A "$work/empty")" ] || fail "files were left in the current folder: $(ls -A "$work/empty")"
cd "$work" || exit 1
printf '{"id": "py/add", "completion": "x"}\n{"id": "nobody", "completion": "x"}\n' >"$work/answers.jsonl"
abgate eval "$work/good.jsonl" --answers "$work/answers.jsonl"
want_status 65; want_one_error_line; want_err nobody
finish
