#include "observe/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/error.hpp"
#include "observe/text.hpp"

extern "C" char** environ;

namespace abgate::observe {
namespace {

constexpr std::size_t kMaxOutput = 4U << 20U;
constexpr Duration kSlice = std::chrono::milliseconds(50);

/// Both ends of a pipe; closed on destruction.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  bool open() const { return ends_[0] >= 0; }
  void close_end(std::size_t i) {
    if (ends_[i] >= 0) ::close(ends_[i]);
    ends_[i] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

/// A started process and what it has written so far.
class Child {
 public:
  /// 0, or the errno of the attempt.
  int start(const std::vector<std::string>& argv) {
    if (!out_.open() || !err_.open()) return EMFILE;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out_.write_end(), 1);
    posix_spawn_file_actions_adddup2(&actions, err_.write_end(), 2);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    std::vector<char*> words;
    for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const int error = ::posix_spawnp(&pid_, words[0], &actions, &attributes, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    out_.close_end(1);
    err_.close_end(1);
    return error;
  }

  /// Reads what there is, waiting at most one slice.
  void read_some(CommandResult& result) {
    std::array<pollfd, 2> fds{pollfd{out_.read_end(), POLLIN, 0},
                              pollfd{err_.read_end(), POLLIN, 0}};
    ::poll(fds.data(), fds.size(), static_cast<int>(kSlice / std::chrono::milliseconds(1)));
    if (fds[0].revents != 0) read_from(out_, result.output);
    if (fds[1].revents != 0) read_from(err_, result.error_output);
  }

  bool closed() const { return out_.read_end() < 0 && err_.read_end() < 0; }

  /// True once the process has ended. It is not reaped yet, so that its number stays taken.
  bool ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }

  /// Ends what is left of the process group, which is the child's own (see start), and reaps the
  /// child. Returns its exit code.
  int finish() {
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  static void read_from(Pipe& pipe, std::string& into) {
    std::array<char, 65536> buffer{};
    const ssize_t n = ::read(pipe.read_end(), buffer.data(), buffer.size());
    if (n > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(n));
    } else if (n == 0 || errno != EINTR) {
      pipe.close_end(0);
    }
  }

  pid_t pid_ = -1;
  Pipe out_;
  Pipe err_;
};

/// Why the command must end now; empty: it may go on.
std::string reason_to_end(const CommandResult& result, TimePoint deadline, Duration timeout,
                          const std::stop_token& stop) {
  if (stop.stop_requested()) return "stopped";
  if (now() >= deadline)
    return "no end after " + std::to_string(timeout / std::chrono::milliseconds(1)) + " ms";
  if (result.output.size() + result.error_output.size() > kMaxOutput)
    return "more than 4 MiB of output";
  return "";
}

}  // namespace

CommandResult ProcessRunner::run(const std::vector<std::string>& argv, Duration timeout,
                                 std::stop_token stop) {
  CommandResult result;
  Child child;
  if (argv.empty() || argv.front().empty()) {
    result.failure = "no command";
    return result;
  }
  if (const int error = child.start(argv); error != 0) {
    result.failure = argv.front() + ": " + std::strerror(error);
    return result;
  }
  const TimePoint deadline = now() + timeout;
  bool ended = false;
  // After the end, one more read takes what was still in the pipes; a grandchild that keeps them
  // open does not hold us.
  while (!(ended = child.ended()) || !child.closed()) {
    child.read_some(result);
    if (ended) break;
    result.failure = reason_to_end(result, deadline, timeout, stop);
    if (!result.failure.empty()) break;
  }
  result.exit_code = child.finish();
  return result;
}

std::vector<std::string> command_line(const std::string& command,
                                      const std::vector<std::string>& arguments) {
  std::vector<std::string> argv;
  if (command.find_first_of("|&;<>()$`\\\"'*?[]#~={}!\n") != std::string::npos) {
    argv = {"/bin/sh", "-c", command + " \"$@\"", "sh"};
  } else {
    for (const std::string& word : split(command, ' ')) {
      if (!trim(word).empty()) argv.emplace_back(trim(word));
    }
  }
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

std::string failure(const CommandResult& result) {
  if (!result.failure.empty()) return result.failure;
  if (result.exit_code == 0) return "";
  const std::string_view said =
      trim(result.error_output.empty() ? result.output : result.error_output);
  const std::string first = printable(said.substr(0, said.find('\n')), 200);
  return "exit " + std::to_string(result.exit_code) + (first.empty() ? "" : ": " + first);
}

}  // namespace abgate::observe
