#include "load/arrival.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"

namespace abgate::load {

namespace {

/// Gap before the next request in units of the mean gap.
double relative_gap(const LoadPoint& point, Rng& rng) {
  if (point.arrival == Arrival::gamma) return rng.gamma(point.burstiness) / point.burstiness;
  return rng.exponential();
}

/// Seconds into a stage of `seconds` whose rate goes from `from` to `to` until `area` requests are
/// expected; the root of from t + (to - from) t^2 / (2 seconds) = area in the form that does not
/// cancel.
double seconds_for(double area, double from, double to, double seconds) {
  const double slope = (to - from) / seconds;
  const double root = std::sqrt(std::max(0.0, from * from + 2 * slope * area));
  const double divisor = from + root;
  return divisor > 0 ? std::min(seconds, 2 * area / divisor) : seconds;
}

/// When `expected` requests are expected on a ramp; infinity after its end. The inverse of
/// ramp_expected.
double ramp_inverse(const LoadPoint& point, double expected) {
  double begin = 0, from = point.rate;
  for (const RampStage& stage : point.stages) {
    const double seconds = to_seconds(stage.duration);
    const double area = (from + stage.target) / 2 * seconds;
    if (seconds > 0 && expected <= area) {
      return begin + seconds_for(expected, from, stage.target, seconds);
    }
    expected -= area;
    begin += seconds;
    from = stage.target;
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace

double ramp_expected(const LoadPoint& point, double at) {
  double total = 0, from = point.rate;
  for (const RampStage& stage : point.stages) {
    const double seconds = to_seconds(stage.duration);
    const double inside = std::clamp(at, 0.0, seconds);
    if (seconds > 0) {
      total += from * inside + (stage.target - from) * inside * inside / (2 * seconds);
    }
    at -= seconds;
    from = stage.target;
    if (at <= 0) break;
  }
  return total;
}

double ramp_seconds(const LoadPoint& point) {
  Duration total{0};
  for (const RampStage& stage : point.stages) total += stage.duration;
  return to_seconds(total);
}

double mean_rate(const LoadPoint& point) {
  if (point.arrival == Arrival::closed || point.arrival == Arrival::trace) return 0;
  if (point.arrival != Arrival::ramp) return point.rate;
  const double seconds = ramp_seconds(point);
  return seconds > 0 ? ramp_expected(point, seconds) / seconds : 0;
}

std::vector<Duration> arrivals(const LoadPoint& point, std::size_t count,
                               std::optional<Duration> until, Rng& rng) {
  const bool ramp = point.arrival == Arrival::ramp;
  ABGATE_ASSERT(count > 0 || ramp || (until && point.arrival != Arrival::closed));
  ABGATE_ASSERT(point.arrival != Arrival::trace);
  if (count == 0) count = std::numeric_limits<std::size_t>::max();
  std::vector<Duration> due;
  const bool constant = point.arrival == Arrival::constant;
  const bool closed = point.arrival == Arrival::closed;
  double position = 0;  // in mean gaps: constant arrivals gather no rounding error
  for (std::size_t i = 0; i < count; ++i) {
    if (!constant && !closed) position += relative_gap(point, rng);
    if (constant) position = static_cast<double>(i);
    double at = closed ? 0 : position / point.rate;
    if (ramp) {
      at = ramp_inverse(point, position);  // unit-rate arrivals through the inverse of their mean
      if (!std::isfinite(at)) break;
    }
    const Duration next = from_seconds(at);
    if (until && next > *until) break;
    due.push_back(next);
  }
  return due;
}

}  // namespace abgate::load
