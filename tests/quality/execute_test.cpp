#include "quality/execute.hpp"

#include <iostream>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

SuiteItem python(const std::string& tests, const std::string& reference = "    return x + 1\n") {
  SuiteItem item;
  item.id = "py";
  item.language = "python";
  item.prompt = "def f(x):\n    \"\"\"Adds one.\"\"\"\n";
  item.reference = reference;
  item.entry_point = "f";
  item.tests = tests;
  return item;
}
const std::string kCheck =
    "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(-1) == 0\n";

SuiteItem cpp() {
  SuiteItem item;
  item.id = "cpp";
  item.language = "cpp";
  item.prompt = "#include <vector>\nint f(int x) {\n";
  item.reference = "  return x + 1;\n}\n";
  item.tests = "#undef NDEBUG\n#include <cassert>\nint main() { assert(f(1) == 2); }\n";
  return item;
}
SuiteItem javascript() {
  SuiteItem item;
  item.id = "js";
  item.language = "javascript";
  item.prompt = "function f(x) {\n";
  item.reference = "  return x + 1;\n}\n";
  item.tests = "const assert = require('assert');\nassert.strictEqual(f(1), 2);\n";
  return item;
}
SuiteItem bash() {
  SuiteItem item;
  item.id = "sh";
  item.language = "bash";
  item.prompt = "f() {\n";
  item.reference = "  echo $(($1 + 1))\n}\n";
  item.tests = "[[ \"$(f 1)\" == 2 ]] || exit 1\n[[ \"$(f -1)\" == 0 ]]\n";
  return item;
}

/// An executor per tier that works here.
std::vector<std::unique_ptr<Executor>> make_executors(Limits limits = {}) {
  std::vector<std::unique_ptr<Executor>> out;
  for (const Tier tier : {Tier::namespaces, Tier::landlock}) {
    std::string why;
    if (auto sandbox = make_sandbox(tier, why))
      out.push_back(std::make_unique<Executor>(std::move(sandbox), limits));
  }
  return out;
}
const std::vector<std::unique_ptr<Executor>>& executors() {
  static const auto all = make_executors();
  return all;
}

bool runnable(Executor& executor, const SuiteItem& item) {
  std::string why;
  const bool can = executor.can_run(item, why);
  if (!can) WARN("skipped: " << item.language << ": " << why);
  return can;
}

RunClass run(Executor& executor, const SuiteItem& item, const std::string& completion) {
  const RunVerdict v = executor.run(item, completion);
  CAPTURE(v.detail, to_string(v.cls));
  REQUIRE(v.cls != RunClass::infra_error);
  return v.cls;
}

}  // namespace

#define FOR_EACH_EXECUTOR                        \
  if (executors().empty()) {                     \
    WARN("skipped: no sandbox tier works here"); \
    return;                                      \
  }                                              \
  for (const auto& executor : executors())

TEST_CASE("Each language tells a right program from each kind of wrong one", "[execute]") {
  FOR_EACH_EXECUTOR {
    CAPTURE(executor->sandbox().description());
    if (const SuiteItem item = python(kCheck); runnable(*executor, item)) {
      REQUIRE(run(*executor, item, item.reference) == RunClass::pass);
      REQUIRE(run(*executor, item, "    return x\n") == RunClass::assert_fail);
      REQUIRE(run(*executor, item, "    return y\n") == RunClass::exception);
      REQUIRE(run(*executor, item, "    return (x\n") == RunClass::syntax_error);
      REQUIRE(run(*executor, item, "    return [0] * (1 << 40)\n") == RunClass::oom);
    }
    if (const SuiteItem item = cpp(); runnable(*executor, item)) {
      REQUIRE(run(*executor, item, item.reference) == RunClass::pass);
      REQUIRE(run(*executor, item, "  return x;\n}\n") == RunClass::assert_fail);
      REQUIRE(run(*executor, item, "  return *reinterpret_cast<int*>(x);\n}\n") ==
              RunClass::exception);
      REQUIRE(run(*executor, item, "  return x\n}\n") == RunClass::syntax_error);
      REQUIRE(run(*executor, item, "  return std::vector<char>(1ULL << 40)[0];\n}\n") ==
              RunClass::oom);
    }
    if (const SuiteItem item = javascript(); runnable(*executor, item)) {
      REQUIRE(run(*executor, item, item.reference) == RunClass::pass);
      REQUIRE(run(*executor, item, "  return x;\n}\n") == RunClass::assert_fail);
      REQUIRE(run(*executor, item, "  return y;\n}\n") == RunClass::exception);
      REQUIRE(run(*executor, item, "  return (x;\n}\n") == RunClass::syntax_error);
    }
    if (const SuiteItem item = bash(); runnable(*executor, item)) {
      REQUIRE(run(*executor, item, item.reference) == RunClass::pass);
      REQUIRE(run(*executor, item, "  echo $1\n}\n") == RunClass::assert_fail);
      REQUIRE(run(*executor, item, "  echo $(($1 + 1)\n}\n") == RunClass::syntax_error);
    }
  }
}

TEST_CASE("Ending before the tests is no pass in any language", "[execute]") {
  FOR_EACH_EXECUTOR {
    CAPTURE(executor->sandbox().description());
    const SuiteItem item = python(kCheck);
    REQUIRE(run(*executor, item, "    import os; os._exit(0)\n") == RunClass::exception);
    REQUIRE(run(*executor, item, "    raise SystemExit(0)\n") == RunClass::exception);
    REQUIRE(run(*executor, item, "    return x + 1\nimport os\nos._exit(0)\n") ==
            RunClass::exception);
    if (runnable(*executor, cpp())) {
      REQUIRE(run(*executor, cpp(), "  __builtin_exit(0);\n}\n") != RunClass::pass);
      REQUIRE(
          run(*executor, cpp(),
              "  return x + 1;\n}\n#include <cstdlib>\nstruct S { S() { std::exit(0); } } s;\n") ==
          RunClass::exception);
    }
    if (runnable(*executor, javascript())) {
      REQUIRE(run(*executor, javascript(), "  process.exit(0);\n}\n") == RunClass::exception);
      REQUIRE(run(*executor, javascript(), "  return x + 1;\n}\nprocess.exit(0);\n") ==
              RunClass::exception);
      REQUIRE(run(*executor, javascript(),
                  "  setTimeout(() => process.exit(0), 1); return x + 1;\n}\n") ==
              RunClass::exception);
    }
    if (runnable(*executor, bash())) {
      REQUIRE(run(*executor, bash(), "  exit 0\n}\n") != RunClass::pass);
      REQUIRE(run(*executor, bash(), "  echo $(($1 + 1))\n}\nexit 0\n") == RunClass::exception);
    }
  }
}

TEST_CASE("A Python candidate cannot talk its way past the tests", "[execute]") {
  FOR_EACH_EXECUTOR {
    CAPTURE(executor->sandbox().description());
    const SuiteItem item = python(kCheck);
    const auto verdict = [&](const std::string& completion) {
      return run(*executor, item, completion);
    };
    // An object that equals everything is no plain data.
    REQUIRE(
        verdict(
            "    class Yes:\n        def __eq__(self, other): return True\n    return Yes()\n") !=
        RunClass::pass);
    REQUIRE(verdict("    class Yes(int):\n        def __eq__(self, other): return True\n    return "
                    "Yes(7)\n") == RunClass::assert_fail);
    // Tampering with what asserts need, in the candidate's own process.
    REQUIRE(verdict("    import builtins; builtins.AssertionError = type('E', (Exception,), {}); "
                    "return 7\n") == RunClass::assert_fail);
    // Writing whatever can be found to whatever is open.
    REQUIRE(verdict(R"(    import os, gc, sys
    found = b''
    for fd in range(3, 256):
        try:
            os.set_blocking(fd, False)
            found += os.read(fd, 1 << 16)
        except OSError: pass
    for pid in ('self', os.getppid(), 1, 2, 3, 4, 5):
        for name in ('environ', 'cmdline', 'mem', 'fd/3', 'maps'):
            try: found += open('/proc/%s/%s' % (pid, name), 'rb').read(1 << 16)
            except Exception: pass
    for o in gc.get_objects():
        if isinstance(o, dict) and 'nonce' in o: found += repr(o).encode()
    for fd in range(3, 256):
        for line in (found[:64], b'pass', found.split(b' ')[0] + b' pass\n'):
            try: os.write(fd, line)
            except OSError: pass
    return 7
)") != RunClass::pass);
    REQUIRE(verdict("    import os, signal; os.kill(os.getppid(), signal.SIGKILL); return 7\n") !=
            RunClass::pass);
    REQUIRE(verdict("    import ctypes, os\n    ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0)\n "
                    "   return 7\n") != RunClass::pass);
    // The tests are not where the candidate can read them.
    REQUIRE(
        verdict("    import glob\n    for f in glob.glob('*'):\n        assert 'candidate' + '(1) "
                "== 2' not in open(f).read()\n"
                "    return x + 1\n") == RunClass::pass);
  }
}

TEST_CASE("Values of every plain kind survive the way to the trusted tests", "[execute]") {
  FOR_EACH_EXECUTOR {
    SuiteItem item = python(R"(
def check(candidate):
    for v in (None, True, 0, -1, 10**5000, 0.1, float('inf'), -0.0, 'é漢\ud800\n', b'\x00\xff', 2j, [1, [2]], (1,), {1}, frozenset({1}),
              {'a': [1], (1, 2): None}, range(3), '', [], {}):
        r = candidate(v)
        assert r == v and type(r) is type(v), v
    n = candidate(float('nan'))
    assert n != n
    import collections, decimal
    assert candidate(decimal.Decimal('1.10')) == decimal.Decimal('1.10')
    assert candidate(collections.Counter('aab')) == {'a': 2, 'b': 1}
    assert candidate(k=3, x=4) == 4
)");
    item.prompt = "def f(x, k=None):\n";
    item.reference = "    return x\n";
    REQUIRE(run(*executor, item, item.reference) == RunClass::pass);
    REQUIRE(run(*executor, item, "    return x or 0\n") == RunClass::assert_fail);
    // Raised errors, arguments changed in place and iterators arrive as well.
    SuiteItem more = python(R"(
def check(candidate):
    try:
        candidate(None)
        assert False
    except TypeError: pass
    a = [3, 1, 2]
    assert list(candidate(a)) == [1, 2, 3]
    assert a == [1, 2, 3]
)",
                            "    x.sort() if x is not None else len(x)\n    return iter(x)\n");
    REQUIRE(run(*executor, more, more.reference) == RunClass::pass);
    REQUIRE(run(*executor, more, "    return iter(sorted(x))\n") == RunClass::assert_fail);
  }
}

TEST_CASE("Tests that need the candidate's own classes run with it", "[execute]") {
  FOR_EACH_EXECUTOR {
    SuiteItem item = python(
        "def check(candidate):\n    s = Stack()\n    s.push(candidate(1))\n    assert s.pop() == "
        "2\n");
    item.prompt = "class Stack:\n    def __init__(self):\n        self.items = []\n";
    item.reference =
        "    def push(self, x):\n        self.items.append(x)\n    def pop(self):\n        return "
        "self.items.pop()\n"
        "def f(x):\n    return x + 1\n";
    REQUIRE(run(*executor, item, item.reference) == RunClass::pass);
    REQUIRE(run(*executor, item,
                "    def push(self, x): pass\n    def pop(self): return 3\ndef f(x): return 1\n") ==
            RunClass::assert_fail);
    REQUIRE(run(*executor, item, "    pass\nimport os\nos._exit(0)\n") == RunClass::exception);
    // Plain asserts at top level, without check(), and helpers that the prompt defines.
    SuiteItem plain = python("assert f(1) == helper(1)\n");
    plain.prompt = "def helper(y):\n    return y + 1\n\ndef f(x):\n";
    REQUIRE(run(*executor, plain, plain.reference) == RunClass::pass);
    REQUIRE(run(*executor, plain, "    return 0\n") == RunClass::assert_fail);
  }
}

TEST_CASE(
    "A program that never ends is run again, alone and with more time, before it counts as one",
    "[execute]") {
  Limits limits;
  limits.wall_s = 1;
  for (const auto& executor : make_executors(limits)) {
    const RunVerdict v = executor->run(python(kCheck), "    while True: pass\n");
    REQUIRE(v.cls == RunClass::timeout);
    REQUIRE(v.repeated);
    // Too slow for the first time, not for the second.
    const RunVerdict slow =
        executor->run(python(kCheck), "    import time; time.sleep(0.7); return x + 1\n");
    REQUIRE(slow.cls == RunClass::pass);
    REQUIRE(slow.repeated);
    REQUIRE(executor->counts().repeated == 2);
  }
}

TEST_CASE("Equal programs run once, and verdicts survive in the cache file", "[execute]") {
  if (executors().empty()) return;
  const TempDir dir;
  std::string why;
  const std::string file = dir.at("verdicts.jsonl");
  {
    Executor first(make_best_sandbox(why), {}, file);
    REQUIRE_FALSE(first.run(python(kCheck), "    return 1 + x\n").cached);
    REQUIRE(first.run(python(kCheck), "    return 1 + x\n").cached);
    REQUIRE_FALSE(first.run(python(kCheck), "    return x + 2\n").cached);
  }
  dir.write("verdicts.jsonl", slurp(file) + "{\"key\":\"cut in the mid");
  Executor second(make_best_sandbox(why), {}, file);
  const RunVerdict v = second.run(python(kCheck), "    return x + 2\n");
  REQUIRE(v.cached);
  REQUIRE(v.cls == RunClass::assert_fail);
}

TEST_CASE("An item that cannot be executed is named, and scored by nothing", "[execute]") {
  FOR_EACH_EXECUTOR {
    std::string why;
    SuiteItem item = python("");
    REQUIRE_FALSE(executor->can_run(item, why));
    REQUIRE(why == "no tests");
    item = python(kCheck);
    item.language = "cobol";
    REQUIRE_FALSE(executor->can_run(item, why));
    REQUIRE(why == "cobol is not executed");
    REQUIRE(executor->run(item, "x").cls == RunClass::infra_error);
  }
}

TEST_CASE("Scores get pass1 where there are tests and an answer", "[execute]") {
  FOR_EACH_EXECUTOR {
    Suite suite;
    suite.items = {python(kCheck), python("")};
    suite.items[1].id = "untested";
    std::vector<ItemScore> scores(4);
    for (ItemScore& s : scores) {
      s.item = "py";
      s.answered = true;
    }
    scores[0].completion = "    return x + 1\n";
    scores[1].completion = "    return x\n";
    scores[2].answered = false;
    scores[3].item = "untested";
    add_execution(scores, suite, *executor, 2);
    REQUIRE(scores[0].scores.at("pass1") == 1);
    REQUIRE(scores[1].scores.at("pass1") == 0);
    REQUIRE(scores[2].scores.empty());
    REQUIRE(scores[3].scores.empty());
  }
}

TEST_CASE("Verification finds references that fail and stubs that pass", "[execute]") {
  FOR_EACH_EXECUTOR {
    Suite suite;
    suite.items = {python(kCheck), cpp(), javascript(), bash(), python("")};
    suite.items[4].id = "untested";
    const SuiteCheck good = verify_suite(suite, *executor, 2);
    CAPTURE(good.failures);
    REQUIRE(good.good());
    REQUIRE(good.skipped.size() + good.executable >= 2);
    REQUIRE(good.skipped.back() == "1 items: no tests");
    suite.items = {python(kCheck, "    return x\n"),
                   python("def check(candidate):\n    candidate(1)\n")};
    suite.items[1].id = "vacuous";
    const SuiteCheck bad = verify_suite(suite, *executor, 2);
    REQUIRE_FALSE(bad.good());
    REQUIRE(bad.sentence() == "1 of 2 references pass, 1 of 2 stubs fail");
    REQUIRE(bad.failures.size() == 2);
    REQUIRE_THAT(bad.failures[0],
                 ContainsSubstring("py: the reference does not pass: assert_fail"));
    REQUIRE(bad.failures[1] == "vacuous: the stub does not fail: pass");
  }
}

TEST_CASE("pass@k is the unbiased estimate", "[execute]") {
  REQUIRE(pass_at_k(10, 3, 1) == Approx(0.3));
  REQUIRE(pass_at_k(10, 3, 5) == Approx(1 - 21.0 / 252));  // C(7,5)/C(10,5)
  REQUIRE(pass_at_k(5, 0, 3) == 0);
  REQUIRE(pass_at_k(5, 3, 3) == 1);
  REQUIRE(pass_at_k(200, 100, 100) == Approx(1));
}
