// The hostile suite: what a program might do to the host or to its own verdict, in each tier that
// works here and in each language where it matters. Every case also looks at the host afterwards.

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <thread>

#include "catch.hpp"
#include "quality/execute.hpp"
#include "quality/process_tree.hpp"
#include "quality/sandbox.hpp"
#include "temp_dir.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

constexpr uid_t kNobody = 65534;

std::vector<std::unique_ptr<Sandbox>> sandboxes() {
  std::vector<std::unique_ptr<Sandbox>> out;
  for (const Tier tier : {Tier::namespaces, Tier::landlock}) {
    std::string why;
    if (auto sandbox = make_sandbox(tier, why)) {
      out.push_back(std::move(sandbox));
    } else {
      WARN("skipped: tier " << to_string(tier) << ": " << why);
    }
  }
  return out;
}

std::string first_bytes(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char text[4096];
  const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
  if (fd >= 0) close(fd);
  return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : "";
}

/// The host as a program could leave it: a process and a file of the very user that programs run
/// as, the folder in which tier B makes its working directories, kernel objects of System V.
class Host {
 public:
  Host() {
    chmod(dir_.path().c_str(), 0755);
    std::filesystem::create_directory(dir_.at("work"));
    chmod(dir_.at("work").c_str(), 0755);
    setenv("TMPDIR", dir_.at("work").c_str(), 1);
    file_ = dir_.write("neighbour.txt", "mine");
    chmod(file_.c_str(), 0640);
    if (geteuid() == 0) REQUIRE(chown(file_.c_str(), kNobody, kNobody) == 0);
    stat(file_.c_str(), &before_);
    victim_ = fork();
    if (victim_ == 0) {
      if (geteuid() == 0 && setresuid(kNobody, kNobody, kNobody) != 0) _exit(1);
      execl("/usr/bin/env", "env", "sleep", "600", nullptr);
      _exit(1);
    }
    for (int i = 0; i < 200 && first_bytes("/proc/" + std::to_string(victim_) + "/cmdline")
                                       .find("sleep") != 0; ++i)
      usleep(10'000);
    shared_ = slurp("/proc/sysvipc/shm") + slurp("/proc/sysvipc/sem") + slurp("/proc/sysvipc/msg");
    victim_limits_ = limits_of(victim_);
    own_limits_ = limits_of(getpid());
  }
  ~Host() {
    unsetenv("TMPDIR");
    kill(victim_, SIGKILL);
    waitpid(victim_, nullptr, 0);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  pid_t victim() const { return victim_; }
  const std::string& file() const { return file_; }
  const std::string& name() const { return name_; }

  /// Fails unless everything is as before.
  void check() const {
    for (int i = 0; i < 300 && running() > 0; ++i) usleep(10'000);
    CHECK(running() == 0);
    CHECK(std::filesystem::is_empty(dir_.at("work")));
    struct stat after {};
    REQUIRE(stat(file_.c_str(), &after) == 0);
    CHECK(after.st_mode == before_.st_mode);
    CHECK(after.st_mtim.tv_sec == before_.st_mtim.tv_sec);
    CHECK(after.st_uid == before_.st_uid);
    CHECK(slurp(file_) == "mine");
    CHECK(waitpid(victim_, nullptr, WNOHANG) == 0);
    CHECK(getpriority(PRIO_PROCESS, static_cast<id_t>(victim_)) ==
          getpriority(PRIO_PROCESS, static_cast<id_t>(getpid())));
    CHECK(limits_of(victim_) == victim_limits_);
    CHECK(limits_of(getpid()) == own_limits_);
    CHECK(slurp("/proc/sysvipc/shm") + slurp("/proc/sysvipc/sem") + slurp("/proc/sysvipc/msg") ==
          shared_);
    for (const char* place : {"/", "/tmp/", "/var/tmp/", "/dev/shm/", "/usr/", "/etc/", "/home/"}) {
      CHECK_FALSE(std::filesystem::exists(place + name_ + ".out"));
    }
  }

 private:
  static std::string limits_of(pid_t pid) {
    return slurp("/proc/" + std::to_string(pid) + "/limits");
  }
  /// Processes that run a program of ours.
  int running() const {
    int found = 0;
    std::error_code gone;
    for (std::filesystem::directory_iterator entry("/proc", gone), end; !gone && entry != end;
         entry.increment(gone)) {
      if (first_bytes(entry->path() / "cmdline").find(name_) != std::string::npos) ++found;
    }
    return found;
  }

  TempDir dir_;
  std::string file_, shared_, victim_limits_, own_limits_;
  std::string name_ = "hostile-" + std::to_string(getpid());
  struct stat before_ {};
  pid_t victim_ = -1;
};

Limits tight() {
  Limits limits;
  limits.wall_s = 6;
  return limits;
}

/// Runs Python as <name>.py; the prelude names the targets.
SandboxResult attack(const Sandbox& sandbox, const Host& host, const std::string& code,
                     Limits limits = tight()) {
  SandboxJob job;
  job.argv = {"python3", "-I", "-B", host.name() + ".py"};
  job.files = {{host.name() + ".py",
                "import ctypes, fcntl, os, signal, struct, sys, time\nlibc = "
                "ctypes.CDLL(None, use_errno=True)\nVICTIM, PARENT, FILE, NAME = " +
                    std::to_string(host.victim()) + ", " + std::to_string(getpid()) + ", '" +
                    host.file() + "', '" + host.name() + "'\n" + R"(
def got(f):
    try: return bool(f())
    except (OSError, ValueError, OverflowError): return False
def say(text): os.write(4, repr(text).encode())
)" + code}};
  job.secret = "secret\n";
  job.limits = limits;
  return sandbox.run(job);
}

#define FOR_EACH_TIER                                                       \
  const auto all = sandboxes();                                             \
  if (all.empty() || find_program("python3").empty()) {                     \
    WARN("skipped: no sandbox tier works here, or python3 is not installed"); \
    return;                                                                 \
  }                                                                         \
  for (const auto& sandbox : all)

}  // namespace

TEST_CASE("Hostile: processes of the same user are not signalled, slowed, limited or read",
          "[hostile]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const Host host;
    const SandboxResult r = attack(*sandbox, host, R"(
done = []
for who in (VICTIM, PARENT, os.getppid()):
    inside = who == os.getppid() and who < 100   # its own init in a pid namespace
    if inside: continue
    for what, act in (('kill', lambda: os.kill(who, 0) is None),
                      ('group', lambda: os.killpg(who, 0) is None),
                      ('sigqueue', lambda: libc.sigqueue(who, 9, 0) == 0),
                      ('nice', lambda: os.setpriority(os.PRIO_PROCESS, who, 19) is None),
                      ('limit', lambda: libc.prlimit(who, 7, struct.pack('QQ', 3, 3), None) == 0),
                      ('affinity', lambda: os.sched_setaffinity(who, [0]) is None),
                      ('scheduler', lambda: os.sched_setscheduler(who, os.SCHED_IDLE, os.sched_param(0)) is None),
                      ('mem', lambda: open('/proc/%d/mem' % who, 'r+b')),
                      ('maps', lambda: open('/proc/%d/maps' % who).read()),
                      ('environ', lambda: open('/proc/%d/environ' % who).read()),
                      ('fd', lambda: os.listdir('/proc/%d/fd' % who)),
                      ('pidfd', lambda: signal.pidfd_send_signal(os.pidfd_open(who), 9) is None),
                      ('all of the user', lambda: os.setpriority(os.PRIO_USER, 0, 5) is None and VICTIM < 0)):
        if got(act): done.append((what, who))
# A descriptor's owner is signalled when data arrive, with any signal.
for who in (VICTIM, PARENT):
    r, w = os.pipe()
    try:
        fcntl.fcntl(r, fcntl.F_SETOWN, who)
        fcntl.fcntl(r, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC)
        os.write(w, b'x')
    except OSError: pass
    try: fcntl.ioctl(r, 0x8901, struct.pack('i', who))
    except OSError: pass
say(done)
)");
    CAPTURE(r.output, r.why);
    CHECK(r.reply == "[]");
    usleep(50'000);
    host.check();
  }
}

TEST_CASE("Hostile: tracing and reading of other memory ends the program", "[hostile]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const Host host;
    for (const std::string call :
         {"ptrace(16, VICTIM, 0, 0)", "ptrace(16, os.getppid(), 0, 0)",
          "syscall(310, VICTIM, ctypes.create_string_buffer(16), 1, 0, 0, 0)",
          "syscall(311, os.getppid(), ctypes.create_string_buffer(16), 1, 0, 0, 0)",
          "syscall(438, 3, 0, 0)"}) {
      CAPTURE(call);
      const SandboxResult r = attack(*sandbox, host, "libc." + call + "\nsay('still here')\n");
      CHECK(r.ended == Ended::signalled);
      CHECK(r.status == SIGSYS);
      CHECK(r.reply.empty());
    }
    host.check();
  }
}

TEST_CASE("Hostile: files outside keep content, mode, owner and times", "[hostile]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const Host host;
    const SandboxResult r = attack(*sandbox, host, R"(
done = []
folder = os.path.dirname(FILE)
for what, act in (('read', lambda: open(FILE).read()),
                  ('write', lambda: open(FILE, 'w')),
                  ('append', lambda: open(FILE, 'a').write('x')),
                  ('truncate', lambda: os.truncate(FILE, 0) is None),
                  ('chmod', lambda: os.chmod(FILE, 0o777) is None),
                  ('chown', lambda: os.chown(FILE, -1, os.getgid()) is None),
                  ('utime', lambda: os.utime(FILE, (1, 1)) is None),
                  ('setxattr', lambda: os.setxattr(FILE, 'user.x', b'y') is None),
                  ('rename', lambda: os.rename(FILE, FILE + '2') is None),
                  ('link', lambda: os.link(FILE, 'hard') is None),
                  ('unlink', lambda: os.unlink(FILE) is None),
                  ('replace', lambda: os.replace(NAME + '.py', FILE) is None),
                  ('mkdir', lambda: os.mkdir(folder + '/new') is None),
                  ('chroot', lambda: False),
                  ('shadow', lambda: open('/etc/shadow').read()),
                  ('home', lambda: os.listdir(os.path.expanduser('~root'))),
                  ('by link', lambda: os.symlink(FILE, 'soft') is None and open('soft').read()),
                  ('by link of a folder', lambda: os.symlink(folder, 'softdir') is None and open('softdir/neighbour.txt').read()),
                  ('by fd link', lambda: open('/proc/self/cwd/../neighbour.txt').read()),
                  ('chmod by link', lambda: os.symlink(FILE, 'soft2') is None and os.chmod('soft2', 0o777) is None)):
    if got(act): done.append(what)
for place in ('/', '/var/tmp/', '/usr/', '/etc/', '/home/', folder + '/'):
    got(lambda: open(place + NAME + '.out', 'w').write('x'))
say(done)
)");
    CAPTURE(r.output, r.why);
    CHECK(r.reply == "[]");
    host.check();
  }
}

TEST_CASE("Hostile: nothing stays in the kernel, and memory outside processes is small",
          "[hostile]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const Host host;
    const SandboxResult r = attack(*sandbox, host, R"(
done = []
if libc.shmget(0, 1 << 20, 0o1600) >= 0: done.append('shm')
if libc.semget(0, 1, 0o1600) >= 0: done.append('sem')
if libc.msgget(0, 0o1600) >= 0: done.append('msg')
if got(lambda: os.memfd_create('x') > 0): done.append('memfd')
total = 0
for folder in ('/dev/shm', '/dev', '/run', '/dev/mqueue'):
    for i in range(20):
        try:
            with open('%s/%s-%d' % (folder, NAME, i), 'wb') as f: total += f.write(b'x' * (8 << 20))
        except OSError: break
if total > 16 << 20: done.append('%d bytes in memory' % total)
say(done)
)");
    CAPTURE(r.output, r.why);
    CHECK(r.reply == "[]");
    host.check();
  }
}

TEST_CASE("Hostile: empty files without number, files without a name, trees without a bottom",
          "[hostile]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const Host host;
    Limits limits = tight();
    limits.wall_s = 20;
    limits.disk_bytes = std::size_t{16} << 20U;
    const SandboxResult names = attack(*sandbox, host, R"(
i = 0
while True:
    try: open('n%d' % i, 'w').close()
    except OSError: time.sleep(0.01)
    i += 1
)",
                                       limits);
    CHECK(names.ended == Ended::disk_limit);
    host.check();
    const SandboxResult deleted = attack(*sandbox, host, R"(
kept = []
for i in range(20):
    f = open('gone', 'wb'); os.unlink('gone')
    try: f.write(b'x' * (4 << 20)); f.flush()
    except OSError: sys.exit(1)
    kept.append(f)
time.sleep(10)
)",
                                         limits);
    CHECK((deleted.ended == Ended::disk_limit ||
           (deleted.ended == Ended::exited && deleted.status != 0)));
    host.check();
    limits.disk_bytes = std::size_t{64} << 20U;
    const SandboxResult deep = attack(*sandbox, host, R"(
for i in range(3000):
    os.mkdir('d'); os.chdir('d')
open('bottom', 'w').close()
for i in range(50):
    os.chdir('..')
for i in range(100):
    os.mkdir('w%d' % i); open('w%d/f' % i, 'w').close()
say('deep')
)",
                                      limits);
    CHECK(deep.reply == "'deep'");
    host.check();
    const SandboxResult locked = attack(*sandbox, host, R"(
os.umask(0o777)
os.mkdir('closed')
fd = os.open('.', os.O_RDONLY)
os.umask(0o022)
os.makedirs('half/inner/most'); open('half/inner/file', 'w').close()
for d in ('half/inner/most', 'half/inner', 'half', '.'):
    try: os.fchmod(os.open(d, os.O_RDONLY), 0)
    except OSError: pass
say('locked')
)",
                                        limits);
    CHECK(locked.reply == "'locked'");
    host.check();
  }
}

TEST_CASE("Hostile: daemons, stopped children and fork storms end with the run", "[hostile]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const Host host;
    for (const std::string code : {
             "if os.fork() == 0:\n    try: os.setsid()\n    except OSError: pass\n    if os.fork() "
             "== 0: time.sleep(60)\n    os._exit(0)\nos._exit(0)\n",
             "if os.fork() == 0: os.kill(os.getpid(), signal.SIGSTOP)\nos._exit(0)\n",
             "for s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n    except "
             "(OSError, ValueError): pass\nif os.fork() == 0: time.sleep(60)\nos._exit(0)\n",
             "try: os.setpgid(0, 0)\nexcept OSError: pass\nif os.fork() == 0:\n    try: "
             "os.setpgid(0, 0)\n    except OSError: pass\n    time.sleep(60)\nos._exit(0)\n",
             "libc.prctl(36, 1, 0, 0, 0)\nif os.fork() == 0:\n    if os.fork() == 0: "
             "time.sleep(60)\n    os._exit(0)\ntime.sleep(0.2)\nos._exit(0)\n",
             "for i in range(20):\n    if os.fork() == 0:\n        while True:\n            try: "
             "os.fork() or os._exit(0)\n            except OSError: pass\nos._exit(0)\n",
         }) {
      CAPTURE(code);
      const SandboxResult r = attack(*sandbox, host, code);
      CHECK(r.ended != Ended::failed);
      host.check();
    }
  }
}

TEST_CASE("Hostile: two runs at once do not see each other", "[hostile]") {
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const Host host;
    std::jthread other([&] {
      SandboxJob job;
      job.argv = {"sleep", "1"};
      sandbox->run(job);
    });
    usleep(200'000);
    const SandboxResult r = attack(*sandbox, host, R"(
try: seen = [p for p in os.listdir('/proc') if p.isdigit() and int(p) > 100]
except OSError: seen = [str(p) for p in range(101, 40000)]
opened = []
for p in seen:
    for name in ('mem', 'environ', 'cwd', 'fd'):
        if p == str(os.getpid()): continue
        try: open('/proc/%s/%s' % (p, name)).read(1); opened.append(p + name)
        except (OSError, UnicodeDecodeError): pass
say(opened)
)");
    CAPTURE(r.output, r.why);
    CHECK(r.reply == "[]");
    other.join();
    host.check();
  }
}

TEST_CASE("Hostile: machine code of another kind, sockets and devices from C++", "[hostile]") {
  if (find_program("g++").empty()) {
    WARN("skipped: g++ is not installed");
    return;
  }
  FOR_EACH_TIER {
    CAPTURE(sandbox->description());
    const Host host;
    const auto run = [&](const std::string& body) {
      SandboxJob job;
      job.argv = {"bash", "drive.sh"};
      job.files = {{"drive.sh",
                    "g++ -w -o p p.cpp || exit 99\n[[ -x p ]] || { cp /usr/bin/true r && cat p > r "
                    "&& exec ./r; }\nexec ./p\n"},
                   {"p.cpp",
                    "#include <sys/socket.h>\n#include <sys/types.h>\n#include <fcntl.h>\n#include "
                    "<sys/stat.h>\n#include <unistd.h>\n#include <sched.h>\n#include "
                    "<sys/syscall.h>\nint main() {\n" + body + "\nreturn 0; }\n"}};
      job.limits = tight();
      return sandbox->run(job);
    };
#if defined(__x86_64__)
    const SandboxResult foreign =
        run("int r; asm volatile(\"int $0x80\" : \"=a\"(r) : \"a\"(20)); if (r > 0) return 7;");
    CHECK_FALSE((foreign.ended == Ended::exited && foreign.status != 0));
    CHECK(foreign.ended == Ended::signalled);  // the 32-bit table of calls
    CHECK(run("syscall(0x40000000 | 41, 2, 1, 0);").ended == Ended::signalled);  // x32
#endif
    const SandboxResult polite = run(
        "for (int f = 0; f < 46; ++f) for (int t = 1; t < 6; ++t) if (socket(f, t, 0) >= 0) return "
        "7;\nif (unshare(CLONE_NEWUSER) == 0) return 8;");
    CHECK(polite.ended == Ended::signalled);  // unshare; a socket would have ended it with 7
    const SandboxResult device = run(
        "if (mknod(\"d\", S_IFBLK | 0666, 0x800) == 0 && open(\"d\", O_RDONLY) >= 0) return 7;\n"
        "const char* all[] = {\"/dev/sda\", \"/dev/vda\", \"/dev/mem\", \"/dev/kmsg\", "
        "\"/dev/nvidia0\"};\nfor (const char* n : all) if (open(n, O_RDONLY) >= 0) return 8;\n"
        "if (setuid(0) == 0 || setresuid(0, 0, 0) == 0 || geteuid() == 0) return 9;");
    CAPTURE(device.output, device.status);
    CHECK(device.ended == Ended::exited);
    CHECK(device.status == 0);
    host.check();
  }
}
