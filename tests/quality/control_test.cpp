// The negative control: programs that make their tests hold whatever those say, or that speak the
// grader's own protocol, in every language whose tests run in the candidate's own process.

#include <cstdio>

#include "catch.hpp"
#include "executors.hpp"
#include "quality/verdict_cache.hpp"
#include "temp_dir.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

std::vector<std::unique_ptr<Executor>> make_executors() { return executors_of_tiers(4); }

/// What becomes of each completion; the reference passes.
void expect(Executor& executor, const SuiteItem& item, const std::vector<RunClass>& wanted,
            const std::vector<std::string>& completions) {
  CAPTURE(executor.sandbox().description(), item.language);
  const RunVerdict reference = executor.run(item, item.reference);
  CAPTURE(reference.detail, to_string(reference.cls));
  REQUIRE(reference.cls == RunClass::pass);
  for (const std::string& completion : completions) {
    const RunVerdict v = executor.run(item, completion);
    CAPTURE(completion, v.detail, to_string(v.cls));
    CHECK(std::find(wanted.begin(), wanted.end(), v.cls) != wanted.end());
  }
}
void expect_forged(Executor& executor, const SuiteItem& item,
                   const std::vector<std::string>& completions) {
  expect(executor, item, {RunClass::forged}, completions);
}
/// Judged by the tests as any wrong answer.
void expect_wrong(Executor& executor, const SuiteItem& item,
                  const std::vector<std::string>& completions) {
  expect(executor, item, {RunClass::assert_fail, RunClass::exception, RunClass::syntax_error},
         completions);
}

SuiteItem javascript(const std::string& tests) {
  SuiteItem item;
  item.id = "js";
  item.language = "javascript";
  item.prompt = "function f(x) {\n";
  item.reference = "  return x + 1;\n}\n";
  item.tests = tests;
  return item;
}
const std::string kStrict =
    "const assert = require('node:assert');\nassert.strictEqual(f(1), 2);\nassert.strictEqual(f(3), "
    "4);";

SuiteItem bash(const std::string& tests) {
  SuiteItem item;
  item.id = "sh";
  item.language = "bash";
  item.prompt = "f() {\n";
  item.reference = "  echo $(($1 + 1))\n}\n";
  item.tests = tests;
  return item;
}

SuiteItem cpp(const std::string& tests) {
  SuiteItem item;
  item.id = "cpp";
  item.language = "cpp";
  item.prompt = "#include <cassert>\nint f(int x) {\n";
  item.reference = "  return x + 1;\n}\n";
  item.tests = tests;
  return item;
}

SuiteItem python_together() {
  SuiteItem item;
  item.id = "py";
  item.language = "python";
  item.entry_point = "f";
  item.prompt = "def f(x):\n";
  item.reference = "    return x + 1\nclass Box:\n    def __init__(self, v):\n        self.v = v\n";
  item.tests =
      "def check(candidate):\n    b = Box(candidate(1))\n    assert b.v == 2\n    assert "
      "candidate(3) == 4\n";
  return item;
}

const std::string kCppSpeaks =
    "#include <unistd.h>\n#include <csignal>\n#include <cstring>\nstatic void speak() { char b[99]; "
    "write(4, \"done\\n\", 5); long n = read(3, b, 80); while (n > 0 && b[n - 1] == '\\n') --n; "
    "memcpy(b + n, \" pass\\n\", 6); write(4, b, n + 6); _exit(0); }\n";

}  // namespace

TEST_CASE("Control: a JavaScript program that disarms its tests is found out", "[hostile][control]") {
  for (const auto& executor : make_executors()) {
    const SuiteItem item = javascript(kStrict);
    if (!runnable(*executor, item)) return;
    const std::string wrong = "  return 7;\n}\n";
    expect_forged(
        *executor, item,
        {wrong + "require('assert').strictEqual = () => {};\n",
         wrong + "for (const k of Object.keys(require('assert'))) require('assert')[k] = () => {};\n",
         wrong + "return;\n",
         wrong + "require = () => new Proxy(() => {}, { get: () => () => {} });\n",
         wrong + "module.constructor._load = () => ({ strictEqual() {} });\n",
         wrong + "const fs = require('fs');\nfs.writeSync(4, 'done\\n');\nconst n = "
                 "fs.readFileSync(3, 'utf8').trim();\nfs.writeSync(4, n + ' pass\\n');\n"
                 "process.exit(0);\n",
         // Only once it is tested.
         "  require('assert').strictEqual = () => {};\n  return x === 1 ? 2 : 7;\n}\n"});
    expect_forged(*executor, javascript("assert.deepStrictEqual([f(1)], [2]);\nassert(f(3) === 4);"),
                  {wrong + "assert = Object.assign(() => {}, { deepStrictEqual() {} });\n"});
    // One kind of check that was disarmed is enough, whatever the others do.
    const std::string both = "const assert = require('node:assert');\nassert.ok(f(1));\n"
                             "assert.strictEqual(f(1), 2);";
    expect_forged(*executor, javascript(both),
                  {wrong + "require('assert').strictEqual = () => {};\n"});
    // Disarmed for some calls, or for as long as the tests run.
    expect(
        *executor, item, {RunClass::forged, RunClass::assert_fail},
        {wrong + "const a = require('assert'), real = a.strictEqual;\na.strictEqual = () => {};\n"
                 "setTimeout(() => { a.strictEqual = real; }, 0);\n",
         wrong + "const a = require('assert'), real = a.strictEqual;\nlet n = 0;\na.strictEqual = "
                 "(...x) => { if (n++ >= 2) real(...x); };\n",
         wrong + "const a = require('assert'), real = a.strictEqual;\nlet n = 0;\na.strictEqual = "
                 "(...x) => { if (n++ >= 3) real(...x); };\n"});
    const SuiteItem later = javascript(
        "const assert = require('node:assert');\nsetTimeout(() => assert.strictEqual(f(1), 2), 5);");
    expect_wrong(*executor, later,
                 {wrong + "process.removeAllListeners('uncaughtException');\n"
                          "process.on('uncaughtException', () => {});\n",
                  wrong + "process.prependListener('uncaughtException', () => "
                          "process.removeAllListeners('uncaughtException'));\n"});
    const SuiteItem promised = javascript(
        "const assert = require('node:assert');\n(async () => {\n  assert.strictEqual(await f(1), "
        "2);\n})().catch((error) => { console.error(error); process.exit(1); });");
    expect_forged(*executor, promised, {wrong + "process.exit = () => {};\n"});
    // Names of its own in the place of ours.
    expect(*executor, javascript(kStrict), {RunClass::pass},
           {"  return x + 1;\n}\nfunction process() {}\nconst n = 0, check = 1;\n"});
  }
}

TEST_CASE("Control: a shell program that disarms its tests is found out", "[hostile][control]") {
  for (const auto& executor : make_executors()) {
    const SuiteItem item = bash("[[ \"$(f 1)\" == 2 ]] || exit 1\n[[ \"$(f 3)\" == 4 ]] || exit 1");
    if (!runnable(*executor, item)) return;
    const std::string wrong = "  echo 7\n}\n";
    expect_forged(
        *executor, item,
        {wrong + "exit() { :; }\n", wrong + "return 0\n", wrong + ": <<'END'\n",
         wrong + "shopt -s expand_aliases\nalias exit=:\n",
         wrong + "exit() { (( ++spared > 2 )) && builtin exit \"$@\"; :; }\n",
         wrong + "exit() { (( ++spared > 3 )) && builtin exit \"$@\"; :; }\n",
         // The driver's descriptors are kept above 9.
         wrong + "for o in 10 11 12 13; do printf 'done\\n' >&$o; done 2>/dev/null\nfor i in 10 11 "
                 "12 13; do IFS= read -r -t 2 -u $i n && break; done 2>/dev/null\nfor o in 10 11 12 "
                 "13; do printf '%s pass\\n' \"$n\" >&$o; done 2>/dev/null\nexit 0\n"});
    expect(*executor, item,
           {RunClass::forged, RunClass::assert_fail, RunClass::exception, RunClass::syntax_error},
           {wrong + "shopt -s expand_aliases\nalias '[['='true ||'\n",
            wrong + "shopt -s extdebug\ntrap '[[ $BASH_COMMAND != \\[\\[* ]]' DEBUG\n",
            wrong + "trap 'exit 0' EXIT\n", wrong + "set -n\n"});
    const SuiteItem bracket =
        bash("[ \"$(f 1)\" = 2 ] || exit 1\nif ! test \"$(f 3)\" = 4; then exit 1; fi");
    expect_forged(*executor, bracket,
                  {wrong + "function [ { return 0; }\ntest() { return 0; }\n",
                   wrong + "alias() { :; }\n[() { :; }\ntest() { :; }\n"});
    expect(*executor, bracket, {RunClass::forged, RunClass::assert_fail},
           {wrong + "n=0\ntest() { (( ++n > 1 )) || return 0; builtin test \"$@\"; }\n["
                    "() { (( ++n > 2 )) || return 0; builtin [ \"$@\"; }\n"});
    // Tests that close the function themselves.
    SuiteItem closing = bash("}\ncandidate() { f \"$@\"; }\n[[ $(candidate 1) == 2 ]] || exit 1\n");
    closing.reference = "  echo $(($1 + 1))\n";
    expect_wrong(*executor, closing, {"  echo 7\n"});
    expect_forged(*executor, closing, {"  echo 7\n}\nexit() { :; }\ng() {\n:\n"});
    // Tests that rely on errexit, as MultiPL-E's do, and those whose last command decides.
    const SuiteItem errexit =
        bash("candidate() { f \"$@\"; }\nset -e\nrun_test() {\n  [[ $(candidate 1) = 2 ]]\n  [[ "
             "$(candidate 3) = 4 ]]\n}\nrun_test");
    expect_forged(*executor, errexit, {wrong + "return 0\n"});
    expect_wrong(*executor, errexit, {wrong});
    const SuiteItem last = bash("[[ \"$(f 1)\" == 2 && $(f 3) == 4 ]]");
    expect_forged(*executor, last, {wrong + "return 0\n"});
    expect_wrong(*executor, last, {wrong, "  echo 2\n}\n"});
  }
}

TEST_CASE("Control: a C++ program that disarms its tests is found out", "[hostile][control]") {
  for (const auto& executor : make_executors()) {
    const SuiteItem item = cpp("#include <cassert>\nint main() {\n  assert(f(1) == 2); /* c */\n  "
                               "assert(f(3) == 4);\n  return 0;\n}");
    if (!runnable(*executor, item)) return;
    const std::string wrong = "  return 7;\n}\n";
    expect_forged(
        *executor, item,
        {wrong + kCppSpeaks + "struct Early { Early() { speak(); } } early;\n",
         wrong + kCppSpeaks +
             "struct Early { Early() { std::signal(SIGABRT, [](int) { speak(); }); } } early;\n",
         wrong + kCppSpeaks +
             "extern \"C\" void __assert_fail(const char*, const char*, unsigned, const char*) "
             "noexcept { speak(); for (;;) {} }\n"});
    // What can be put right is: the tests then judge.
    expect_wrong(*executor, item,
                 {wrong + "#define NDEBUG\n", wrong + "#undef assert\n#define assert(x) ((void)(x))\n",
                  wrong + "#define __assert_fail(...) ((void)0)\n",
                  wrong + "#define if(x) if (0)\n",
                  wrong + "int main() { return 0; }\n#define main other\n",
                  wrong + "int main() { return 0; }\n#define main(...) other()\n",
                  wrong + "int main() { return 0; }\n/*",
                  wrong + "int main() { return 0; }\n#if 0\n",
                  wrong + "#include <cstdlib>\nextern \"C\" void abort() noexcept { _Exit(0); }\n"});
    const SuiteItem bare = cpp("int main() { assert(f(1) == 2); }");  // <cassert> is the prompt's
    expect_wrong(*executor, bare, {wrong + "#undef assert\n#define assert(x) ((void)(x))\n"});
    // Tests without assertions, whose main() says no by its status or by exit.
    const SuiteItem status = cpp("int main(int, char**) { if (f(1) != 2) return 1; return 0; }");
    expect_wrong(*executor, status, {wrong});
    expect_forged(*executor, status,
                  {wrong + kCppSpeaks + "struct Early { Early() { speak(); } } early;\n"});
    // A macro of the tests' own, and a main() in which the checks find no place.
    const SuiteItem macro = cpp("#undef assert\n#define assert(c) if (!(c)) return 1\nint main() { "
                                "assert(f(1) == 2); return 0; }");
    expect_wrong(*executor, macro, {wrong});
    // Tests that close the function themselves, as MultiPL-E's do; a main() in a comment and a text.
    SuiteItem closing = cpp("}\n// int main() {\nconst char* text = R\"(int main() {)\";\nint main() {\n"
                            "  auto candidate = f;\n  assert(candidate((1)) == (2));\n}\n");
    closing.reference = "  return x + 1;\n";
    expect_wrong(*executor, closing, {"  return 7;\n"});
    expect_forged(*executor, closing,
                  {"  return 7;\n}\n" + kCppSpeaks +
                   "struct Early { Early() { speak(); } } early;\nvoid g() {\n"});
    const SuiteItem arrow = cpp("#include <cassert>\nauto main() -> int { assert(f(1) == 2); }");
    expect_wrong(*executor, arrow, {wrong});
  }
}

TEST_CASE("Control: a Python program that speaks for its tests is found out", "[hostile][control]") {
  const std::string box = "    return 7\nclass Box:\n    def __init__(self, v):\n        self.v = v\n";
  for (const auto& executor : make_executors()) {
    if (!runnable(*executor, python_together())) return;
    expect_forged(*executor, python_together(),
                  {// The pipes to the trusted half, by their protocol.
                   box + R"(
import fcntl, json, os, stat, struct
pipes = {}
for fd in range(3, 64):
    try:
        if stat.S_ISFIFO(os.fstat(fd).st_mode): pipes[fcntl.fcntl(fd, fcntl.F_GETFL) & 3] = fd
    except OSError: pass
def say(m):
    data = json.dumps(m).encode()
    os.write(pipes[os.O_WRONLY], struct.pack('>I', len(data)) + data)
say(['done'])
size = struct.unpack('>I', os.read(pipes[os.O_RDONLY], 4))[0]
say(['passed', json.loads(os.read(pipes[os.O_RDONLY], size))])
os._exit(0)
)",
                   // The driver's own functions.
                   box + R"(
import sys
frame = sys._getframe()
while 'replies' not in frame.f_locals: frame = frame.f_back
asked, told, driver = frame.f_locals['requests'], frame.f_locals['replies'], frame.f_globals
def pretend(e):
    driver['send'](told, ['done'])
    driver['send'](told, ['passed', driver['receive'](asked)])
    import os
    os._exit(0)
driver['classify'] = pretend
)"});
  }
}

TEST_CASE("Control: tests that cannot fail are named, and a pass that cannot be shown is none",
          "[control]") {
  for (const auto& executor : make_executors()) {
    Suite suite;
    suite.items = {javascript("return;\n" + kStrict), bash("return 0\n[[ \"$(f 1)\" == 2 ]]")};
    suite.items[0].id = "mute-js";
    suite.items[1].id = "mute-sh";
    if (!runnable(*executor, suite.items[0])) suite.items.erase(suite.items.begin());
    const SuiteCheck check = verify_suite(suite, *executor, 2);
    CAPTURE(check.failures);
    CHECK(check.references_pass == 0);
    CHECK(check.stubs_fail == 0);
    CHECK_FALSE(check.good());
    REQUIRE(check.failures.size() == 2 * suite.items.size());
    CHECK_THAT(check.failures.back(), ContainsSubstring("mute-sh: the stub does not fail: forged"));
    CHECK_THAT(check.failures[check.failures.size() - 2],
               ContainsSubstring("mute-sh: its tests cannot fail: the reference: forged"));

    // It ends, but not as the checks say: run once more, then no pass, and visible as such.
    const std::size_t before = executor->counts().controls;
    const RunVerdict v = executor->run(bash("[[ \"$(f 1)\" == 2 ]] || exit 1"),
                                       "  echo $(($1 + 1))\n}\nexit() { (( BASH_SUBSHELL == 0 )) && "
                                       "builtin exit 9; builtin exit \"$@\"; }\n");
    CAPTURE(v.detail);
    CHECK(v.cls == RunClass::unproven);
    CHECK_THAT(v.detail, ContainsSubstring("exit status 9"));
    CHECK(executor->counts().controls - before == 2);
  }
}

TEST_CASE("Control: forged passes are failures with a flag, and cost is for passes only",
          "[control]") {
  for (const auto& executor : make_executors()) {
    Suite suite;
    suite.items = {bash("[[ \"$(f 1)\" == 2 ]] || exit 1")};
    std::vector<ItemScore> scores(3);
    for (ItemScore& s : scores) {
      s.item = "sh";
      s.answered = true;
    }
    scores[0].completion = "  echo 2\n}\n";
    scores[1].completion = "  echo 7\n}\nexit() { :; }\n";
    scores[2].completion = "  echo 7\n}\n";
    add_execution(scores, suite, *executor, 2);
    CHECK(scores[0].scores.at("pass1") == 1);
    CHECK(scores[1].scores.at("pass1") == 0);
    CHECK(scores[1].flags == std::vector<std::string>{"run_forged"});
    CHECK(scores[2].scores.at("pass1") == 0);
    CHECK(scores[2].flags.empty());
    CHECK(executor->counts().controls == 2);
    CHECK(executor->counts().runs == 5);
    // Python tests that run apart need none.
    SuiteItem apart;
    apart.id = "py";
    apart.language = "python";
    apart.entry_point = "f";
    apart.prompt = "def f(x):\n";
    apart.reference = "    return x + 1\n";
    apart.tests = "def check(candidate):\n    assert candidate(1) == 2\n";
    CHECK(executor->run(apart, "    return 1 + x\n").cls == RunClass::pass);
    CHECK(executor->counts().controls == 2);
  }
}

TEST_CASE("Control: verdicts of a grader that found less are not believed", "[control]") {
  std::string why;
  if (make_best_sandbox(why) == nullptr) {
    WARN("skipped: " << why);
    return;
  }
  std::string version(200, '\0');
  FILE* pipe = popen("LANG=C.UTF-8 /bin/bash --version", "r");
  REQUIRE(pipe != nullptr);
  version.resize(std::fread(version.data(), 1, version.size(), pipe));
  pclose(pipe);
  version.resize(version.find('\n'));
  const SuiteItem item = bash("[[ \"$(f 1)\" == 2 ]] || exit 1");
  const std::string wrong = "  echo 7\n}\n";
  const Limits limits;
  const auto run_with = [&](const std::string& grader) {
    const TempDir dir;
    const std::string setting =
        grader + "bash " + version + " together 10/10/" + std::to_string(limits.memory) + "/64";
    const std::string key = content_key({item.prompt + wrong, item.tests, "", setting});
    const std::string file =
        dir.write("verdicts.jsonl", "{\"key\":\"" + key + "\",\"class\":\"pass\"}\n");
    return Executor(make_best_sandbox(why), limits, file).run(item, wrong);
  };
  const RunVerdict old = run_with("");
  CHECK_FALSE(old.cached);
  CHECK(old.cls == RunClass::assert_fail);
  // The same line under the present key is believed: the test looks at the right place.
  const RunVerdict present = run_with("grader 2 ");
  CHECK(present.cached);
  CHECK(present.cls == RunClass::pass);
}
