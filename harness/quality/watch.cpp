#include "quality/watch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/time.hpp"
#include "quality/process_tree.hpp"

namespace abgate::quality {

namespace {

constexpr int kTickMs = 20;  // how often memory and processes are looked at
constexpr int kDiskEveryTicks = 10;
constexpr double kDrainSeconds = 1.0;
constexpr double kPatienceSeconds = 30.0;  // for a stop to take effect

class Watch {
 public:
  Watch(Watched process, const Limits& limits)
      : process_(std::move(process)), limits_(limits), begin_(now()) {
    process_.secret.read.reset();
    for (const int fd :
         {process_.output.get(), process_.reply.get(), process_.secret.write.get()}) {
      if (fd >= 0) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    }
    pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, process_.pid, 0));
    if (pidfd_ >= 0) exit_ = Descriptor(pidfd_, "pidfd");
  }

  SandboxResult run() {
    int ticks = 0;
    while (!collect_exit()) {
      if (stopped_ && elapsed() - stopped_at_ > kPatienceSeconds) return unstoppable();
      wait_for_news();
      drain();
      check_limits(++ticks % kDiskEveryTicks == 0);
    }
    finish();
    result_.seconds = to_seconds(now() - begin_);
    return std::move(result_);
  }

 private:
  double elapsed() const { return to_seconds(now() - begin_); }

  void wait_for_news() {
    std::array<pollfd, 3> fds{{{exit_.get(), POLLIN, 0},
                               {process_.output.get(), POLLIN, 0},
                               {process_.reply.get(), POLLIN, 0}}};
    poll(fds.data(), fds.size(), kTickMs);
  }

  /// Whoever is to stop the program goes on trying; killing it would set the program free.
  SandboxResult unstoppable() {
    result_.ended = Ended::failed;
    result_.why = "a program could not be stopped";
    return std::move(result_);
  }

  bool collect_exit() {
    const pid_t gone = waitpid(process_.pid, &status_, WNOHANG);
    return gone == process_.pid || (gone < 0 && errno == ECHILD);
  }

  /// Reads what is there; a stream that ended is closed, so that poll does not return at once for
  /// it.
  bool drain_one(Descriptor& from, std::string& to, std::size_t limit) {
    std::array<char, 16384> chunk;
    while (from.get() >= 0) {
      const ssize_t n = read(from.get(), chunk.data(), chunk.size());
      if (n < 0) return true;
      if (n == 0) {
        from.reset();
        return true;
      }
      const std::size_t room = limit - to.size();
      to.append(chunk.data(), std::min(room, static_cast<std::size_t>(n)));
      if (static_cast<std::size_t>(n) > room) return false;
    }
    return true;
  }

  void drain() {
    const bool fits = drain_one(process_.output, result_.output, limits_.output_bytes) &&
                      drain_one(process_.reply, result_.reply, limits_.output_bytes);
    if (!fits) stop(Ended::output_limit);
    answer_request();
  }

  /// The pipe holds what is written, so that nobody needs to be reading yet.
  void answer_request() {
    if (process_.secret.write.get() < 0 || !result_.reply.starts_with(kSecretRequest)) return;
    result_.reply.erase(0, kSecretRequest.size());
    const std::string& text = process_.secret.text;
    static_cast<void>(!write(process_.secret.write.get(), text.data(), text.size()));
    process_.secret.write.reset();
  }

  void check_limits(bool disk) {
    if (stopped_) {
      process_.kill();  // the first signal may have come before it could be heard
      return;
    }
    if (elapsed() > limits_.wall_s) return stop(Ended::timeout);
    const TreeUse use = measure_tree(process_.pid);
    if (use.resident_bytes > limits_.memory) return stop(Ended::memory);
    if (use.threads > limits_.processes + kOwnThreads) return stop(Ended::process_limit);
    if (disk && disk_use() > limits_.disk_bytes) stop(Ended::disk_limit);
  }

  std::size_t disk_use() const {
    if (!process_.directory.empty()) {
      return bytes_below(process_.directory.c_str()) + bytes_deleted(process_.pid);
    }
    return process_.directory_inside.empty()
               ? 0
               : bytes_of_names(process_.pid, process_.directory_inside.c_str());
  }

  void stop(Ended why) {
    if (stopped_) return;
    stopped_ = true;
    stopped_at_ = elapsed();
    result_.ended = why;
    process_.kill();
  }

  /// The last words in the pipes; bounded, should a stray still hold them.
  void finish() {
    const TimePoint deadline = now() + from_seconds(kDrainSeconds);
    while ((process_.output.get() >= 0 || process_.reply.get() >= 0) && now() < deadline) {
      drain();
      if (process_.output.get() >= 0 || process_.reply.get() >= 0) {
        std::array<pollfd, 2> fds{
            {{process_.output.get(), POLLIN, 0}, {process_.reply.get(), POLLIN, 0}}};
        poll(fds.data(), fds.size(), kTickMs);
      }
    }
    if (stopped_) return;
    // Both bubblewrap and the reaper report a signal as a shell does.
    const int code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
    const bool by_signal = code > 128 && code <= 128 + SIGRTMAX;
    result_.ended = by_signal ? Ended::signalled : Ended::exited;
    result_.status = by_signal ? code - 128 : code;
    if (by_signal && result_.status == SIGXCPU) result_.ended = Ended::timeout;
  }

  static constexpr std::size_t kOwnThreads = 3;  // bubblewrap's two or the reaper

  Watched process_;
  Limits limits_;
  TimePoint begin_;
  int pidfd_ = -1;
  Descriptor exit_;
  int status_ = 0;
  bool stopped_ = false;
  double stopped_at_ = 0;
  SandboxResult result_;
};

}  // namespace

SandboxResult watch(Watched process, const Limits& limits) {
  return Watch(std::move(process), limits).run();
}

}  // namespace abgate::quality
