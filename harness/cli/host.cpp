#include "cli/host.hpp"

#include <sched.h>
#include <sys/utsname.h>

#include <fstream>
#include <string>

namespace abgate::cli {

namespace {
std::string first_line_of(const char* path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

std::string cpu_model() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("model name")) continue;
    const auto colon = line.find(": ");
    return colon == std::string::npos ? "" : line.substr(colon + 2);
  }
  return "";
}
}  // namespace

HostFacts host_facts() {
  HostFacts facts;
  utsname names{};
  if (uname(&names) == 0) {
    facts.name = names.nodename;
    facts.kernel = names.release;
  }
  facts.cpu = cpu_model();
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    facts.cores = static_cast<unsigned>(CPU_COUNT(&set));
  facts.clocksource =
      first_line_of("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  return facts;
}

}  // namespace abgate::cli
