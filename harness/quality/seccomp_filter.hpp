#pragma once
// The system calls that a sandboxed program may not make.

#include <linux/filter.h>

#include <array>
#include <cstdint>
#include <vector>

namespace abgate::quality {

/// Whether processes and files of the same user are in reach.
enum class Neighbours : std::uint8_t {
  none,         ///< namespaces keep them away
  present,      ///< Landlock keeps the program from opening them, not from changing their modes,
                ///< times, limits or priorities
  truncatable,  ///< the same, before Landlock knew truncate() (ABI 3)
};

/// BPF of the filter: everything is allowed but network sockets and objects that would outlive the
/// program (EPERM), tracing, mounts, namespaces, kernel interfaces (kill) and what lets glibc fall
/// back (ENOSYS); with neighbours also all that changes them. Throws std::runtime_error if
/// libseccomp cannot build it.
std::vector<sock_filter> make_seccomp_filter(Neighbours neighbours);

/// A second filter, for where no pid namespace confines processes: they can neither leave their
/// session and process group nor signal others than process `pid` and the own group (EPERM). Safe
/// to call between fork and exec.
std::array<sock_filter, 14> make_confinement_filter(std::uint32_t pid);

}  // namespace abgate::quality
