// Tier B: where user namespaces are forbidden. Landlock confines files, seccomp the rest, a reaper
// of ours the processes; started as root, the program runs as another user.

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "quality/process_tree.hpp"
#include "quality/sandbox_tiers.hpp"
#include "quality/seccomp_filter.hpp"
#include "quality/spawn.hpp"
#include "quality/watch.hpp"

namespace abgate::quality {

namespace {

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kReadExecute = kRead | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t kFileWrite = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
constexpr std::uint64_t kAllV1 = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;
constexpr std::uint64_t kReferV2 = 1ULL << 13U;
constexpr std::uint64_t kTruncateV3 = 1ULL << 14U;
constexpr std::uint64_t kNetV4 = 3;    // bind and connect of TCP
constexpr std::uint64_t kScopeV6 = 3;  // abstract sockets and signals stay inside

/// The kernel's structure in its newest form; an older kernel takes the prefix that it knows.
struct RulesetV6 {
  std::uint64_t files;
  std::uint64_t network;
  std::uint64_t scoped;
};

long landlock_version() {
  return syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/// A new directory that is gone with the object, whatever the program put there.
class WorkDirectory {
 public:
  WorkDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "abgate-run-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw std::runtime_error(fmt::format("{}: {}", pattern, std::strerror(errno)));
    }
    path_ = pattern;
  }
  ~WorkDirectory() { remove_tree(path_.c_str()); }
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;

  const std::string& path() const { return path_; }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream file(path_ + "/" + name, std::ios::binary);
    file << content;
    if (!file.flush()) throw std::runtime_error(fmt::format("cannot write {}/{}", path_, name));
  }
  void give_to(uid_t user) const {
    if (chown(path_.c_str(), user, user) != 0) {
      throw std::runtime_error(fmt::format("chown {}: {}", path_, std::strerror(errno)));
    }
  }

 private:
  std::string path_;
};

class LandlockSandbox : public Sandbox {
 public:
  explicit LandlockSandbox(long version)
      : version_(version),
        filter_(make_seccomp_filter(version < 3 ? Neighbours::truncatable : Neighbours::present)) {}

  Tier tier() const override { return Tier::landlock; }
  std::string description() const override {
    return fmt::format("Landlock (ABI {}), seccomp, limits, a reaper of stray processes{}",
                       version_, sandbox_user() ? ", another user" : "");
  }

  SandboxResult run(const SandboxJob& job) const override {
    try {
      return start(job);
    } catch (const std::runtime_error& e) {
      return sandbox_failure(e.what());
    }
  }

 private:
  SandboxResult start(const SandboxJob& job) const {
    const std::string program = find_program(job.argv.at(0));
    if (program.empty()) return sandbox_failure(job.argv[0] + " is not installed");
    const WorkDirectory directory;
    for (const auto& [name, content] : job.files) directory.write(name, content);
    const std::optional<uid_t> user = sandbox_user();
    if (user) directory.give_to(*user);
    Pipe output = make_pipe(), reply = make_pipe();
    const Descriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC), "/dev/null");
    Secret secret = make_secret(job);
    const Descriptor ruleset = make_ruleset(directory.path());
    Spawn spawn;
    spawn.argv = job.argv;
    spawn.argv[0] = program;
    spawn.environment = sandbox_environment(directory.path());
    spawn.directory = directory.path();
    spawn.descriptors = {{nothing.get(), 0},
                         {output.write.get(), 1},
                         {output.write.get(), 2},
                         {secret.read.get(), 3},
                         {reply.write.get(), 4}};
    spawn.limits = process_limits(job.limits);
    // Counted over all processes of the user; the exact number is watched from outside.
    spawn.limits.emplace_back(RLIMIT_NPROC, threads_of_user(user.value_or(getuid())) +
                                                kJobsAtOnce * job.limits.processes);
    spawn.user = user;
    spawn.filter = filter_;
    spawn.landlock_ruleset = ruleset.get();
    spawn.reaper = true;
    const pid_t pid = quality::spawn(spawn);
    output.write.reset();
    reply.write.reset();
    Watched watched{pid, std::move(output.read), std::move(reply.read),
                    [pid] { ::kill(pid, SIGTERM); }};
    watched.secret = std::move(secret);
    watched.directory = directory.path();
    return watch(std::move(watched), job.limits);
  }

  Descriptor make_ruleset(const std::string& directory) const {
    RulesetV6 handled{kAllV1, 0, 0};
    if (version_ >= 2) handled.files |= kReferV2;
    if (version_ >= 3) handled.files |= kTruncateV3;
    if (version_ >= 4) handled.network = kNetV4;
    if (version_ >= 6) handled.scoped = kScopeV6;
    const std::size_t size = version_ >= 6 ? 24 : version_ >= 4 ? 16 : 8;
    Descriptor ruleset(static_cast<int>(syscall(SYS_landlock_create_ruleset, &handled, size, 0)),
                       "landlock");
    for (const char* path :
         {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives"}) {
      allow(ruleset, path, kReadExecute, false);
    }
    allow(ruleset, "/etc/ld.so.cache", LANDLOCK_ACCESS_FS_READ_FILE, false);
    for (const char* path : {"/dev/null", "/dev/zero", "/dev/full"}) {
      allow(ruleset, path, kFileWrite | (handled.files & kTruncateV3), false);
    }
    for (const char* path : {"/dev/random", "/dev/urandom"}) {
      allow(ruleset, path, LANDLOCK_ACCESS_FS_READ_FILE, false);
    }
    allow(ruleset, directory.c_str(), handled.files, true);
    return ruleset;
  }

  static void allow(const Descriptor& ruleset, const char* path, std::uint64_t access,
                    bool needed) {
    const int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0 && !needed) return;
    const Descriptor parent(fd, path);
    const landlock_path_beneath_attr rule{access, parent.get()};
    if (syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
      throw std::runtime_error(fmt::format("landlock {}: {}", path, std::strerror(errno)));
    }
  }

  static constexpr std::size_t kJobsAtOnce = 2;

  long version_;
  std::vector<sock_filter> filter_;
};

}  // namespace

std::unique_ptr<Sandbox> make_landlock_sandbox(std::string& why) {
  const long version = landlock_version();
  if (version < 1) {
    why = fmt::format("the kernel has no Landlock ({})", std::strerror(errno));
    return nullptr;
  }
  try {
    return std::make_unique<LandlockSandbox>(version);
  } catch (const std::runtime_error& e) {
    why = e.what();
    return nullptr;
  }
}

}  // namespace abgate::quality
