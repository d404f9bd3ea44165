#include "quality/spawn.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "quality/sandbox.hpp"
#include "quality/seccomp_filter.hpp"

namespace abgate::quality {

Descriptor::Descriptor(int fd, const char* what) {
  if (fd < 0) throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
  fd_ = fcntl(fd, F_DUPFD_CLOEXEC, kLow);
  const int error = errno;
  close(fd);
  if (fd_ < 0) throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(error)));
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Descriptor::reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

Pipe make_pipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0)
    throw std::runtime_error(fmt::format("pipe: {}", std::strerror(errno)));
  Descriptor read(ends[0], "pipe");
  return {std::move(read), Descriptor(ends[1], "pipe")};
}

Descriptor make_memory_file(const std::string& content) {
  Descriptor file(memfd_create("abgate", MFD_CLOEXEC), "memfd_create");
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = write(file.get(), content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw std::runtime_error(fmt::format("memory file: {}", std::strerror(errno)));
    done += static_cast<std::size_t>(n);
  }
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

Secret make_secret(const SandboxJob& job) {
  if (!job.secret_on_request) return {make_memory_file(job.secret), {}, {}};
  Pipe pipe = make_pipe();
  return {std::move(pipe.read), std::move(pipe.write), job.secret};
}

namespace {

// Everything below here runs between fork() and exec(): system calls only, no allocation, no locks.

/// A step of the child's set-up that failed, sent to the parent through the error pipe.
struct Failure {
  char step[24];
  int error;
};

/// The Spawn in the form that system calls want.
struct Raw {
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  const Spawn* spec = nullptr;
  int error_fd = -1;
  int highest = 2;  ///< highest descriptor number of the child
  pid_t parent = 0;
};

[[noreturn]] void give_up(const Raw& raw, const char* step) {
  Failure failure{};
  failure.error = errno;
  std::strncpy(failure.step, step, sizeof failure.step - 1);
  static_cast<void>(!write(raw.error_fd, &failure, sizeof failure));
  _exit(127);
}

void require(const Raw& raw, bool good, const char* step) {
  if (!good) give_up(raw, step);
}

void fresh_signals() {
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (int number = 1; number < SIGRTMAX; ++number) sigaction(number, &plain, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Dies with `parent`, also if that is gone already.
void die_with(pid_t parent, int signal) {
  prctl(PR_SET_PDEATHSIG, signal);
  if (getppid() != parent) _exit(127);
}

void place_descriptors(const Raw& raw) {
  for (const auto& [ours, theirs] : raw.spec->descriptors) {
    require(raw, dup2(ours, theirs) == theirs, "dup2");
  }
  const auto first = static_cast<unsigned>(raw.highest) + 1;
  const auto error = static_cast<unsigned>(raw.error_fd);
  const auto ruleset = static_cast<unsigned>(raw.spec->landlock_ruleset);
  const unsigned low = raw.spec->landlock_ruleset < 0 ? error : std::min(error, ruleset);
  const unsigned high = raw.spec->landlock_ruleset < 0 ? error : std::max(error, ruleset);
  // The two that are still needed are close-on-exec.
  if (first < low) close_range(first, low - 1, 0);
  if (low + 1 < high) close_range(low + 1, high - 1, 0);
  close_range(high + 1, ~0U, 0);
}

void become(const Raw& raw) {
  if (!raw.spec->user) return;
  const uid_t id = *raw.spec->user;
  require(raw, setgroups(0, nullptr) == 0, "setgroups");
  require(raw, setresgid(id, id, id) == 0, "setresgid");
  require(raw, setresuid(id, id, id) == 0, "setresuid");
}

bool add_filter(const sock_filter* code, std::size_t size) {
  const sock_fprog program{static_cast<unsigned short>(size), const_cast<sock_filter*>(code)};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

[[noreturn]] void execute(const Raw& raw) {
  const Spawn& spec = *raw.spec;
  for (const auto& [resource, value] : spec.limits) {
    // Of CPU time the soft limit must come first: it ends the program with SIGXCPU, the hard one
    // with SIGKILL.
    const rlimit limit{value, value + (resource == RLIMIT_CPU ? 1 : 0)};
    require(raw, setrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0, "setrlimit");
  }
  become(raw);
  die_with(raw.parent, SIGKILL);  // after the change of user, which clears it
  require(raw, spec.directory.empty() || chdir(spec.directory.c_str()) == 0, "chdir");
  require(raw, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
  if (spec.landlock_ruleset >= 0) {
    require(raw, syscall(SYS_landlock_restrict_self, spec.landlock_ruleset, 0) == 0, "landlock");
  }
  if (spec.reaper) {
    const auto confined = make_confinement_filter(static_cast<std::uint32_t>(getpid()));
    require(raw, add_filter(confined.data(), confined.size()), "seccomp");
  }
  if (!spec.filter.empty()) {
    require(raw, add_filter(spec.filter.data(), spec.filter.size()), "seccomp");
  }
  execve(raw.argv[0], raw.argv, raw.environment);
  give_up(raw, "exec");
}

// The reaper.

volatile sig_atomic_t stop_requested = 0;
void request_stop(int) {
  stop_requested = 1;
}

/// The program cannot leave its process group (make_confinement_filter), so one signal reaches all
/// that it started, at once: a fork in progress ends with it. Chasing a fork bomb through its tree
/// would not end.
void end_group(pid_t group) {
  for (;;) {
    kill(-group, SIGKILL);
    const pid_t gone = waitpid(-1, nullptr, WNOHANG);
    if (gone < 0 && errno == ECHILD) return;
    if (gone == 0) {
      const timespec pause{0, 200'000};
      nanosleep(&pause, nullptr);
    }
  }
}

[[noreturn]] void reap(pid_t program) {
  siginfo_t about{};
  bool ended = false;
  while (!ended && stop_requested == 0) {
    // The program stays a zombie meanwhile, so that its number cannot become another group's.
    ended = waitid(P_PID, static_cast<id_t>(program), &about, WEXITED | WNOWAIT) == 0;
    if (!ended && errno != EINTR) break;
  }
  end_group(program);
  if (!ended) _exit(128 + SIGKILL);
  _exit(about.si_code == CLD_EXITED ? about.si_status : 128 + about.si_status);
}

[[noreturn]] void run_with_reaper(Raw raw) {
  struct sigaction stop {};
  stop.sa_handler = request_stop;
  sigaction(SIGTERM, &stop, nullptr);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  die_with(raw.parent, SIGTERM);
  raw.parent = getpid();
  const pid_t program = fork();
  require(raw, program >= 0, "fork");
  if (program == 0) {
    setsid();
    fresh_signals();
    execute(raw);
  }
  close_range(0, ~0U, 0);  // the pipes end with the program, not with us
  reap(program);
}

[[noreturn]] void child(const Raw& raw) {
  setsid();
  fresh_signals();
  place_descriptors(raw);
  if (raw.spec->reaper) run_with_reaper(raw);
  execute(raw);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

pid_t spawn(const Spawn& what) {
  const std::vector<char*> argv = pointers(what.argv);
  const std::vector<char*> environment = pointers(what.environment);
  Pipe errors = make_pipe();
  Raw raw{argv.data(), environment.data(), &what, errors.write.get(), 2, getpid()};
  for (const auto& [ours, theirs] : what.descriptors) raw.highest = std::max(raw.highest, theirs);
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error(fmt::format("fork: {}", std::strerror(errno)));
  if (pid == 0) child(raw);
  errors.write.reset();
  Failure failure{};
  ssize_t got = 0;
  do {
    got = read(errors.read.get(), &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return pid;
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  throw std::runtime_error(
      fmt::format("{} {}: {}", what.argv[0], failure.step, std::strerror(failure.error)));
}

}  // namespace abgate::quality
