#include "core/time.hpp"

#include <ctime>

namespace abgate {

TimePoint now() {
  return std::chrono::steady_clock::now();
}

namespace {
std::string format_utc(const char* pattern) {
  const std::time_t seconds = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  const std::size_t n = std::strftime(text, sizeof text, pattern, &parts);
  return {text, n};
}
}  // namespace

std::string utc_now_iso() {
  return format_utc("%Y-%m-%dT%H:%M:%SZ");
}
std::string utc_now_compact() {
  return format_utc("%Y%m%dT%H%M%SZ");
}

}  // namespace abgate
