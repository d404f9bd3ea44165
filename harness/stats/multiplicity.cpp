#include "stats/multiplicity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace abgate::stats {

namespace {
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Positions by ascending p, NaN last.
std::vector<std::size_t> ascending(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (std::isnan(p[a]) || std::isnan(p[b])) return !std::isnan(p[a]) && std::isnan(p[b]);
    return p[a] < p[b];
  });
  return order;
}
}  // namespace

std::vector<double> holm(std::span<const double> p) {
  std::vector<double> out(p.size(), kNan);
  const auto order = ascending(p);
  double running = 0;
  for (std::size_t i = 0; i < order.size() && !std::isnan(p[order[i]]); ++i) {
    running = std::max(running, std::min(1.0, static_cast<double>(p.size() - i) * p[order[i]]));
    out[order[i]] = running;
  }
  return out;
}

std::vector<double> bonferroni(std::span<const double> p) {
  std::vector<double> out(p.begin(), p.end());
  for (double& x : out) {
    if (!std::isnan(x)) x = std::min(1.0, static_cast<double>(p.size()) * x);
  }
  return out;
}

std::vector<double> benjamini_hochberg(std::span<const double> p) {
  std::vector<double> out(p.size(), kNan);
  const auto order = ascending(p);
  double running = 1;
  for (std::size_t i = order.size(); i-- > 0;) {
    if (std::isnan(p[order[i]])) continue;
    const double m = static_cast<double>(p.size());
    running = std::min(running, m / static_cast<double>(i + 1) * p[order[i]]);
    out[order[i]] = running;
  }
  return out;
}

double intersection_union(std::span<const double> p) {
  double largest = p.empty() ? kNan : 0;
  for (const double x : p) {
    if (std::isnan(x)) return kNan;
    largest = std::max(largest, x);
  }
  return largest;
}

}  // namespace abgate::stats
