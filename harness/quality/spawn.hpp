#pragma once
// Starts a process the hard way: every descriptor, limit and identity is stated, nothing is
// inherited. All memory is prepared before fork(); between fork and exec only system calls are
// made.

#include <linux/filter.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace abgate::quality {

/// A descriptor that closes itself. Numbers are kept above kLowDescriptors so that dup2() onto the
/// child's small numbers never hits one that is still needed.
class Descriptor {
 public:
  static constexpr int kLow = 64;

  Descriptor() = default;
  /// Takes over `fd` (and moves it up); throws std::runtime_error with `what` and errno if it is
  /// negative.
  Descriptor(int fd, const char* what);
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;

  int get() const { return fd_; }
  void reset();

 private:
  int fd_ = -1;
};

struct Pipe {
  Descriptor read, write;
};
Pipe make_pipe();
/// Anonymous file with this content, positioned at its begin.
Descriptor make_memory_file(const std::string& content);

struct SandboxJob;
/// What descriptor 3 reads, and where to write the secret once it is asked for.
struct Secret {
  Descriptor read, write;
  std::string text;
};
Secret make_secret(const SandboxJob& job);

struct Spawn {
  std::vector<std::string> argv;                 ///< argv[0] is an absolute path
  std::vector<std::string> environment;          ///< "NAME=value"
  std::string directory;                         ///< working directory
  std::vector<std::pair<int, int>> descriptors;  ///< ours, the child's; all others are closed
  std::vector<std::pair<int, rlim_t>> limits;    ///< RLIMIT_…, hard and soft
  std::optional<uid_t> user;                     ///< change to this user and group, drop all groups
  std::vector<sock_filter> filter;               ///< empty: none
  int landlock_ruleset = -1;
  /// Put a process of ours between: it adopts and kills whatever the program leaves behind, then
  /// ends with the program's status as a shell would (128 + signal). Confines signals, too. Stopped
  /// by SIGTERM.
  bool reaper = false;
};

/// Returns the child's process id. Throws std::runtime_error if fork or the exec itself fails; in
/// that case nothing is left running.
pid_t spawn(const Spawn& what);

}  // namespace abgate::quality
