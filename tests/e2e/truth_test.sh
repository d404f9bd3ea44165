#!/usr/bin/env bash
# Against the simulator's own log, for each load shape: every request arrives, its tokens are counted
# exactly, and it is due when the plan says. No time is asserted: tools/bench/ground_truth.sh does that.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1

# id and tokens of every measured request, by the client and by the server
client_counts() { zcat "$1"/raw/p/*.jsonl.gz | sed -n 's/^{"id":"\([^"]*\)".*"usage":{"prompt":[0-9]*,"completion":\([0-9]*\).*/\1 \2/p' | sort; }
server_counts() { sed -n 's/^{"request_id":"\(p\/[^"]*\)".*"output_tokens":\([0-9]*\).*/\1 \2/p' "$@" | sort; }

# Lines whose `due` is not the plan's, counted from the start of the measured phase.
misplaced() {
  for file in "$1"/raw/p/*.jsonl.gz; do
    zcat "$file" | awk '
      function field(name) { return match($0, "\"" name "\":-?[0-9]+") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3) : 0 }
      /"phase":"measured"/ { due[++n] = field("due"); planned[n] = field("planned_due") }
      /^\{"end"/ { begin = field("measured_begin") }
      END { for (i = 1; i <= n; ++i) if (due[i] - begin != planned[i]) print FILENAME, i, due[i] - begin, planned[i] }'
  done
}

check_shape() {  # name, load point
  sed "s|^  - {id: c8.*|  - $2|" "$data/speed.yaml" >"$work/$1.yaml"
  sed -i "s|suite: mini|suite: $data/mini|" "$work/$1.yaml"
  sim "$1-a" "$data/fast-baseline.yaml" --seed 1 --truth "$work/$1-a.jsonl"; local a=$url
  sim "$1-b" "$data/fast-candidate.yaml" --seed 2 --truth "$work/$1-b.jsonl"; local b=$url
  abgate compare "$work/$1.yaml" --baseline "$a" --candidate "$b" --out "$work/$1" --progress none --no-calibration
  kill "${pids[@]}"; wait "${pids[@]}" 2>/dev/null; pids=()
  [ -e "$work/$1/latest/DONE" ] || { fail "$1: no run"; return; }
  client_counts "$work/$1/latest" >"$work/ours"
  server_counts "$work/$1-a.jsonl" "$work/$1-b.jsonl" >"$work/theirs"
  [ "$(wc -l <"$work/ours")" -eq $((2 * 2 * (40 + 4))) ] || fail "$1: $(wc -l <"$work/ours") requests with a count"
  diff "$work/ours" "$work/theirs" >"$work/diff" || fail "$1: counts or requests differ: $(head -n 3 "$work/diff")"
  if [ "$1" != closed ]; then
    [ -z "$(misplaced "$work/$1/latest" | head -n 1)" ] || fail "$1: not due as planned: $(misplaced "$work/$1/latest" | head -n 2)"
  fi
}

check_shape closed '{id: p, concurrency: 8, requests: 40, warmup_requests: 4}'
check_shape constant '{id: p, arrival: constant, rate: 100 req/s, concurrency: 0, requests: 40, warmup_requests: 4}'
check_shape poisson '{id: p, arrival: poisson, rate: 100 req/s, concurrency: 0, requests: 40, warmup_requests: 4}'
check_shape gamma '{id: p, arrival: gamma, burstiness: 0.3, rate: 100 req/s, concurrency: 0, requests: 40, warmup_requests: 4}'
finish
