#!/usr/bin/env bash
# What is wrong before any load ends with one clear line, the next step and the right code.
. "${SOURCE:?set by ctest}/tests/e2e/lib.sh" || exit 1
sim base "$data/fast-baseline.yaml"; base=$url
sim locked "$data/fast-candidate.yaml" --api-key secret-key-1234; locked=$url

begin=$SECONDS
abgate compare "$data/fast.yaml" --baseline "$base" --candidate http://127.0.0.1:1 --out "$work/runs"
want_status 69; want_one_error_line; want_err "cannot connect to"
[ $((SECONDS - begin)) -lt 10 ] || fail "took $((SECONDS - begin)) s to see a closed port"

abgate compare "$data/fast.yaml" --baseline "$base" --candidate http://no-such-host.invalid --out "$work/runs"
want_status 69; want_one_error_line; want_err "no-such-host.invalid"

abgate compare "$data/fast.yaml" --baseline "$base" --candidate "$locked" --out "$work/runs"
want_status 69; want_one_error_line; want_err "refused the key"; want_err "api_key"

abgate compare "$data/fast.yaml" --baseline "$base" --candidate "$base" --set candidate.model=nope --out "$work/runs"
want_status 69; want_one_error_line; want_err 'model "nope" is not served'; want_err fast-model

abgate compare "$data/fast.yaml" --baseline "$base" --candidate "${base/http:/https:}" --out "$work/runs"
want_status 69; want_one_error_line; want_err TLS

python3 - "$work/html.port" <<'P' &
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"<!DOCTYPE html><html><body>It works!</body></html>"
        self.send_response(200); self.send_header("Content-Type", "text/html"); self.send_header("Content-Length", str(len(body)))
        self.end_headers(); self.wfile.write(body)
    def log_message(self, *a): pass
s = http.server.HTTPServer(("127.0.0.1", 0), H)
open(sys.argv[1], "w").write(str(s.server_address[1]))
s.timeout = 20
for _ in range(10): s.handle_request()
P
pids+=($!)
for _ in $(seq 100); do [ -s "$work/html.port" ] && break; sleep 0.05; done
abgate compare "$data/fast.yaml" --baseline "$base" --candidate "http://127.0.0.1:$(cat "$work/html.port")" --out "$work/runs"
want_status 69; want_one_error_line; want_err "answered HTML"

abgate compare "$data/fast.yaml" --set blokcs=3
want_status 78; want_one_error_line; want_err "did you mean"
abgate compare "$work/none.yaml"
want_status 78; want_one_error_line
abgate compare
want_status 64
abgate judge "$work/no-run"
want_status 65; want_one_error_line
ABGATE_TEST_KEY= abgate compare "$data/fast.yaml" --set 'candidate.api_key=${ABGATE_NO_SUCH_VARIABLE}'
want_status 78; want_one_error_line; want_err ABGATE_NO_SUCH_VARIABLE

# A FIM template of another family: its tokens are no tokens of this model.
abgate compare "$data/fast.yaml" --baseline "$base" --candidate "$base" --set quality.fim_template=starcoder2 --out "$work/runs"
want_status 78; want_one_error_line; want_err '"<fim_prefix>" of the FIM template starcoder2 is'; want_err "set quality.fim_template"

# The key works, and reaches no file.
export ABGATE_TEST_KEY=secret-key-1234
abgate compare "$data/fast.yaml" --baseline "$base" --candidate "$locked" --set 'candidate.api_key=${ABGATE_TEST_KEY}' \
  --set blocks=1 --set points.0.requests=64 --set quality.limit=4 --set aa_blocks=0 --out "$work/runs" --progress none
[ -d "$(run_folder)" ] || fail "no run folder"
grep -q 'Prompts read as token ids' "$(run_folder)/report.md" || fail "the report does not say how many prompts were compared"
grep -q '<|fim_prefix|> 151659' "$(run_folder)/manifest.json" || fail "the FIM tokens' ids are not kept"
for file in $(find "$work/runs" -type f); do
  case $file in *.gz) zcat "$file" ;; *) cat "$file" ;; esac | grep -q secret-key-1234 && fail "the key is in $file"
done
finish
