#include "cli/limits.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>

#include "core/error.hpp"

namespace abgate::cli {

namespace {

/// For files, the event loop and the monitor.
constexpr std::size_t kSpareDescriptors = 128;

/// Most requests that are due within any span of `total`: those that are open at once if the server
/// answers none of them.
std::size_t most_within(const Cell& cell, Duration total) {
  std::vector<Duration> due;
  for (const PlannedRequest& request : cell.requests) {
    if (request.phase == Phase::measured) due.push_back(request.due);
  }
  std::sort(due.begin(), due.end());
  std::size_t most = 0, first = 0;
  for (std::size_t i = 0; i < due.size(); ++i) {
    while (due[i] - due[first] > total) ++first;
    most = std::max(most, i - first + 1);
  }
  return most;
}

/// What a step takes of something of which there are `have`, or a thrown line.
void refuse_beyond(std::size_t streams, std::size_t want, std::size_t have, const char* what,
                   const std::string& remedy) {
  if (want <= have) return;
  throw Error(ExitCode::void_run,
              fmt::format("{} streams at once need {} {}, this machine has {}; {}", streams, want,
                          what, have, remedy));
}

}  // namespace

StreamDemand stream_demand(const Plan& plan, bool one_arm, Duration total) {
  StreamDemand demand;
  for (const Step& step : plan.steps) {
    const Cell& cell = plan.cells[step.cell];
    const std::size_t arms = step.at_once && !one_arm ? step.arms.size() : 1;
    if (cell.load.concurrency > 0) {
      const std::size_t streams = std::min(cell.load.concurrency, cell.requests.size());
      demand.bounded = std::max(demand.bounded, arms * streams);
    } else {
      demand.unbounded = std::max(demand.unbounded, arms * most_within(cell, total));
    }
  }
  return demand;
}

MachineLimits machine_limits() {
  MachineLimits out;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    out.descriptors = limit.rlim_cur;
    out.descriptors_most = limit.rlim_max;
  }
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  std::size_t first = 0, last = 0;
  if (file >> first >> last && last >= first) out.ports = last - first + 1;
  return out;
}

std::size_t descriptors_for(std::size_t streams) {
  return streams + kSpareDescriptors;
}

std::vector<std::string> check_limits(const StreamDemand& demand, const MachineLimits& limits) {
  refuse_beyond(demand.bounded, descriptors_for(demand.bounded), limits.descriptors_most,
                "file descriptors",
                fmt::format("run `ulimit -n {}` first, or lower the concurrency",
                            descriptors_for(demand.bounded)));
  if (limits.ports > 0) {
    refuse_beyond(demand.bounded, demand.bounded, limits.ports, "local ports",
                  "widen net.ipv4.ip_local_port_range first, or lower the concurrency");
  }
  std::size_t room = limits.descriptors_most > kSpareDescriptors
                         ? limits.descriptors_most - kSpareDescriptors
                         : 0;
  if (limits.ports > 0) room = std::min(room, limits.ports);
  if (demand.unbounded <= room) return {};
  return {fmt::format(
      "an open loop without a cap could have {} streams open if a server stalled, this machine can "
      "hold {}: requests beyond that would be lost to this machine and void the run; set "
      "`concurrency` at the point to cap it, or raise `ulimit -n` and the local port range",
      demand.unbounded, room)};
}

std::vector<std::string> ensure_limits(const Plan& plan, bool one_arm, Duration total) {
  const StreamDemand demand = stream_demand(plan, one_arm, total);
  const MachineLimits limits = machine_limits();
  auto notes = check_limits(demand, limits);
  const std::size_t wanted =
      std::min(descriptors_for(std::max(demand.bounded, demand.unbounded)), limits.descriptors_most);
  if (limits.descriptors < wanted) {
    const rlimit raised{.rlim_cur = wanted, .rlim_max = limits.descriptors_most};
    setrlimit(RLIMIT_NOFILE, &raised);
  }
  return notes;
}

}  // namespace abgate::cli
