#!/usr/bin/env bash
# A client that is kept from running voids the run and says what to do; a server that is overloaded
# does not: that is what is to be measured.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
sim base "$data/fast-baseline.yaml" --seed 1; base=$url
sim cand "$data/fast-candidate.yaml" --seed 2; cand=$url

# Busy loops take the client's core; they end by themselves should this script be killed.
core=$(taskset -pc $$ | sed 's/.*: //; s/[,-].*//')
for _ in 1 2 3 4; do
  taskset -c "$core" timeout 100 sh -c 'while :; do :; done' &
  pids+=($!)
done
nice -n 10 taskset -c "$core" "$ABGATE" compare "$data/speed.yaml" --baseline "$base" --candidate "$cand" --out "$work/runs" \
  --progress none --set validity.max_loop_lag_p99=2ms >"$work/out" 2>"$work/err"
status=$? out=$(cat "$work/out") err=$(cat "$work/err")
for pid in "${pids[@]:2}"; do kill "$pid"; wait "$pid" 2>/dev/null; done
pids=("${pids[@]:0:2}")
want_status 30
want_out "VOID"
want_out "wake_lag"
want_out "stop what else runs on the client machine"
grep -q "its processor was busy with other work" "$(run_folder)/report.md" || fail "the report does not say why"
grep -q "this machine adds p50" "$(run_folder)/report.md" || fail "the report lacks the calibration"

# Two sequences at a time of the thirty-two that are asked for: the queue is the server's.
sed 's/max_num_seqs: .*/max_num_seqs: 2/' "$SOURCE/scenarios/sim/h200-awq-marlin.yaml" >"$work/narrow.yaml"
grep -q 'max_num_seqs: 2$' "$work/narrow.yaml" || { echo "no such key in the profile"; exit 1; }
sim narrow "$work/narrow.yaml" --seed 3; narrow=$url
abgate compare "$data/speed.yaml" --baseline "$narrow" --candidate "$narrow" --out "$work/runs" --progress none \
  --max-concurrency 16 --num-prompts 32
[ "$status" -ne 30 ] || fail "an overloaded server voided the run"
want_out "GO"
grep -Eq "Queue time mean \\| +[0-9.]+ s" "$(run_folder)/report.md" || fail "the server was not overloaded"
finish
