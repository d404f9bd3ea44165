// Programs that try to be judged right without being right, in each tier that works here: by ending
// early, by changing what tests stand on, by reading what must come back, by writing it themselves.

#include "catch.hpp"
#include "executors.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

std::vector<std::unique_ptr<Executor>> executors() { return executors_of_tiers(2); }

/// The reference passes, none of the others does, and none is taken for a fault of ours.
void expect_caught(Executor& executor, const SuiteItem& item,
                   const std::vector<std::string>& completions) {
  CAPTURE(executor.sandbox().description(), item.language);
  if (!runnable(executor, item)) return;
  REQUIRE(executor.run(item, item.reference).cls == RunClass::pass);
  for (const std::string& completion : completions) {
    const RunVerdict v = executor.run(item, completion);
    CAPTURE(completion, v.detail, to_string(v.cls));
    CHECK(v.cls != RunClass::pass);
    CHECK(v.cls != RunClass::infra_error);
  }
}

SuiteItem python(bool together) {
  SuiteItem item;
  item.id = "py";
  item.language = "python";
  item.entry_point = "f";
  item.prompt = "def f(x):\n";
  item.reference = "    return x + 1\n";
  item.tests = "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(3) == 4\n";
  if (together) {
    // Needs the candidate's own class, so that these tests cannot run apart.
    item.reference += "class Box:\n    def __init__(self, v):\n        self.v = v\n";
    item.tests = "def check(candidate):\n    b = Box(candidate(1))\n    assert b.v == 2\n    assert "
                 "candidate(3) == 4\n";
  }
  return item;
}

/// Everything that can be read is written everywhere, in the shape of a verdict.
const char* const kPythonSearch = R"(
import os, gc, sys
found = []
for fd in range(3, 256):
    try:
        os.set_blocking(fd, False)
        found.append(os.read(fd, 1 << 16))
    except OSError: pass
for pid in ['self'] + [str(p) for p in range(1, 40)] + [str(os.getppid())]:
    for name in ['environ', 'cmdline', 'stack', 'maps'] + ['fd/%d' % d for d in range(12)]:
        try:
            fd = os.open('/proc/%s/%s' % (pid, name), os.O_RDONLY | os.O_NONBLOCK)
            found.append(os.read(fd, 1 << 16))
        except OSError: pass
    try:
        with open('/proc/%s/maps' % pid) as maps, open('/proc/%s/mem' % pid, 'rb') as mem:
            for line in maps:
                area, mode = line.split()[:2]
                begin, end = [int(a, 16) for a in area.split('-')]
                if 'w' in mode and end - begin < 1 << 22:
                    mem.seek(begin)
                    found.append(mem.read(end - begin))
    except (OSError, ValueError, OverflowError): pass
import re
words = set()
for data in found: words.update(re.findall(rb'(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])', data))
for fd in range(3, 256):
    for w in words:
        try: os.write(fd, w + b' pass\n')
        except OSError: pass
)";

}  // namespace

TEST_CASE("Hostile: a Python program does not get past its tests", "[hostile]") {
  for (const auto& executor : executors()) {
    for (const bool together : {false, true}) {
      CAPTURE(together);
      const std::string box =
          together ? "class Box:\n    def __init__(self, v):\n        self.v = v\n" : "";
      const auto with = [&](const std::string& after) {
        return "    return 7\n" + box + after;
      };
      expect_caught(
          *executor, python(together),
          {with("import os\nos._exit(0)\n"), with("import sys\nsys.exit(0)\n"),
           with("raise SystemExit\n"), with("import atexit, os\natexit.register(os._exit, 0)\n"),
           with("import os, threading\nthreading.Timer(0.01, os._exit, (0,)).start()\n"),
           with("import os, signal\nsignal.signal(signal.SIGALRM, lambda *a: "
                "os._exit(0))\nsignal.setitimer(signal.ITIMER_REAL, 0.001)\nimport "
                "time\ntime.sleep(0.05)\n"),
           "    import os; os._exit(0)\n" + box, "    raise SystemExit(0)\n" + box,
           with("import os\nos.kill(os.getpid(), 9)\n"),
           with("import os\nif os.fork() == 0: os._exit(0)\nos.wait()\nos._exit(0)\n"),
           with("import os\nos.execv('/usr/bin/true', ['true'])\n"),
           // What tests stand on.
           with("import builtins\nbuiltins.AssertionError = Exception\n"),
           with("import builtins\nbuiltins.__build_class__ = None\n"),
           with("import sys\nsys.stdout = sys.stderr = open('/dev/null', 'w')\nprint('0 pass')\n"),
           with("import sys, os\nsys.exit = os._exit\nos.dup2(1, 4)\nos.close(4)\n"),
           with("import os\nfor fd in range(3, 256):\n    try: os.close(fd)\n    except OSError: "
                "pass\n"),
           with("import sys\nsys.settrace(lambda *a: None)\nsys.setrecursionlimit(50)\n"),
           with("import sys\nsys.modules['os'] = sys.modules['json'] = None\n"),
           // The channel.
           with("import os\nfor fd in range(1, 64):\n    try: os.write(fd, b'0 pass\\n')\n    "
                "except OSError: pass\n"),
           with("import os\nos.write(4, b'done\\n') if os.path.exists('/proc/self/fd/4') else "
                "None\n"),
           with("import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'\\0\\0\\0\\x0e"
                "[\"passed\", \"\"]'); os.write(fd, b'\\0\\0\\0\\x08[\"done\"]')\n    except "
                "OSError: pass\nos._exit(0)\n"),
           with(kPythonSearch)});
    }
  }
}

TEST_CASE("Hostile: a shell, a JavaScript and a C++ program do not get past their tests",
          "[hostile]") {
  for (const auto& executor : executors()) {
    SuiteItem bash;
    bash.id = "sh";
    bash.language = "bash";
    bash.prompt = "f() {\n";
    bash.reference = "  echo $(($1 + 1))\n}\n";
    bash.tests = "[[ \"$(f 1)\" == 2 ]] || exit 1\n[[ \"$(f 3)\" == 4 ]]\n";
    const std::string wrong = "  echo 7\n}\n";
    expect_caught(
        *executor, bash,
        {wrong + "exit 0\n", wrong + "trap 'exit 0' EXIT\nexit 1\n", wrong + "kill -9 $$\n",
         wrong + "exec true\n", wrong + "set -n\n", wrong + "printf '0 pass\\n' >&4\nexit 0\n",
         // The driver's descriptors, wherever the shell keeps them.
         wrong + "for fd in 3 10 11 12 13 14 255; do IFS= read -r -t 0.1 -u $fd n 2>/dev/null && "
                 "for out in 4 10 11 12 13 14; do printf '%s pass\\n' \"$n\" >&$out; done; done\n"
                 "exit 0\n",
         wrong + "n=$(timeout 0.3 cat /proc/$$/fd/3 /proc/$PPID/fd/3 /proc/self/fd/3 "
                 "2>/dev/null)\nprintf '%s pass\\n' \"$n\" >/proc/$$/fd/4\nexit 0\n",
         wrong + "n=$(grep -aoE '[0-9a-f]{32}' /proc/self/environ /proc/$$/environ 2>/dev/null | "
                 "head -1)\nprintf '%s pass\\n' \"$n\" >&10\nexit 0\n"});

    SuiteItem js;
    js.id = "js";
    js.language = "javascript";
    js.prompt = "function f(x) {\n";
    js.reference = "  return x + 1;\n}\n";
    js.tests = "assert.strictEqual(f(1), 2);\nassert.strictEqual(f(3), 4);\n";
    const std::string seven = "  return 7;\n}\n";
    expect_caught(
        *executor, js,
        {seven + "process.exit(0);\n", seven + "process.on('exit', () => { process.exitCode = 0; "
                                               "});\n",
         seven + "process.on('uncaughtException', () => process.exit(0));\n",
         seven + "process.reallyExit(0);\n", seven + "process.kill(process.pid, 'SIGKILL');\n",
         seven + "require('fs').writeSync(4, '0 pass\\n'); process.exit(0);\n",
         seven + "const fs = require('fs');\nlet n = '';\nfor (const p of "
                 "['/proc/self/environ', '/proc/self/cmdline', '/proc/' + process.ppid + "
                 "'/environ']) try { n += fs.readFileSync(p, 'latin1'); } catch (e) "
                 "{}\nconst m = n.match(/[0-9a-f]{32}/);\nfs.writeSync(4, (m ? m[0] : n) + ' "
                 "pass\\n');\nprocess.exit(0);\n"});

    SuiteItem cpp;
    cpp.id = "cpp";
    cpp.language = "cpp";
    cpp.prompt = "#include <cstdlib>\nint f(int x) {\n";
    cpp.reference = "  return x + 1;\n}\n";
    cpp.tests = "#undef NDEBUG\n#include <cassert>\nint main() { assert(f(1) == 2); assert(f(3) == "
                "4); }\n";
    const std::string cpp_wrong = "  return 7;\n}\n#include <unistd.h>\n#include <fcntl.h>\n#include "
                                  "<cstdio>\n#include <cstring>\n#include <csignal>\n";
    const auto early = [&](const std::string& body) {
      return cpp_wrong + "struct Early { Early() {" + body + "} } early_one;\n";
    };
    expect_caught(
        *executor, cpp,
        {early("_exit(0);"), early("std::exit(0);"), early("std::quick_exit(0);"),
         early("std::signal(SIGABRT, [](int) { _exit(0); });"), early("raise(SIGKILL);"),
         early("execl(\"/usr/bin/true\", \"true\", nullptr);"),
         early("write(4, \"0 pass\\n\", 7); _exit(0);"), early("close(4); close(3);"),
         early("fcntl(3, F_SETFL, O_NONBLOCK); char b[99]; long n = read(3, b, 90); if (n > 0) { "
               "strcpy(b + n, \" pass\\n\"); write(4, b, n + 6); _exit(0); }"),
         early("int fd = open(\"/proc/self/fd/3\", O_RDONLY | O_NONBLOCK); char b[99]; long n = "
               "read(fd, b, 90); if (n > 0) { memcpy(b + n - 1, \" pass\\n\", 6); write(4, b, n + "
               "5); _exit(0); }")});
  }
}
