#include "observe/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/error.hpp"

extern char** environ;

namespace abgate::observe {

namespace {

constexpr std::size_t kMaxOutput = std::size_t{1} << 20U;

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
      throw Error(ExitCode::internal, std::string("cannot make a pipe: ") + std::strerror(errno));
    read = fds[0];
    write = fds[1];
  }
  ~Pipe() {
    close_end(read);
    close_end(write);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  static void close_end(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
};

pid_t spawn(const std::string& command, const Pipe& out, const Pipe& err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write, 1);
  posix_spawn_file_actions_adddup2(&actions, err.write, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);  // the caller may block signals; the child must not inherit that
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           static_cast<short>(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK));
  std::string sh = "sh", c = "-c", text = command;
  std::array<char*, 4> argv{sh.data(), c.data(), text.data(), nullptr};
  pid_t pid = -1;
  const int rc = posix_spawn(&pid, "/bin/sh", &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (rc != 0)
    throw Error(ExitCode::internal, "cannot start \"" + command + "\": " + std::strerror(rc));
  return pid;
}

/// Reads what is there; false at the end.
bool drain(int fd, std::string& into) {
  std::array<char, 16384> buffer;
  const ssize_t n = ::read(fd, buffer.data(), buffer.size());
  if (n <= 0) return n < 0 && (errno == EINTR || errno == EAGAIN);
  const auto room = kMaxOutput - std::min(kMaxOutput, into.size());
  into.append(buffer.data(), std::min(static_cast<std::size_t>(n), room));
  return true;
}

}  // namespace

ProcessResult run_process(const std::string& command, Duration timeout,
                          const std::stop_token& stop) {
  Pipe out, err;
  const pid_t pid = spawn(command, out, err);
  Pipe::close_end(out.write);
  Pipe::close_end(err.write);
  ProcessResult result;
  const TimePoint deadline = now() + timeout;
  while (out.read >= 0 || err.read >= 0) {
    if (stop.stop_requested() || now() >= deadline) {
      result.timed_out = true;
      ::kill(-pid, SIGKILL);
      break;
    }
    std::array<pollfd, 2> fds{pollfd{out.read, POLLIN, 0}, pollfd{err.read, POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), 50) <= 0) continue;
    if (fds[0].revents != 0 && !drain(out.read, result.out)) Pipe::close_end(out.read);
    if (fds[1].revents != 0 && !drain(err.read, result.err)) Pipe::close_end(err.read);
  }
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {  // it may have closed its outputs and live on
    if (!result.timed_out && (stop.stop_requested() || now() >= deadline)) {
      result.timed_out = true;
      ::kill(-pid, SIGKILL);
    }
    ::poll(nullptr, 0, 5);
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace abgate::observe
