#pragma once
// Watches a sandboxed process until it ends or breaks a limit.

#include <sys/types.h>

#include <functional>

#include "quality/sandbox.hpp"
#include "quality/spawn.hpp"

namespace abgate::quality {

struct Watched {
  pid_t pid = 0;
  Descriptor output, reply;    ///< read ends
  std::function<void()> kill;  ///< ends the process and all that it started
  Secret secret{};
  std::string directory{};         ///< whose files count against disk_bytes; empty: none
  std::string directory_inside{};  ///< its own file system, in the program's view of the files
};

/// Collects output and reply, enforces the limits that the kernel does not, waits for the process.
SandboxResult watch(Watched process, const Limits& limits);

}  // namespace abgate::quality
