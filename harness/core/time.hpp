#pragma once
// One clock for everything that is measured: steady_clock (CLOCK_MONOTONIC), integer nanoseconds.
// Pure code takes `now` as an argument; only http, observe, cli and tools read the clock.

#include <chrono>
#include <cstdint>
#include <string>

namespace abgate {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

constexpr double to_seconds(Duration d) {
  return static_cast<double>(d.count()) * 1e-9;
}
constexpr double to_ms(Duration d) {
  return static_cast<double>(d.count()) * 1e-6;
}
/// Rounds to the nearest nanosecond.
constexpr Duration from_seconds(double s) {
  return Duration{static_cast<std::int64_t>(s * 1e9 + (s < 0 ? -0.5 : 0.5))};
}

/// The monotonic clock that every stamp comes from.
TimePoint now();

/// Wall-clock time, for metadata only: "2026-01-31T02:17:00Z".
std::string utc_now_iso();
/// The same for folder names: "20260131T021700Z".
std::string utc_now_compact();

}  // namespace abgate
