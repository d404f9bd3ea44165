// Tier A: bubblewrap sets up the namespaces, a read-only system and a private /tmp.

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>

#include <filesystem>
#include <stdexcept>

#include "quality/sandbox_tiers.hpp"
#include "quality/seccomp_filter.hpp"
#include "quality/spawn.hpp"
#include "quality/watch.hpp"

namespace abgate::quality {

namespace {

namespace fs = std::filesystem;

constexpr const char* kHome = "/tmp";
constexpr std::size_t kSharedMemoryBytes = std::size_t{16} << 20;

/// The system as programs see it: /usr and the links into it, the loader's cache, alternatives.
std::vector<std::string> system_mounts() {
  std::vector<std::string> args{"--ro-bind", "/usr", "/usr"};
  for (const char* name : {"/bin", "/sbin", "/lib", "/lib32", "/lib64"}) {
    std::error_code ignored;
    if (fs::is_symlink(name, ignored)) {
      args.insert(args.end(), {"--symlink", fs::read_symlink(name, ignored).string(), name});
    } else if (fs::is_directory(name, ignored)) {
      args.insert(args.end(), {"--ro-bind", name, name});
    }
  }
  for (const char* name : {"/etc/ld.so.cache", "/etc/alternatives"}) {
    args.insert(args.end(), {"--ro-bind-try", name, name});
  }
  return args;
}

class NamespaceSandbox : public Sandbox {
 public:
  NamespaceSandbox(std::string bwrap, std::string prlimit)
      : bwrap_(std::move(bwrap)),
        prlimit_(std::move(prlimit)),
        filter_(as_bytes(make_seccomp_filter(Neighbours::none))) {}

  Tier tier() const override { return Tier::namespaces; }
  std::string description() const override {
    return "bubblewrap: own user, pid, mount, network, ipc and uts namespaces, read-only system, "
           "private "
           "/tmp, seccomp, limits";
  }

  SandboxResult run(const SandboxJob& job) const override {
    try {
      return start(job);
    } catch (const std::runtime_error& e) {
      return sandbox_failure(e.what());
    }
  }

 private:
  static std::string as_bytes(const std::vector<sock_filter>& code) {
    return {reinterpret_cast<const char*>(code.data()), code.size() * sizeof(sock_filter)};
  }

  SandboxResult start(const SandboxJob& job) const {
    const std::string program = find_program(job.argv.at(0));
    if (program.empty()) return sandbox_failure(job.argv[0] + " is not installed");
    Pipe output = make_pipe(), reply = make_pipe();
    const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC), "/dev/null");
    Secret secret = make_secret(job);
    std::vector<Descriptor> data;
    Spawn spawn;
    spawn.argv = arguments(job.limits);
    spawn.descriptors = {{nothing.get(), 0},
                         {output.write.get(), 1},
                         {output.write.get(), 2},
                         {secret.read.get(), 3},
                         {reply.write.get(), 4}};
    const auto pass = [&](const std::string& content) {
      data.push_back(make_memory_file(content));
      const int number = 5 + static_cast<int>(data.size());
      spawn.descriptors.emplace_back(data.back().get(), number);
      return std::to_string(number);
    };
    spawn.argv.insert(spawn.argv.end(), {"--seccomp", pass(filter_)});
    for (const auto& [name, content] : job.files) {
      spawn.argv.insert(spawn.argv.end(),
                        {"--ro-bind-data", pass(content), std::string(kHome) + "/" + name});
    }
    spawn.argv.insert(spawn.argv.end(),
                      {"--remount-ro", "/", "--chdir", kHome, "--", prlimit_,
                       fmt::format("--nproc={0}:{0}", job.limits.processes), program});
    spawn.argv.insert(spawn.argv.end(), job.argv.begin() + 1, job.argv.end());
    spawn.environment = sandbox_environment(kHome);
    spawn.directory = "/";
    spawn.limits = process_limits(job.limits);
    spawn.user = sandbox_user();
    const pid_t pid = quality::spawn(spawn);
    output.write.reset();
    reply.write.reset();
    Watched watched{pid, std::move(output.read), std::move(reply.read),
                    [pid] { ::kill(pid, SIGKILL); }};
    watched.secret = std::move(secret);
    watched.directory_inside = kHome;
    return watch(std::move(watched), job.limits);
  }

  std::vector<std::string> arguments(const Limits& limits) const {
    const std::string id = std::to_string(kNobody);
    std::vector<std::string> args{bwrap_,
                                  "--unshare-all",
                                  "--unshare-user",
                                  "--die-with-parent",
                                  "--new-session",
                                  "--uid",
                                  id,
                                  "--gid",
                                  id,
                                  "--hostname",
                                  "sandbox",
                                  "--cap-drop",
                                  "ALL"};
    const std::vector<std::string> mounts = system_mounts();
    args.insert(args.end(), mounts.begin(), mounts.end());
    // Files in memory are counted by no process: /dev/shm is as small as /dev itself is closed.
    args.insert(args.end(), {"--proc", "/proc", "--dev", "/dev", "--size",
                             std::to_string(kSharedMemoryBytes), "--tmpfs", "/dev/shm",
                             "--remount-ro", "/dev", "--size", std::to_string(limits.disk_bytes),
                             "--tmpfs", kHome});
    return args;
  }

  std::string bwrap_;
  std::string prlimit_;
  std::string filter_;
};

}  // namespace

std::unique_ptr<Sandbox> make_namespace_sandbox(std::string& why) {
  const std::string bwrap = find_program("bwrap"), prlimit = find_program("prlimit");
  if (bwrap.empty()) {
    why = "bubblewrap is not installed";
    return nullptr;
  }
  if (prlimit.empty()) {
    why = "prlimit (util-linux) is not installed";
    return nullptr;
  }
  try {
    return std::make_unique<NamespaceSandbox>(bwrap, prlimit);
  } catch (const std::runtime_error& e) {
    why = e.what();
    return nullptr;
  }
}

}  // namespace abgate::quality
