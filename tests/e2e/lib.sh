# Shared by the end-to-end tests: starts simulators on loopback, runs abgate, checks what it says.
# Sourced; expects ABGATE, VLLMSIM and SOURCE in the environment.
set -uo pipefail
work=$(mktemp -d)
export XDG_CACHE_HOME=$work/cache  # never the user's own
pids=()
failures=0

cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null; done
  rm -rf "$work"
}
trap cleanup EXIT

# sim <name> <profile> <options…>: starts a simulator that ends by itself; sets $url
sim() {
  local name=$1 profile=$2
  shift 2
  "$VLLMSIM" --profile "$profile" --port 0 --port-file "$work/$name.port" --exit-after 120 "$@" >"$work/$name.log" 2>&1 &
  pids+=($!)
  for _ in $(seq 200); do
    [ -s "$work/$name.port" ] && break
    sleep 0.05
  done
  [ -s "$work/$name.port" ] || { echo "the simulator $name did not start:"; cat "$work/$name.log"; exit 1; }
  url="http://127.0.0.1:$(cat "$work/$name.port")"
}

# abgate <arguments…>: sets $status, $out, $err
abgate() {
  "$ABGATE" "$@" >"$work/out" 2>"$work/err"
  status=$?
  out=$(cat "$work/out")
  err=$(cat "$work/err")
}

fail() {
  echo "FAILED: $*"
  echo "--- status $status"; echo "--- out"; head -c 4000 <<<"$out"; echo "--- err"; head -c 4000 <<<"$err"
  failures=$((failures + 1))
}
want_status() { [ "$status" -eq "$1" ] || fail "exit status $status, want $1"; }
want_out() { grep -qF -- "$1" <<<"$out" || fail "standard output lacks: $1"; }
want_err() { grep -qF -- "$1" <<<"$err" || fail "standard error lacks: $1"; }
# One line on standard error that starts with "abgate: ".
want_one_error_line() {
  [ "$(grep -c '^abgate: ' <<<"$err")" -eq 1 ] || fail "want exactly one error line"
}
want_file() { [ -e "$1" ] || fail "no file $1"; }
run_folder() { readlink -f "$work/runs/latest"; }
finish() { [ "$failures" -eq 0 ] && echo "ok"; exit "$failures"; }

data=$SOURCE/tests/e2e/data
