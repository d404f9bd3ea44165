#pragma once
// Runs untrusted programs. Model output is executed nowhere else.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace abgate::quality {

/// What contains the program, strongest first.
enum class Tier : std::uint8_t {
  namespaces,  ///< A: bubblewrap: user, pid, mount, net, ipc, uts namespaces; read-only system;
               ///< seccomp
  landlock,    ///< B: Landlock, seccomp, limits and a reaper of stray processes
  none,        ///< C: nothing available: programs are not run
};
std::string_view to_string(Tier tier);

struct Limits {
  double wall_s = 10;
  unsigned cpu_s = 10;
  std::size_t memory = std::size_t{2} << 30;         ///< resident bytes of all processes together
  std::size_t address_space = std::size_t{4} << 30;  ///< of each process
  std::size_t processes = 64;                        ///< threads count
  std::size_t file_bytes = std::size_t{16} << 20;    ///< largest file
  std::size_t disk_bytes = std::size_t{64} << 20;    ///< all files
  std::size_t output_bytes = std::size_t{64} << 10;  ///< stdout and stderr together
};

/// A program to run. It finds its files in the working directory, `secret` on descriptor 3 and
/// writes its reply to descriptor 4; stdin is empty.
struct SandboxJob {
  std::vector<std::string> argv;                           ///< argv[0] is looked up in kSandboxPath
  std::vector<std::pair<std::string, std::string>> files;  ///< name (no directories), content
  std::string secret;
  /// Descriptor 3 stays silent until kSecretRequest came through descriptor 4 as the first line
  /// (which is then no part of the reply): until its tests are over, a program can find the secret
  /// nowhere, neither in memory nor below /proc.
  bool secret_on_request = false;
  Limits limits;
};
inline constexpr std::string_view kSecretRequest = "done\n";

enum class Ended : std::uint8_t {
  exited,     ///< `status` is the exit status
  signalled,  ///< `status` is the signal
  timeout,    ///< wall clock or CPU
  memory,     ///< stopped above Limits::memory
  output_limit,
  disk_limit,
  process_limit,
  failed,  ///< the sandbox itself: `why` says what
};

struct SandboxResult {
  Ended ended = Ended::failed;
  int status = 0;
  std::string output;  ///< stdout and stderr, up to the limit
  std::string reply;   ///< what came through descriptor 4, up to the limit
  double seconds = 0;  ///< wall clock
  std::string why;
};

/// Thread-safe: jobs run at the same time.
class Sandbox {
 public:
  virtual ~Sandbox() = default;
  virtual Tier tier() const = 0;
  /// One line for the report: mechanism and versions.
  virtual std::string description() const = 0;
  virtual SandboxResult run(const SandboxJob& job) const = 0;
};

/// The sandbox of exactly this tier, after a functional probe in which a hostile script had to be
/// contained; null with the reason in `why` if it does not work here, always for Tier::none.
std::unique_ptr<Sandbox> make_sandbox(Tier tier, std::string& why);
/// The strongest that works here, or null; `why` then says what is missing for each.
std::unique_ptr<Sandbox> make_best_sandbox(std::string& why);

/// Where interpreters and compilers are looked for.
inline constexpr std::string_view kSandboxPath = "/usr/local/bin:/usr/bin:/bin";
/// Absolute path of a program on kSandboxPath; empty if there is none.
std::string find_program(std::string_view name);

}  // namespace abgate::quality
