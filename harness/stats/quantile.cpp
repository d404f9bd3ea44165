#include "stats/quantile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stats/distributions.hpp"

namespace abgate::stats {

namespace {
/// Smallest n with base^n <= limit, for 0 < base < 1.
std::size_t smallest_exponent(double base, double limit) {
  auto n =
      static_cast<std::size_t>(std::max(1.0, std::floor(std::log(limit) / std::log(base)) - 1));
  while (std::pow(base, static_cast<double>(n)) > limit) ++n;
  return n;
}

bool inside(double p) {
  return p > 0 && p < 1;
}
}  // namespace

std::optional<double> quantile_sorted(std::span<const double> ascending, double p) {
  if (ascending.empty() || !(p >= 0 && p <= 1)) return std::nullopt;
  if (std::isnan(ascending.front()) || std::isnan(ascending.back())) return std::nullopt;
  const double h = static_cast<double>(ascending.size() - 1) * p;
  const auto low = static_cast<std::size_t>(h);
  if (low + 1 >= ascending.size()) return ascending.back();
  const double a = ascending[low];
  const double b = ascending[low + 1];
  return a == b ? a : a + (b - a) * (h - std::floor(h));
}

std::vector<double> sorted_finite(std::span<const double> values) {
  std::vector<double> out;
  out.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(out),
               [](double x) { return std::isfinite(x); });
  std::sort(out.begin(), out.end());
  return out;
}

std::optional<double> quantile(std::span<const double> values, double p) {
  if (!(p >= 0 && p <= 1)) return std::nullopt;
  std::vector<double> finite;
  finite.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite),
               [](double x) { return std::isfinite(x); });
  if (finite.empty()) return std::nullopt;
  // Only the two neighbours of the rank are needed in place: selection, not sorting.
  const auto low = static_cast<std::size_t>(static_cast<double>(finite.size() - 1) * p);
  const auto at = finite.begin() + static_cast<std::ptrdiff_t>(low);
  std::nth_element(finite.begin(), at, finite.end());
  if (at + 1 == finite.end()) return *at;
  const double a = *at, b = *std::min_element(at + 1, finite.end());
  const double h = static_cast<double>(finite.size() - 1) * p;
  return a == b ? a : a + (b - a) * (h - std::floor(h));
}

std::size_t min_n_to_show(double p) {
  if (!inside(p)) return 1;
  const double tail = std::min(p, 1 - p);
  // Doubling, then bisection: the probability falls with n.
  const auto enough = [tail](std::size_t n) {
    return binomial_cdf(1, static_cast<double>(n), tail) <= 0.01;
  };
  std::size_t high = 2;
  while (!enough(high)) high *= 2;
  std::size_t low = high / 2;
  while (low + 1 < high) {
    const std::size_t mid = low + (high - low) / 2;
    (enough(mid) ? high : low) = mid;
  }
  return high;
}

std::size_t min_n_upper_bound(double p, double confidence) {
  if (!inside(p) || !inside(confidence)) return 1;
  return smallest_exponent(p, 1 - confidence);
}

std::size_t min_n_two_sided(double p, double level) {
  if (!inside(p) || !inside(level)) return 1;
  const double half = (1 - level) / 2;
  return smallest_exponent(std::max(p, 1 - p), half);
}

std::optional<std::size_t> upper_rank(std::size_t n, double p, double confidence) {
  const double size = static_cast<double>(n);
  const auto covers = [&](std::size_t k) {
    return binomial_cdf(static_cast<double>(k) - 1, size, p) >= confidence;
  };
  if (n == 0 || !inside(p) || !covers(n)) return std::nullopt;
  std::size_t low = 0, high = n;
  while (low + 1 < high) {
    const std::size_t mid = low + (high - low) / 2;
    (covers(mid) ? high : low) = mid;
  }
  return high;
}

std::optional<std::size_t> lower_rank(std::size_t n, double p, double confidence) {
  const double size = static_cast<double>(n);
  const auto covers = [&](std::size_t k) {
    return binomial_sf_inclusive(static_cast<double>(k), size, p) >= confidence;
  };
  if (n == 0 || !inside(p) || !covers(1)) return std::nullopt;
  std::size_t low = 1, high = n + 1;
  while (low + 1 < high) {
    const std::size_t mid = low + (high - low) / 2;
    (covers(mid) ? low : high) = mid;
  }
  return low;
}

Estimate quantile_interval(std::span<const double> ascending, double p, double level) {
  Estimate e;
  e.level = level;
  e.n = ascending.size();
  e.method = "type-7 percentile, order-statistic interval";
  e.value = quantile_sorted(ascending, p);
  if (!e.value || !inside(p) || !inside(level)) {
    e.value.reset();
    e.why =
        ascending.empty() ? "no values" : "percentile or level outside (0, 1), or a value is NaN";
    return e;
  }
  const double confidence = (1 + level) / 2;
  if (const auto k = lower_rank(ascending.size(), p, confidence)) e.lo = ascending[*k - 1];
  if (const auto k = upper_rank(ascending.size(), p, confidence)) e.hi = ascending[*k - 1];
  if (!e.lo || !e.hi) {
    e.why = fmt::format("p{:g} needs at least {} values for both bounds, has {}", 100 * p,
                        min_n_two_sided(p, level), ascending.size());
  }
  return e;
}

}  // namespace abgate::stats
