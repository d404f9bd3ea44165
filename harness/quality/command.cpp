#include "quality/command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "core/error.hpp"
#include "quality/spawn.hpp"

namespace abgate::quality {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kErrorTail = 2000;
constexpr int kLookEveryMs = 50;

bool can_execute(const fs::path& path) {
  std::error_code none;
  return fs::is_regular_file(path, none) && access(path.c_str(), X_OK) == 0;
}

/// One end of a pipe that is read as far as it goes.
struct Stream {
  Descriptor fd;
  bool open = true;

  /// Appends what is there; `open` is false at the end.
  void read_into(std::string& to) {
    std::array<char, 65536> buffer;
    for (;;) {
      const ssize_t n = read(fd.get(), buffer.data(), buffer.size());
      if (n > 0) to.append(buffer.data(), static_cast<std::size_t>(n));
      if (n > 0 && static_cast<std::size_t>(n) == buffer.size()) continue;
      if (n < 0 && errno == EINTR) continue;
      if (n == 0 || (n < 0 && errno != EAGAIN)) open = false;
      return;
    }
  }
};

Stream stream_of(Descriptor fd) {
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  return {std::move(fd), true};
}

std::string ended_as(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  return WEXITSTATUS(status) == 0 ? "" : fmt::format("exit status {}", WEXITSTATUS(status));
}

/// A running command.
class Watched {
 public:
  Watched(pid_t pid, Descriptor out, Descriptor err)
      : pid_(pid), out_(stream_of(std::move(out))), err_(stream_of(std::move(err))) {}

  void follow(const CommandJob& job, const std::stop_token& stop, CommandResult& result) {
    const TimePoint end = now() + job.timeout;
    while (result.why.empty()) {
      wait_for_more();
      read_all(result);
      if (ended()) break;
      if (now() >= end)
        result.why = fmt::format("no end after {:g} s (timeout)", to_seconds(job.timeout));
      if (result.output.size() > job.max_output)
        result.why = fmt::format("more than {} bytes of output", job.max_output);
      if (stop.stop_requested()) result.why = "interrupted";
    }
    kill(-pid_, SIGKILL);  // it leads a session of its own: what it left behind ends with it
    if (!reaped_) waitpid(pid_, &status_, 0);
    read_all(result);
    if (result.why.empty()) result.why = ended_as(status_);
  }

 private:
  void wait_for_more() {
    std::array<pollfd, 2> fds{{{out_.open ? out_.fd.get() : -1, POLLIN, 0},
                               {err_.open ? err_.fd.get() : -1, POLLIN, 0}}};
    poll(fds.data(), fds.size(), kLookEveryMs);
  }
  void read_all(CommandResult& result) {
    if (out_.open) out_.read_into(result.output);
    if (err_.open) err_.read_into(result.error_tail);
    if (result.error_tail.size() > kErrorTail)
      result.error_tail.erase(0, result.error_tail.size() - kErrorTail);
  }
  bool ended() {
    if (!reaped_) reaped_ = waitpid(pid_, &status_, WNOHANG) == pid_;
    return reaped_;
  }

  pid_t pid_;
  Stream out_, err_;
  int status_ = 0;
  bool reaped_ = false;
};

std::vector<std::string> own_environment() {
  std::vector<std::string> out;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) out.emplace_back(*at);
  return out;
}

}  // namespace

std::string find_command(const std::string& name, const std::string& directory) {
  if (name.find('/') != std::string::npos) {
    const fs::path path = fs::absolute(fs::path(directory) / name);
    return can_execute(path) ? path.string() : "";
  }
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path candidate = fs::absolute(fs::path(folder.empty() ? "." : folder) / name);
    if (can_execute(candidate)) return candidate.string();
  }
  return "";
}

CommandResult run_command(const CommandJob& job, const std::stop_token& stop) {
  CommandResult result;
  const TimePoint begin = now();
  try {
    Spawn what;
    what.argv = job.argv;
    what.argv.at(0) = find_command(job.argv.at(0), job.directory);
    if (what.argv[0].empty()) {
      result.why = fmt::format("{}: no such program", printable(job.argv[0], 200));
      return result;
    }
    what.environment = own_environment();
    what.directory = job.directory.empty() ? "." : job.directory;
    // A file, not a pipe: a program that does not read its input blocks nobody.
    const Descriptor input = make_memory_file(job.input);
    Pipe out = make_pipe(), err = make_pipe();
    what.descriptors = {{input.get(), 0}, {out.write.get(), 1}, {err.write.get(), 2}};
    const pid_t pid = spawn(what);
    out.write.reset();
    err.write.reset();
    Watched(pid, std::move(out.read), std::move(err.read)).follow(job, stop, result);
  } catch (const std::exception& e) {
    result.why = printable(e.what(), 300);
  }
  result.seconds = to_seconds(now() - begin);
  return result;
}

}  // namespace abgate::quality
