// The drivers of the languages other than Python (drivers.hpp). Their tests run in the candidate's
// own process, so the nonce is asked for only once the tests are over and comes only then
// (SandboxJob::secret_on_request): there is nothing to find in memory or below /proc, and a program
// that ends early ends without it. A program that asks as these drivers do, or that makes the tests
// hold whatever they say, is found by a second run with checks that must fail; control.hpp says what
// remains possible. Python's tests that run apart know nothing of all this.

#include "quality/drivers.hpp"

namespace abgate::quality {

const char* const kNodeDriver = R"JS(
'use strict';
const fs = require('fs'), vm = require('vm'), Module = require('module'), assert = require('assert');
const say = (verdict, detail) => fs.writeSync(4, verdict + '\n' + String(detail).slice(0, 400));
const source = fs.readFileSync('program.js', 'utf8');
const { exit } = process;
const listeners = process.listeners.bind(process);
let failed = false;
function fail(error) {
  if (failed) return;
  failed = true;
  const code = error && error.code;
  const name = code === 'ERR_ASSERTION' ? 'assert_fail' : 'exception';
  say('- ' + name, error && error.stack ? String(error.stack).split('\n').slice(0, 3).join(' | ') : error);
  exit(1);
}
try {
  new vm.Script(Module.wrap(source), { filename: 'program.js' });
} catch (error) {
  say('- syntax_error', error && error.message);
  exit(1);
}
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
// Only a loop that ran dry gets here; process.exit() does not.
let loaded = false;
process.once('beforeExit', () => {
  // Who takes our place there swallows what asynchronous tests throw.
  if (!loaded || failed || process.exitCode || listeners('uncaughtException')[0] !== fail) return;
  fs.writeSync(4, 'done\n');
  const nonce = fs.readFileSync(3, 'utf8').trim();
  say(nonce + ' pass', '');
});
globalThis.assert = assert;
try {
  require('./program.js');
  loaded = true;
} catch (error) {
  fail(error);
}
)JS";

const char* const kBashDriver = R"SH(
if ! message=$(bash -n ./program.sh 2>&1); then
  builtin printf -- '- syntax_error\n%s' "$message" >&4
  builtin exit 1
fi
unset message
source ./program.sh 3<&- 4>&-
status=$?
if [[ $status -ne 0 ]]; then
  builtin printf -- '- assert_fail\nstatus %s' "$status" >&4
  builtin exit 1
fi
builtin printf 'done\n' >&4
IFS= builtin read -r nonce <&3
builtin printf '%s pass\n' "$nonce" >&4
)SH";

const char* const kCppDriver = R"SH(
if ! message=$(g++ -std=c++20 -O1 -w -pipe -pthread -Wl,--wrap=main -o program program.cpp -x c guard.c 2>&1); then
  printf -- '- syntax_error\n%s' "${message:0:2000}" >&4
  exit 1
fi
# Where programs may not change modes, the linker could not make its output executable.
if [[ ! -x program ]]; then
  cp /usr/bin/true runnable && cat program > runnable && exec ./runnable
fi
exec ./program
)SH";

const char* const kCppGuard = R"C(
#include <string.h>
#include <unistd.h>
int __real_main(int argc, char** argv, char** envp);
void abgate_checks(void) __attribute__((weak));
int __wrap_main(int argc, char** argv, char** envp) {
  const int status = __real_main(argc, argv, envp);
  char text[256];
  ssize_t size;
  if (status != 0) return status;
  if (abgate_checks) abgate_checks();
  if (write(4, "done\n", 5) != 5) return 3;
  size = read(3, text, sizeof text - 8);
  if (size <= 0) return 3;
  while (size > 0 && text[size - 1] == '\n') --size;
  memcpy(text + size, " pass\n", 6);
  return write(4, text, (size_t)size + 6) == size + 6 ? 0 : 3;
}
)C";

const char* const kPythonSyntax = R"PY(
import ast, sys
for n in range(int(sys.argv[1])):
    try:
        ast.parse(open("p%d" % n, encoding="utf-8").read())
        print(n, "ok")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        print(n, "bad")
)PY";

const char* const kNodeSyntax = R"JS(
const fs = require('fs'), vm = require('vm'), Module = require('module');
for (let n = 0; n < Number(process.argv[2]); ++n) {
  let ok = true;
  try {
    new vm.Script(Module.wrap(fs.readFileSync('p' + n, 'utf8')));
  } catch (e) {
    ok = false;
  }
  console.log(n, ok ? 'ok' : 'bad');
}
)JS";

const char* const kBashSyntax = R"SH(
for ((n = 0; n < $1; ++n)); do
  if bash -n "./p$n" 2>/dev/null; then echo "$n ok"; else echo "$n bad"; fi
done
)SH";

// gofmt takes fragments as well: declarations or statements without a package line.
const char* const kGoSyntax = R"SH(
for ((n = 0; n < $1; ++n)); do
  if gofmt -e <"./p$n" >/dev/null 2>&1; then echo "$n ok"; else echo "$n bad"; fi
done
)SH";

// rustfmt parses first. What it cannot lay out ("internal") is no fault of the text.
const char* const kRustSyntax = R"SH(
for ((n = 0; n < $1; ++n)); do
  if message=$(rustfmt --edition 2021 --emit stdout <"./p$n" 2>&1 >/dev/null) ||
    [[ $message == *'error[internal]'* && $message != *'error: '* ]]; then
    echo "$n ok"
  else
    echo "$n bad"
  fi
done
)SH";

const char* const kCppSyntax = R"SH(
for ((n = 0; n < $1; ++n)); do
  if g++ -std=c++20 -fsyntax-only -w -x c++ "./p$n" 2>/dev/null; then echo "$n ok"; else echo "$n bad"; fi
done
)SH";

}  // namespace abgate::quality
