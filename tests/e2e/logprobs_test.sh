#!/usr/bin/env bash
# Log-probabilities of the answers: stored with every one, as far as both servers give them; a planted
# loss of quality shows where the answers part; a server that refuses or ignores them is named.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
sim base "$data/fast-baseline.yaml" --seed 1 --answers "$data/mini.jsonl" --quality 0.97; base=$url
sim cand "$data/fast-candidate.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.7; cand=$url
for mode in "max_logprobs: 5" "logprobs: refuse" "logprobs: ignore"; do
  name=$(tr -dc a-z <<<"$mode")
  { cat "$data/fast-candidate.yaml"; printf 'server: {%s}\n' "$mode"; } >"$work/$name.yaml"
  sim "$name" "$work/$name.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.7
  declare "$name=$url"
done
scenario=("$data/fast.yaml" --set blocks=5 --set aa_blocks=0 --set points.0.requests=12 --set quality.limit=60)

# lines <run> <arm>: checks every stored answer of an arm; prints "<answers> <with tokens> <rivals>"
lines() {
  zcat "$1/raw/quality/000-$2.jsonl.gz" | python3 -c '
import json, sys
answers = with_tokens = 0
rivals = set()
for line in sys.stdin:
    r = json.loads(line)
    if "id" not in r: continue
    answers += 1
    t = r.get("tokens")
    if t is None: continue
    with_tokens += 1
    n = r["usage"]["completion"]
    assert len(t["id"]) == len(t["lp"]) == n, (len(t["id"]), n)
    assert all(x >= 0 for x in t["id"]) and all(x <= 0 for x in t["lp"])
    assert len(t["top_id"]) == len(t["top_lp"]) == n * t["tops"]
    assert t["top_id"][0] == t["id"][0]  # greedy: the chosen token is the most likely one
    assert "text" not in t
    rivals.add(t["tops"])
print(answers, with_tokens, *sorted(rivals))'
}
want_lines() { [ "$(lines "$1" "$2")" = "$3" ] || fail "$2: $(lines "$1" "$2"), want $3"; }

for api in completions chat; do
  if [ $api = chat ]; then
    python3 - "$data/mini.jsonl" >"$work/chat.jsonl" <<'PY'
import json, sys
for line in open(sys.argv[1]):
    item = json.loads(line)
    if item.get("kind") != "completion":
        if "suite" in item: print(line, end="")
        continue
    item["kind"] = "chat"
    item["messages"] = [{"role": "user", "content": item.pop("prompt")}]
    print(json.dumps(item))
PY
    cp "$data/fast.yaml" "$work/chat.yaml"
    sed -i 's/mini.jsonl/chat.jsonl/' "$work/chat.yaml"
    scenario=("$work/chat.yaml" "${scenario[@]:1}" --set api=chat)
    sim basechat "$data/fast-baseline.yaml" --seed 1 --answers "$work/chat.jsonl" --quality 0.97; base2=$url
    sim candchat "$data/fast-candidate.yaml" --seed 2 --answers "$work/chat.jsonl" --quality 0.7; cand2=$url
    pair=(--baseline "$base2" --candidate "$cand2")
  else
    pair=(--baseline "$base" --candidate "$cand")
  fi
  abgate compare "${scenario[@]}" "${pair[@]}" --set quality.control=true --out "$work/runs" --progress none
  run=$(run_folder)
  for arm in baseline candidate control; do want_lines "$run" $arm "60 60 20"; done
  grep -q '"tokens"' <(zcat "$run"/raw/c4/*.jsonl.gz) && fail "a load request asked for log-probabilities"
  grep -q "own answers, up to where they part" "$run/report.md" || fail "$api: the report lacks the comparison"
  python3 - "$run/verdict.json" <<'PY' || fail "$api: verdict.json"
import json, sys
v = json.load(open(sys.argv[1]))
assert v["logprobs"] == {"wanted": 20, "top": 20, "ids": True, "why": ""}, v["logprobs"]
answer, = [x for x in v["likelihood"] if x["task"] == "answer"]
assert answer["texts"] == 60 and answer["lost"] == 0, answer
c, a = answer["candidate"], answer["control"]
assert a["diverged"] == 0 and a["same_top"]["value"] == 1 and a["kl_lower"]["value"] == 0, a
assert c["diverged"] >= 10 and c["diverged"] - c["near_ties"] - c["unclear"] >= 5, c
assert c["same_top"]["value"] < 1 and c["kl_lower"]["value"] > 0.01 and c["regret"] > 0.5, c
PY
  cp "$run/verdict.json" "$work/before.json"
  abgate judge "$run"
  cmp -s "$work/before.json" "$run/verdict.json" || fail "judging again changed verdict.json"
done
scenario=("$data/fast.yaml" --set blocks=5 --set aa_blocks=0 --set points.0.requests=12 --set quality.limit=60)

# A smaller limit of one server is what both are asked for.
abgate compare "${scenario[@]}" --baseline "$base" --candidate "$maxlogprobs" --out "$work/runs" --progress plain
want_err "5 of the 20 most likely tokens wanted"; want_err "greater than max allowed: 5"
want_out "5 of the 20 most likely"
run=$(run_folder)
for arm in baseline candidate; do want_lines "$run" $arm "60 60 5"; done
grep -q "5 of the 20 most likely tokens wanted" "$run/report.md" || fail "the report does not say that it is 5"

# One that refuses or ignores them: neither is asked, everybody is told why.
for name in logprobsrefuse logprobsignore; do
  abgate check "${scenario[@]:0:1}" --baseline "$base" --candidate "${!name}"
  want_status 0; want_out "not asked of any arm, because candidate"
  abgate compare "${scenario[@]}" --baseline "$base" --candidate "${!name}" --out "$work/runs" --progress none
  want_out "log-probabilities of the answers: not asked"
  run=$(run_folder)
  for arm in baseline candidate; do want_lines "$run" $arm "60 0"; done
  grep -q "not asked of any arm, because candidate" "$run/report.md" || fail "$name: the report does not say why"
  grep -q "up to where they part" "$run/report.md" && fail "$name: a comparison of nothing"
done
abgate check "${scenario[@]:0:1}" --baseline "$base" --candidate "$cand"
want_out "the 20 most likely tokens of each position, by token id"
abgate compare "${scenario[@]}" --baseline "$base" --candidate "$cand" --set quality.logprobs=0 --out "$work/runs" --progress none
want_lines "$(run_folder)" baseline "60 0"

# Recorded one after the other: the raw answers of both runs are compared.
abgate record "${scenario[@]}" --arm baseline="$base" --out "$work/a" --progress none
abgate record "${scenario[@]}" --arm candidate="$maxlogprobs" --out "$work/b" --progress none
abgate judge "$(readlink -f "$work/a/latest")" "$(readlink -f "$work/b/latest")"
want_out "recorded apart:"
grep -q "own answers, up to where they part" "$(readlink -f "$work/b/latest")"/judged-with-*/report.md || fail "recorded answers are not compared"

# Interrupted in the quality pass and gone on with: stored answers keep theirs, new ones get them.
slow=("$data/fast.yaml" --baseline "$base" --candidate "$cand" --set quality.concurrency=1 --set blocks=5 --set aa_blocks=0 --set points.0.requests=12)
"$ABGATE" compare "${slow[@]}" --out "$work/cut" --progress none >"$work/out" 2>"$work/err" &
pid=$!
for _ in $(seq 400); do
  [ -n "$(find "$work/cut" -path '*/raw/quality/000-candidate*' -size +8k 2>/dev/null | head -1)" ] && break
  sleep 0.05
done
kill -INT "$pid"; wait "$pid"
first=$(readlink -f "$work/cut/latest")
kept=$(lines "$first" candidate | cut -d' ' -f2)
[ "$kept" -gt 0 ] && [ "$kept" -lt 200 ] || fail "the interruption came at the wrong time: $kept of 200 answers"
abgate compare "${slow[@]}" --set quality.logprobs=5 --out "$work/cut" --progress none --resume "$first"
want_status 30; want_one_error_line; want_err "would be asked differently"
abgate compare "${slow[@]}" --out "$work/cut" --progress none --resume "$first"
want_out "RESUMED"
for arm in baseline candidate; do want_lines "$(readlink -f "$work/cut/latest")" $arm "200 200 20"; done
finish
