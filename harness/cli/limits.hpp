#pragma once
// Do the file descriptors and local ports of this machine suffice for a plan's streams?

#include <cstddef>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "core/time.hpp"

namespace abgate::cli {

/// Streams that one step of a plan may have open at once, the arms that run together included.
struct StreamDemand {
  std::size_t bounded = 0;    ///< closed loops, and open ones with a cap
  std::size_t unbounded = 0;  ///< open loops without a cap, if no answer ever came before `total`
};
StreamDemand stream_demand(const Plan& plan, bool one_arm, Duration total);

struct MachineLimits {
  std::size_t descriptors = 0;       ///< that this process may have: RLIMIT_NOFILE, soft
  std::size_t descriptors_most = 0;  ///< and may ask for: hard
  std::size_t ports = 0;             ///< net.ipv4.ip_local_port_range; 0: unknown
};
MachineLimits machine_limits();

/// Descriptors that a demand takes: one a stream, and some for files.
std::size_t descriptors_for(std::size_t streams);

/// Throws Error(void_run) for bounded streams that cannot all be open, with what to set. Returns a
/// note where an uncapped open loop could run out.
std::vector<std::string> check_limits(const StreamDemand& demand, const MachineLimits& limits);

/// check_limits() on this machine, after raising the soft limit of descriptors as far as needed.
std::vector<std::string> ensure_limits(const Plan& plan, bool one_arm, Duration total);

}  // namespace abgate::cli
