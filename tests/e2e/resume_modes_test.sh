#!/usr/bin/env bash
# Killed at a random moment, gone on with, interrupted at another, gone on with: in every mode the last run has
# every planned request exactly once, nothing that had ended was asked again, and judge says what it said.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
RANDOM=${SEED:=$RANDOM}  # SEED=… repeats the moments of a run that failed
echo "SEED=$SEED"
cp "$data/mini.jsonl" "$work/"
sed '/^criteria:/q; /^points:/,/^  - /d; /^blocks:/d; /^aa_blocks:/d; /^quality:/d; /^validity:/d' "$data/fast.yaml" | sed '$d' >"$work/head.yaml"
scenario() {  # scenario <name> <quality> <lines…>; answers in all: $answers
  { cat "$work/head.yaml"
    echo "points: [{id: c4, concurrency: 4, requests: 12, warmup_requests: 2}]"
    echo "quality: {suite: mini.jsonl, limit: $answers, concurrency: 4$2}"
    echo "validity: {aa_max_half_width: 0.9, max_loop_lag_p99: 2s, max_schedule_lag_p99: 2s}"
    printf '%s\n' "${@:3}"
    echo "criteria:"
    echo '  - {id: speed, metric: stream_speed, form: ratio, op: ">=", value: 1.5}'; } >"$work/$1.yaml"
}
answers=24
scenario interleaved ", repeats: 2, control: true" "blocks: 3" "aa_blocks: 1" "mode: interleaved"
scenario extension ", repeats: 2" "blocks: 3" "aa_blocks: 1" "extension: true"
answers=90
scenario likelihood ", control: true, likelihood: {enabled: true, outputs: 90, top_k: 2, concurrency: 1}" "blocks: 2" "aa_blocks: 0"

cat >"$work/check.py" <<'P'
"""check.py FINAL PREVIOUS BASE_LINES CAND_LINES BLOCKS ANSWERS: prints what is wrong with a resumed run."""
import glob, gzip, json, os, sys, zlib
final, previous, asked_base, asked_cand, blocks, answers = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:7])

def lines(path):
    unpack, out = zlib.decompressobj(31), b""
    try:
        out = unpack.decompress(open(path, "rb").read())
    except zlib.error:
        pass
    rows = []
    for line in out.split(b"\n"):
        try:
            rows.append(json.loads(line))
        except ValueError:
            pass  # cut by the kill
    return rows

def cells(run):
    out = {}
    for path in glob.glob(run + "/raw/*/*.jsonl.gz*"):
        rows = lines(path)
        name = os.path.relpath(path, run + "/raw").split(".jsonl")[0]
        whole = bool(rows) and "end" in rows[-1] and not rows[-1].get("interrupted") and path.endswith(".gz")
        out[name] = ([r for r in rows if "index" in r], whole)
    return out

def texts(run):
    out = {}
    for path in glob.glob(run + "/likelihood/*.jsonl.gz*"):
        name = os.path.basename(path).split(".jsonl")[0]
        out[name] = [r for r in lines(path) if "item" in r]
    return out

def attempted(r):
    return r["out"]["class"] not in ("cancelled", "not_sent")

now, before = cells(final), cells(previous)
manifest = json.load(open(final + "/manifest.json"))
expected = {c["name"] for c in manifest["expected"]}
if set(now) != expected:
    print("cells:", sorted(set(now) ^ expected))
loads = [n for n in expected if n.startswith("c4/0") and n.endswith("candidate")]
if len(loads) != blocks:
    print("blocks:", len(loads), "want", blocks)
plan = {}
for name, (rows, whole) in now.items():
    n = answers if name.startswith("quality") else 14
    if sorted(r["index"] for r in rows) != list(range(n)):
        print(name, "has not every planned request exactly once:", sorted(r["index"] for r in rows))
    if not whole or not all(attempted(r) for r in rows):
        print(name, "is cut short")
    for r in rows:  # the same requests of every arm
        key = (name.rsplit("-", 1)[0], r["index"])
        what = (r["prompt"], r["phase"], r["max_tokens"])
        if plan.setdefault(key, what) != what:
            print(name, "another request than of the other arm:", key, what, plan[key])
there = {(n, r["started"]) for n, (rows, _) in now.items() for r in rows}
step = lambda n: n.rsplit("-", 1)[0]
for name, (rows, whole) in before.items():
    pair = [w for other, (_, w) in before.items() if step(other) == step(name)]
    partners = sum(step(e) == step(name) for e in expected)
    if not name.startswith("quality") and not (all(pair) and len(pair) == partners):
        continue  # a load block is measured whole
    lost = [r["index"] for r in rows if attempted(r) and (name, r["started"]) not in there]
    if lost:
        print(name, "was asked again for", lost)
kept = {(n, r["started"]) for n, (rows, _) in before.items() for r in rows}
new = {"baseline": 0, "candidate": 0, "control": 0}
for name, started in there - kept:
    new[name.rsplit("-", 1)[1]] += 1
# Texts that were read back: those of an arm in order, each once; a canary is asked twice where any is new.
after, earlier = texts(final), texts(previous)
for name, rows in after.items():
    items = [r["item"] for r in rows]
    if len(items) != len(set(items)) or any(r["error"] for r in rows):
        print(name, "texts:", len(items), "different:", len(set(items)), "errors:", [r["error"] for r in rows if r["error"]][:2])
    asked = len(rows) - sum(not r["error"] for r in earlier.get(name, []))
    new[name.split("-")[1]] += asked + (2 if asked else 0)
preflight = 2  # a request, and the try of log-probabilities
want = {"baseline": new["baseline"] + new["control"] + preflight, "candidate": new["candidate"] + preflight}
if (asked_base, asked_cand) != (want["baseline"], want["candidate"]):
    print("requests at the servers:", asked_base, asked_cand, "want", want)
verdict = json.load(open(final + "/verdict.json"))
if not verdict["run"].get("resumed") or verdict["run"]["interrupted"]:
    print("verdict.json does not say that the run was resumed")
P

lines() { sleep 1.2; wc -l <"$work/$1-$mode.truth"; }  # the log is written in pieces
# cut <signal> <ways>: starts a run and cuts it at a random moment of its load; sets $cut to its folder.
cut() {
  local signal=$1 wait_for=$2; shift 2
  "$ABGATE" compare "$@" --out "$work/$mode" --progress plain --no-calibration >"$work/out" 2>"$work/err" &
  local pid=$!
  for _ in $(seq 400); do grep -qs "$wait_for" "$work/err" && break; sleep 0.02; done
  sleep "0.$((RANDOM % 300 + 100))"
  kill "-$signal" "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null; status=$?
  out=$(cat "$work/out"); err=$(cat "$work/err")
  cut=$(find "$work/$mode" -maxdepth 1 -name '2*' | sort | tail -1)
}

# go <mode> <blocks> <first cut at> <second cut at> <answers> [faults of the candidate]
go() {
  for _ in 1 2 3; do
    try "$@" && return
    echo "$1: the second run was over before it was interrupted (exit status $status); again"
    stop_servers
    rm -rf "${work:?}/$1"
  done
  fail "$1: the second run could not be interrupted"
}
stop_servers() {
  for pid in "${pids[@]}"; do kill "$pid"; wait "$pid"; done 2>/dev/null
  pids=()
}
try() {
  mode=$1
  sim "base-$mode" "$data/fast-baseline.yaml" --seed 1 --answers "$data/mini.jsonl" --quality 0.95 --truth "$work/base-$mode.truth"; base=$url
  sim "cand-$mode" "$data/fast-candidate.yaml" --seed 2 --answers "$data/mini.jsonl" --quality 0.95 "${@:6}" --truth "$work/cand-$mode.truth"; cand=$url
  local these=("$work/$mode.yaml" --baseline "$base" --candidate "$cand")
  cut KILL "$3" "${these[@]}"; local first=$cut
  cut INT "$4" "${these[@]}" --resume "$first"; local second=$cut
  [ "$first" != "$second" ] || fail "$mode: no second run folder"
  local before_base before_cand
  before_base=$(lines base); before_cand=$(lines cand)
  case $status in
    130) ;;
    0 | 10 | 20 | 30) return 1 ;;
    *) fail "$mode: exit status $status of an interrupted run" ;;
  esac
  abgate compare "${these[@]}" --out "$work/$mode" --progress plain --no-calibration --resume "$second"
  local last
  last=$(find "$work/$mode" -maxdepth 1 -name '2*' | sort | tail -1)
  want_file "$last/DONE"
  [ "$mode" != extension ] || want_err "the first look of the interrupted run did not decide"
  want_out "RESUMED: run $(basename "$first")"; want_out "RESUMED: run $(basename "$second")"
  wrong=$(python3 "$work/check.py" "$last" "$second" $(($(lines base) - before_base)) $(($(lines cand) - before_cand)) "$2" "$5")
  [ -z "$wrong" ] || fail "$mode: $wrong"
  local said=$status
  cp "$last/verdict.json" "$work/said.json"
  abgate judge "$last"
  want_status "$said"
  cmp -s "$work/said.json" "$last/verdict.json" || fail "$mode: judge made another verdict.json"
  stop_servers
}

# What failed at the server is data: it stays as well.
go interleaved 3 "block 1/3 done" "block [23]/3 done" 24 --faults http500=0.04
go extension 6 "in flight" "block 4/6 done" 24 --faults http500=0.04
go likelihood 2 "quality pass 1 done" "log-probabilities: 32 of" 90

# Refused in one line: another mode, and the run of a search.
sim base-r "$data/fast-baseline.yaml" --seed 1 --answers "$data/mini.jsonl"; base=$url
sim cand-r "$data/fast-candidate.yaml" --seed 2 --answers "$data/mini.jsonl"; cand=$url
mode=refused
cut INT "in flight" "$work/interleaved.yaml" --baseline "$base" --candidate "$cand"
want_status 130
abgate compare "$work/interleaved.yaml" --baseline "$base" --candidate "$cand" --set mode=concurrent --out "$work/refused" --resume "$cut"
want_status 65; want_one_error_line; want_err "mode: saw interleaved, want concurrent"
touch "$cut/search.json"
abgate compare "$work/interleaved.yaml" --baseline "$base" --candidate "$cand" --out "$work/refused" --resume "$cut"
want_status 65; want_one_error_line; want_err "a search is not resumed"
abgate search slo "$work/interleaved.yaml" --baseline "$base" --candidate "$cand" --resume "$cut"
want_status 64
finish
