#include "load/arrival.hpp"

#include <limits>

#include "core/error.hpp"

namespace abgate::load {

namespace {

/// Gap before the next request in units of the mean gap.
double relative_gap(const LoadPoint& point, Rng& rng) {
  if (point.arrival == Arrival::poisson) return rng.exponential();
  return rng.gamma(point.burstiness) / point.burstiness;
}

}  // namespace

std::vector<Duration> arrivals(const LoadPoint& point, std::size_t count,
                               std::optional<Duration> until, Rng& rng) {
  ABGATE_ASSERT(count > 0 || (until && point.arrival != Arrival::closed));
  if (count == 0) count = std::numeric_limits<std::size_t>::max();
  std::vector<Duration> due;
  const bool random = point.arrival == Arrival::poisson || point.arrival == Arrival::gamma;
  double position = 0;  // in mean gaps: constant arrivals gather no rounding error
  for (std::size_t i = 0; i < count; ++i) {
    if (random) position += relative_gap(point, rng);
    if (point.arrival == Arrival::constant) position = static_cast<double>(i);
    const double at = point.arrival == Arrival::closed ? 0 : position / point.rate;
    const Duration next = from_seconds(at);
    if (until && next > *until) break;
    due.push_back(next);
  }
  return due;
}

}  // namespace abgate::load
