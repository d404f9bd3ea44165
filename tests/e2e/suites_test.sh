#!/usr/bin/env bash
# Suites through the command line: every published shape becomes a suite that verifies, broken input
# ends with one clear line and leaves what was there, HumanEval in full where it is at hand.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
shapes=$SOURCE/tests/quality/data/formats

for file in "$shapes"/*; do
  name=$(basename "$file"); format=${name%%.*}
  case $format in evalplus-*) format=evalplus ;; sanitized-mbpp) format=mbpp ;; esac
  abgate import "$format" "$file" -o "$work/suite.jsonl"
  want_status 0; want_out "items from"
done

# refused <line of the message> <arguments…>: code 65, one line, the old suite still there, nothing half-written
refused() {
  local words=$1
  shift
  echo old >"$work/out.jsonl"
  abgate "$@"
  want_status 65; want_one_error_line; want_err "$words"
  [ "$(wc -l <<<"$err")" -eq 1 ] || fail "more than one line of error"
  [ "$(cat "$work/out.jsonl")" = old ] || fail "the old suite is gone"
  [ ! -e "$work/out.jsonl.part" ] || fail "a half-written suite is left"
}
row='{"id":"%","prompt":"a","reference":"c","language":"go"}'
bad=$work/bad
import() { refused "$1" import jsonl "$bad" -o "$work/out.jsonl"; }
printf '' >"$bad"; import "saw no rows, want rows in format jsonl"
printf '%s\n%s\n' "$row" "$row" >"$bad"; import "bad:2: id: saw % a second time, want an id that is used once"
printf '%s\n{"id":"b","prompt":7}\n' "$row" >"$bad"; import "bad:2: language: saw nothing"
printf '%s\n{"id":"b","prompt":' "$row" >"$bad"; import "bad:2:"
printf '{"a":"\xff"}\n' >"$bad"; import "bad:1:7: saw invalid UTF-8 at byte 7"
printf '\xff\xfe{\0' >"$bad"; import "saw a NUL byte, want text"
printf '%s\n\0\n' "$row" >"$bad"; import "bad:2:1: saw a NUL byte, want text"
head -c 10485760 /dev/zero | tr '\0' x | sed 's/.*/{"prompt":"&","reference":"","language":"go"}/' >"$bad"
import "bad:1: prompt: saw 10485760 bytes, want at most 4194304"
head -c 3000000 /dev/zero | tr '\0' '[' >"$bad"; import "saw a broken JSON array"
head -c 40000000 /dev/zero | tr '\0' x >"$bad"; import "saw a line above 33554432 bytes"
for i in $(seq 400); do echo "${row/\%/$i-$RANDOM$RANDOM}"; done | gzip >"$work/whole.gz"
head -c 1500 "$work/whole.gz" >"$bad"; import "cut short"
cp "$shapes/humaneval.jsonl" "$bad.gz"; refused "saw no gzip header" import humaneval "$bad.gz" -o "$work/out.jsonl"
refused "saw a directory, want a file" import jsonl "$work" -o "$work/out.jsonl"
refused "want one of humaneval" import parquet "$bad" -o "$work/out.jsonl"
# A bomb of 10 GB costs neither that much memory nor time.
head -c 200000000 /dev/zero | gzip -1 >"$work/bomb.gz"
(ulimit -v 600000; "$ABGATE" import jsonl "$work/bomb.gz" -o "$work/out.jsonl" >"$work/out" 2>"$work/err"); status=$?
out=''; err=$(cat "$work/err"); want_status 65; want_one_error_line

# carve: odd files are left out, the others are not lost with them.
tree=$work/tree
mkdir -p "$tree/deep"
for i in 1 2 3; do printf 'def f%s(a, b):\r\n    total = a + b\r\n    return max(total, a, b)\r\n' "$i" >"$tree/m$i.py"; done
printf '\x1f\x8b\x08\x00cut' >"$tree/gz.py"; printf 'x = "\xff"\n' >"$tree/latin.py"; : >"$tree/empty.py"
head -c 100000 /dev/zero >"$tree/nul.py"; cp "$tree/m1.py" "$tree/"$'bad\xffname.py'
ln -s "$tree" "$tree/deep/loop"; mkfifo "$tree/pipe.py"
abgate carve "$tree" -o "$work/carved.jsonl"
want_status 0; want_out "from 3 files"
refused "no source text to carve" carve "$tree/deep" -o "$work/out.jsonl"
refused "saw no directory" carve "$work/none" -o "$work/out.jsonl"

# suite verify: broken files, and tests that never end, which cost what --timeout allows.
for words in "an empty file" "a header line" "nested deeper than"; do
  case $words in
    "an empty file") printf '' >"$bad" ;;
    "a header line") echo "$row" >"$bad" ;;
    *) { echo '{"suite":"x","version":1}'; head -c 1000000 /dev/zero | tr '\0' '['; } >"$bad" ;;
  esac
  refused "$words" suite verify "$bad"
done
item='{"id":"%","cluster":"c","category":"k","language":"python","kind":"completion","prompt":"def f(x):\n","reference":"    return x\n","entry_point":"f","tests":"TESTS"}'
{ echo '{"suite":"endless","version":1}'
  good=${item/\%/good}; echo "${good/TESTS/assert f(2) == 2}"
  endless=${item/\%/endless}; echo "${endless/TESTS/while True: pass}"
  vacuous=${item/\%/vacuous}; echo "${vacuous/TESTS/f(1)}"
} >"$work/endless.jsonl"
begin=$SECONDS
abgate suite verify "$work/endless.jsonl" --timeout 1
if [ "$status" -eq 30 ]; then
  echo "skipped: no sandbox here"
else
  want_status 65
  want_out "2 of 3 references pass, 2 of 3 stubs fail"
  want_out "failed: endless: the reference does not pass: timeout: no end after"
  want_out "failed: vacuous: the stub does not fail: pass"
  [ $((SECONDS - begin)) -lt 60 ] || fail "took $((SECONDS - begin)) s for one test that never ends"

  humaneval=$SOURCE/../shared/data/HumanEval.jsonl.gz
  if [ -e "$humaneval" ]; then
    abgate import humaneval "$humaneval" -o "$work/humaneval.jsonl.gz"
    want_status 0; want_out "164 items"
    abgate suite verify "$work/humaneval.jsonl.gz" --timeout 30
    want_status 0; want_out "164 of 164 references pass, 164 of 164 stubs fail"
  else
    echo "skipped: no $humaneval"
  fi
fi
finish
