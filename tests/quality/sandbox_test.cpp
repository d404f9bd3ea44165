// What hostile programs may not do, in each tier that works here. Every test runs with the limits
// that keep the host safe should a tier leak.

#include "quality/sandbox.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "catch.hpp"
#include "core/time.hpp"
#include "temp_dir.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

/// The sandboxes that work on this machine, made once.
const std::vector<const Sandbox*>& sandboxes() {
  static const std::vector<std::unique_ptr<Sandbox>> owned = [] {
    std::vector<std::unique_ptr<Sandbox>> out;
    for (const Tier tier : {Tier::namespaces, Tier::landlock}) {
      std::string why;
      if (auto sandbox = make_sandbox(tier, why)) {
        out.push_back(std::move(sandbox));
      } else {
        std::cerr << "skipped: tier " << to_string(tier) << ": " << why << '\n';
      }
    }
    return out;
  }();
  static const std::vector<const Sandbox*> all = [] {
    std::vector<const Sandbox*> out;
    for (const auto& sandbox : owned) out.push_back(sandbox.get());
    return out;
  }();
  return all;
}

Limits tight() {
  Limits limits;
  limits.wall_s = 4;
  return limits;
}

SandboxResult run_python(const Sandbox& sandbox, const std::string& code, Limits limits = tight(),
                         const std::string& name = "hostile.py") {
  SandboxJob job;
  job.argv = {"python3", "-I", "-B", name};
  job.files = {{name, code}};
  job.secret = "secret\n";
  job.limits = limits;
  return sandbox.run(job);
}

/// Processes whose command line mentions `marker`.
int processes_named(const std::string& marker) {
  int found = 0;
  std::error_code gone;
  for (std::filesystem::directory_iterator entry("/proc", gone), end; !gone && entry != end;
       entry.increment(gone)) {
    const int fd = open((entry->path() / "cmdline").c_str(), O_RDONLY | O_CLOEXEC);
    char text[4096];
    const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);  // processes vanish meanwhile
    if (fd >= 0) close(fd);
    if (n > 0 && std::string(text, static_cast<std::size_t>(n)).find(marker) != std::string::npos)
      ++found;
  }
  return found;
}

void wait_until_gone(const std::string& marker) {
  for (int i = 0; i < 200 && processes_named(marker) > 0; ++i) usleep(10'000);
}

std::string unique_name(const std::string& what) {
  return what + "-" + std::to_string(getpid()) + ".py";
}

#define FOR_EACH_TIER                                                         \
  if (sandboxes().empty() || find_program("python3").empty()) {               \
    WARN("skipped: no sandbox tier works here, or python3 is not installed"); \
    return;                                                                   \
  }                                                                           \
  for (const Sandbox* sandbox : sandboxes())

}  // namespace

TEST_CASE("A tame program gets its files, its secret and its reply through", "[sandbox]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const SandboxResult r = run_python(*sandbox, R"(
import os, sys
print("out"); sys.stderr.write("err\n"); sys.stdout.flush()
os.write(4, os.read(3, 100) + open("hostile.py").readline().encode())
open("mine", "w").write("x")
sys.exit(7)
)");
    CAPTURE(r.why, r.output);
    REQUIRE(r.ended == Ended::exited);
    REQUIRE(r.status == 7);
    REQUIRE(r.reply == "secret\n\n");
    REQUIRE_THAT(r.output, ContainsSubstring("out\n"));
    REQUIRE_THAT(r.output, ContainsSubstring("err\n"));
  }
}

TEST_CASE("A missing program is a failure of the sandbox, not of the candidate", "[sandbox]") {
  FOR_EACH_TIER {
    SandboxJob job;
    job.argv = {"no-such-interpreter"};
    const SandboxResult r = sandbox->run(job);
    REQUIRE(r.ended == Ended::failed);
    REQUIRE(r.why == "no-such-interpreter is not installed");
  }
}

TEST_CASE("A fork bomb is stopped and leaves nothing behind", "[sandbox]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const std::string name = unique_name("bomb");
    Limits limits = tight();
    limits.wall_s = 2;
    limits.processes = 32;
    const SandboxResult r = run_python(*sandbox, R"(
import os
while True:
    try: os.fork()
    except OSError: pass
)",
                                       limits, name);
    REQUIRE((r.ended == Ended::timeout || r.ended == Ended::process_limit));
    wait_until_gone(name);
    REQUIRE(processes_named(name) == 0);
  }
}

TEST_CASE("Memory is limited, at once and bit by bit", "[sandbox]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const SandboxResult once = run_python(*sandbox, "x = bytearray(8 << 30)\n");
    REQUIRE(once.ended == Ended::exited);
    REQUIRE(once.status == 1);
    REQUIRE_THAT(once.output, ContainsSubstring("MemoryError"));
    Limits limits = tight();
    limits.memory = 200U << 20U;
    const SandboxResult creeping = run_python(
        *sandbox,
        "import time\nx = []\nwhile True:\n    x.append(b'x' * (10 << 20)); time.sleep(0.005)\n",
        limits);
    REQUIRE(creeping.ended == Ended::memory);
    const SandboxResult spread = run_python(*sandbox, R"(
import os, time
for i in range(8):
    if os.fork() == 0: break
x = b'x' * (40 << 20)
time.sleep(30)
)",
                                            limits);
    REQUIRE(spread.ended == Ended::memory);
  }
}

TEST_CASE("There is no network, not even to this host", "[sandbox]") {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(listen(listener, 4) == 0);
  REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const SandboxResult r = run_python(*sandbox, R"(
import socket, sys
n = 0
for family, target in ((socket.AF_INET, ("127.0.0.1", )" +
                                                     port + R"()), (socket.AF_UNIX, "\0abstract"),
                       (socket.AF_INET6, ("::1", )" + port +
                                                     R"()), (socket.AF_NETLINK, (0, 0))):
    try:
        s = socket.socket(family, socket.SOCK_STREAM if family != socket.AF_NETLINK else socket.SOCK_RAW)
        s.connect(target); n += 1
    except OSError: pass
sys.exit(n)
)");
    REQUIRE(r.ended == Ended::exited);
    REQUIRE(r.status == 0);
  }
  close(listener);
}

TEST_CASE("Files of the host cannot be read or written", "[sandbox]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const TempDir dir;
    const std::string secret = dir.write("secret.txt", "do not read");
    const char* home = std::getenv("HOME");
    const std::string list = "['/etc/shadow', '/etc/passwd', '/proc/1/environ', '/proc/" +
                             std::to_string(getpid()) + "/environ', '" + secret + "']";
    const SandboxResult r = run_python(
        *sandbox, "import os\nleaks = []\nfor f in " + list + R"(:
    try:
        data = open(f).read()
        if data and 'PYTHONHASHSEED=0' not in data: leaks.append(f)  # init's own is ours
    except OSError: pass
for d in (')" + std::string(home != nullptr ? home : "/root") +
                      R"(', ')" + dir.path() + R"(', '/root', '/home', '/work'):
    try:
        if os.listdir(d): leaks.append(d)
    except OSError: pass
for f in (')" + dir.at("new") +
                      R"(', '/usr/new', '/new', '/etc/new', '/dev/shm/abgate-new', '/var/tmp/new'):
    try:
        open(f, 'w').write('x')
        if not f.startswith(('/new', '/etc/new', '/dev/shm', '/var/tmp')): leaks.append('w' + f)
    except OSError: pass
for link, target in (('l1', '/etc/shadow'), ('l2', ')" +
                      secret + R"(')):
    try:
        os.symlink(target, link)
        leaks.append(open(link).read() and link)
    except OSError: pass
os.write(4, repr(leaks).encode())
)");
    CAPTURE(r.output);
    REQUIRE(r.reply == "[]");
    REQUIRE(slurp(secret) == "do not read");
    for (const char* path :
         {"/usr/new", "/new", "/etc/new", "/dev/shm/abgate-new", "/var/tmp/new"}) {
      REQUIRE_FALSE(std::filesystem::exists(path));
    }
    REQUIRE_FALSE(std::filesystem::exists(dir.at("new")));
  }
}

TEST_CASE("Signals do not reach the parent or anyone else", "[sandbox]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const SandboxResult r = run_python(*sandbox, R"(
import os, signal
for pid in (os.getppid(), )" + std::to_string(getpid()) +
                                                     R"(, -1):
    try: os.kill(pid, signal.SIGKILL)
    except OSError: pass
os.write(4, b'alive')
)");
    // In a pid namespace of its own the program may end its own init; it may not end us.
    CAPTURE(r.why, r.output);
    REQUIRE((r.ended == Ended::exited || r.ended == Ended::signalled));
  }
}

TEST_CASE("Endless output is cut and its program stopped", "[sandbox]") {
  FOR_EACH_TIER {
    const SandboxResult r = run_python(*sandbox, "while True: print('x' * 1000)\n");
    REQUIRE(r.ended == Ended::output_limit);
    REQUIRE(r.output.size() == Limits{}.output_bytes);
    const SandboxResult reply =
        run_python(*sandbox, "import os\nwhile True: os.write(4, b'x' * 1000)\n");
    REQUIRE(reply.ended == Ended::output_limit);
  }
}

TEST_CASE("Files are limited in size and together", "[sandbox]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const SandboxResult one = run_python(*sandbox, R"(
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
f = open('big', 'wb')
for i in range(100): f.write(b'x' * (1 << 20)); f.flush()
)");
    REQUIRE(one.ended == Ended::exited);
    REQUIRE_THAT(one.output, ContainsSubstring("OSError"));
    const SandboxResult many = run_python(*sandbox, R"(
import time
for i in range(40):
    with open('big%d' % i, 'wb') as f: f.write(b'x' * (8 << 20))
time.sleep(3)
)");
    REQUIRE((many.ended == Ended::disk_limit || (many.ended == Ended::exited && many.status == 1)));
  }
}

TEST_CASE("Forbidden system calls end the program", "[sandbox]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    for (const std::string call :
         {"ptrace(0, 0, 0, 0)", "unshare(0x10000000)", "mount(0, b'/', 0, 0, 0)"}) {
      CAPTURE(call);
      const SandboxResult r = run_python(*sandbox, "import ctypes, os\nctypes.CDLL(None)." + call +
                                                       "\nos.write(4, b'still here')\n");
      REQUIRE(r.ended == Ended::signalled);
      REQUIRE(r.status == SIGSYS);
      REQUIRE(r.reply.empty());
    }
  }
}

TEST_CASE("A daemon that leaves its session dies with the run", "[sandbox]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const std::string name = unique_name("daemon");
    const TimePoint begin = now();
    const SandboxResult r = run_python(*sandbox, R"(
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
os.wait()
os.write(4, b'left')
os._exit(0)
)",
                                       tight(), name);
    REQUIRE(r.ended == Ended::exited);
    REQUIRE(r.reply == "left");
    REQUIRE(to_seconds(now() - begin) < 30);
    wait_until_gone(name);
    REQUIRE(processes_named(name) == 0);
  }
}

TEST_CASE("Wall clock and CPU time end a run", "[sandbox]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    Limits limits = tight();
    limits.wall_s = 0.5;
    REQUIRE(run_python(*sandbox, "import time\ntime.sleep(60)\n", limits).ended == Ended::timeout);
    limits.wall_s = 20;
    limits.cpu_s = 1;
    REQUIRE(run_python(*sandbox, "while True: pass\n", limits).ended == Ended::timeout);
  }
}

TEST_CASE("The environment is empty but for what programs need", "[sandbox]") {
  setenv("ABGATE_TEST_API_KEY", "leak", 1);
  FOR_EACH_TIER {
    const SandboxResult r =
        run_python(*sandbox, "import os\nos.write(4, repr(dict(os.environ)).encode())\n");
    REQUIRE_THAT(r.reply, ContainsSubstring("PYTHONHASHSEED"));
    REQUIRE(r.reply.find("leak") == std::string::npos);
  }
  unsetenv("ABGATE_TEST_API_KEY");
}

TEST_CASE("No descriptor of ours is open inside", "[sandbox]") {
  const TempDir dir;
  const std::string path = dir.write("open.txt", "x");
  FILE* leaked = std::fopen(path.c_str(), "r");  // not close-on-exec
  FOR_EACH_TIER {
    const SandboxResult r = run_python(*sandbox, R"(
import os
found = []
for fd in range(5, 256):
    try:
        os.fstat(fd); found.append(fd)
    except OSError: pass
os.write(4, repr(found).encode())
)");
    REQUIRE(r.reply == "[]");
  }
  std::fclose(leaked);
}
