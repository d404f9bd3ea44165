#include "quality/sandbox.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "quality/sandbox_tiers.hpp"

namespace abgate::quality {

namespace {

/// Tries what must not work, and says which of it did. Ends with the secret, so that silence is no
/// pass.
constexpr const char* kProbe = R"(
bad=
[ -r /etc/shadow ] && bad="$bad reads /etc/shadow;"
( : > /usr/abgate-probe ) 2>/dev/null && bad="$bad writes to /usr;"
( : > /abgate-probe ) 2>/dev/null && bad="$bad writes to /;"
( exec 9<>/dev/tcp/127.0.0.1/9 ) 2>err; grep -q refused err && bad="$bad opens sockets;"
unshare --user true 2>/dev/null && bad="$bad makes namespaces;"
if [ "$PROBE_TIER" = A ]; then
  [ "$$" -gt 100 ] && bad="$bad sees other processes;"
else
  kill -0 "$PROBE_PARENT" 2>/dev/null && bad="$bad signals other processes;"
fi
( : > own ) || bad="$bad cannot write its own files;"
( setsid sleep 60 & ) 2>/dev/null
( sleep 60 & )
read -r secret <&3
printf '%s:%s' "$secret" "$bad" >&4
)";

constexpr const char* kProbeSecret = "e1b2";

/// Empty if the sandbox contains the probe.
std::string probe(const Sandbox& sandbox) {
  SandboxJob job;
  job.argv = {"bash", "probe.sh"};
  job.files = {{"probe.sh", fmt::format("PROBE_TIER={}\nPROBE_PARENT={}\n{}",
                                        to_string(sandbox.tier()).front(), getpid(), kProbe)}};
  job.secret = std::string(kProbeSecret) + "\n";
  const SandboxResult result = sandbox.run(job);
  if (result.ended == Ended::failed) return result.why;
  const std::string expected = std::string(kProbeSecret) + ":";
  if (!result.reply.starts_with(expected)) {
    return fmt::format("the probe did not finish: {}", result.output.substr(0, 200));
  }
  const std::string leaks = result.reply.substr(expected.size());
  return leaks.empty() ? "" : "a program inside" + leaks;
}

}  // namespace

std::string_view to_string(Tier tier) {
  switch (tier) {
    case Tier::namespaces:
      return "A (namespaces)";
    case Tier::landlock:
      return "B (Landlock and seccomp)";
    case Tier::none:
      return "C (programs are not run)";
  }
  return "?";
}

std::string find_program(std::string_view name) {
  if (name.starts_with('/'))
    return access(std::string(name).c_str(), X_OK) == 0 ? std::string(name) : "";
  std::string_view path = kSandboxPath;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(':'), path.size());
    const std::string candidate = fmt::format("{}/{}", path.substr(0, end), name);
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return {};
}

std::unique_ptr<Sandbox> make_sandbox(Tier tier, std::string& why) {
  std::unique_ptr<Sandbox> sandbox;
  switch (tier) {
    case Tier::namespaces:
      sandbox = make_namespace_sandbox(why);
      break;
    case Tier::landlock:
      sandbox = make_landlock_sandbox(why);
      break;
    case Tier::none:
      why = "programs are not run";
      break;
  }
  if (!sandbox) return nullptr;
  why = probe(*sandbox);
  return why.empty() ? std::move(sandbox) : nullptr;
}

std::unique_ptr<Sandbox> make_best_sandbox(std::string& why) {
  std::string reasons;
  for (const Tier tier : {Tier::namespaces, Tier::landlock}) {
    std::string reason;
    if (auto sandbox = make_sandbox(tier, reason)) return sandbox;
    reasons += fmt::format("{}tier {}: {}", reasons.empty() ? "" : "; ", to_string(tier), reason);
  }
  why = reasons;
  return nullptr;
}

std::optional<uid_t> sandbox_user() {
  if (geteuid() == 0) return kNobody;
  return std::nullopt;
}

std::vector<std::string> sandbox_environment(const std::string& home) {
  return {fmt::format("PATH={}", kSandboxPath),
          "HOME=" + home,
          "TMPDIR=" + home,
          "LANG=C.UTF-8",
          "PYTHONHASHSEED=0",
          "PYTHONDONTWRITEBYTECODE=1",
          "OMP_NUM_THREADS=1",
          "OPENBLAS_NUM_THREADS=1",
          "OPENSSL_CONF=/dev/null"};  // node gives up where it may not read the system's
}

std::vector<std::pair<int, rlim_t>> process_limits(const Limits& limits) {
  // Of a core file one byte: none is written for that, and a crash handler behind a pipe, which
  // ignores 0, is not started either.
  return {{RLIMIT_CPU, limits.cpu_s},        {RLIMIT_AS, limits.address_space},
          {RLIMIT_FSIZE, limits.file_bytes}, {RLIMIT_NOFILE, 256},
          {RLIMIT_STACK, rlim_t{64} << 20},  {RLIMIT_CORE, 1}};
}

SandboxResult sandbox_failure(const std::string& why) {
  SandboxResult result;
  result.ended = Ended::failed;
  result.why = why;
  return result;
}

}  // namespace abgate::quality
