#include "stats/sequential.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "stats/distributions.hpp"

namespace abgate::stats {

namespace {

constexpr std::size_t kPoints = 201;  ///< odd, for Simpson's rule
constexpr double kTail = 9;           ///< standard deviations below 0

double density(double x) {
  return std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
}

struct Grid {
  double low = 0, step = 0;
  double at(std::size_t i) const { return low + step * static_cast<double>(i); }
  double weight(std::size_t i) const {
    if (i == 0 || i + 1 == kPoints) return step / 3;
    return (i % 2 == 1 ? 4 : 2) * step / 3;
  }
};

/// Sums of k unit-variance steps that lie below boundary·√k.
Grid grid_of(std::size_t look, double boundary) {
  const double root = std::sqrt(static_cast<double>(look));
  const double low = -kTail * root;
  return {low, (std::max(boundary, -kTail + 1) * root - low) / static_cast<double>(kPoints - 1)};
}

template <typename F>
double bisect(F&& increasing, double low, double high) {
  for (int i = 0; i < 45; ++i) {
    const double mid = (low + high) / 2;
    (increasing(mid) > 0 ? high : low) = mid;
  }
  return (low + high) / 2;
}

}  // namespace

double crossing_probability(std::span<const double> boundaries) {
  if (boundaries.empty()) return 0;
  Grid grid = grid_of(1, boundaries[0]);
  std::vector<double> f(kPoints);
  for (std::size_t i = 0; i < kPoints; ++i) f[i] = density(grid.at(i));
  for (std::size_t look = 2; look <= boundaries.size(); ++look) {
    const Grid next = grid_of(look, boundaries[look - 1]);
    std::vector<double> g(kPoints, 0.0);
    for (std::size_t j = 0; j < kPoints; ++j) {
      for (std::size_t i = 0; i < kPoints; ++i) {
        g[j] += grid.weight(i) * f[i] * density(next.at(j) - grid.at(i));
      }
    }
    grid = next;
    f = std::move(g);
  }
  double inside = 0;
  for (std::size_t i = 0; i < kPoints; ++i) inside += grid.weight(i) * f[i];
  return 1 - inside;
}

TwoLooks pocock(double alpha) {
  const double z = bisect(
      [&](double c) {
        const double bounds[] = {c, c};
        return alpha - crossing_probability(bounds);
      },
      0, 8);
  return {z, z};
}

TwoLooks obrien_fleming(double alpha) {
  const double z = bisect(
      [&](double c) {
        const double bounds[] = {c * std::numbers::sqrt2, c};
        return alpha - crossing_probability(bounds);
      },
      0, 6);
  return {z * std::numbers::sqrt2, z};
}

double peeking_error(std::size_t looks, double alpha) {
  const std::vector<double> bounds(looks, normal_quantile(1 - alpha));
  return crossing_probability(bounds);
}

double confidence_sequence_ratio(double alpha) {
  // Squared half-width times n at u = n ρ²; the best u is where it is smallest (unimodal in ln u).
  const auto squared = [alpha](double log_u) {
    const double u = std::exp(log_u);
    return (u + 1) / u * (std::log1p(u) - 2 * std::log(alpha));
  };
  double low = -5, high = 10;
  for (int i = 0; i < 200; ++i) {
    const double a = low + (high - low) / 3;
    const double b = high - (high - low) / 3;
    (squared(a) < squared(b) ? high : low) = squared(a) < squared(b) ? b : a;
  }
  return std::sqrt(squared((low + high) / 2)) / normal_quantile(1 - alpha / 2);
}

}  // namespace abgate::stats
