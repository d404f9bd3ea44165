#include "load/arrival.hpp"

#include <limits>

#include "core/error.hpp"

namespace abgate::load {

namespace {

double gap(const LoadPoint& point, Rng& rng) {
  switch (point.arrival) {
    case Arrival::closed:
      return 0;
    case Arrival::constant:
      return 1.0 / point.rate;
    case Arrival::poisson:
      return rng.exponential() / point.rate;
    case Arrival::gamma:
      return rng.gamma(point.burstiness) / (point.burstiness * point.rate);
  }
  return 0;
}

}  // namespace

std::vector<Duration> arrivals(const LoadPoint& point, std::size_t count,
                               std::optional<Duration> until, Rng& rng) {
  ABGATE_ASSERT(count > 0 || (until && point.arrival != Arrival::closed));
  if (count == 0) count = std::numeric_limits<std::size_t>::max();
  std::vector<Duration> due;
  double at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    // i / rate instead of a sum of gaps: no rounding error piles up.
    if (point.arrival == Arrival::constant) at = static_cast<double>(i) / point.rate;
    if (point.arrival == Arrival::poisson || point.arrival == Arrival::gamma) at += gap(point, rng);
    const Duration next = from_seconds(at);
    if (until && next > *until) break;
    due.push_back(next);
  }
  return due;
}

}  // namespace abgate::load
