#pragma once
// The two implementations of Sandbox and what they share. Internal to the room.

#include <sys/resource.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quality/sandbox.hpp"

namespace abgate::quality {

/// Null with the reason in `why` if a part is missing; whether it contains anything is probed by
/// the caller.
std::unique_ptr<Sandbox> make_namespace_sandbox(std::string& why);
std::unique_ptr<Sandbox> make_landlock_sandbox(std::string& why);

/// Started as root, programs run as this user.
inline constexpr uid_t kNobody = 65534;
std::optional<uid_t> sandbox_user();

/// HOME and TMPDIR are `home`; nothing else of our own environment gets in.
std::vector<std::string> sandbox_environment(const std::string& home);
/// Limits that hold for each process, without RLIMIT_NPROC.
std::vector<std::pair<int, rlim_t>> process_limits(const Limits& limits);

/// A result for when the sandbox itself could not run the job.
SandboxResult sandbox_failure(const std::string& why);

}  // namespace abgate::quality
