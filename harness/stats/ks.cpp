#include "stats/ks.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "stats/quantile.hpp"

namespace abgate::stats {

double kolmogorov_sf(double lambda) {
  if (!(lambda > 0)) return 1;
  if (lambda < 1.18) {  // the theta-function form converges where the alternating sum does not
    const double y = std::exp(-std::numbers::pi * std::numbers::pi / (8 * lambda * lambda));
    const double sum = y + std::pow(y, 9) + std::pow(y, 25) + std::pow(y, 49);
    return 1 - std::sqrt(2 * std::numbers::pi) / lambda * sum;
  }
  double sum = 0;
  for (int j = 1; j <= 10; ++j) {
    sum += (j % 2 == 1 ? 1 : -1) * std::exp(-2.0 * j * j * lambda * lambda);
  }
  return std::clamp(2 * sum, 0.0, 1.0);
}

namespace {
double corrected(double statistic, double n_effective) {
  const double root = std::sqrt(n_effective);
  return kolmogorov_sf((root + 0.12 + 0.11 / root) * statistic);
}
}  // namespace

std::optional<KsResult> ks_two_sample(std::span<const double> a, std::span<const double> b) {
  const std::vector<double> x = sorted_finite(a);
  const std::vector<double> y = sorted_finite(b);
  if (x.empty() || y.empty()) return std::nullopt;
  const double n = static_cast<double>(x.size());
  const double m = static_cast<double>(y.size());
  KsResult r;
  std::size_t i = 0, j = 0;
  while (i < x.size() && j < y.size()) {
    const double at = std::min(x[i], y[j]);
    while (i < x.size() && x[i] == at) ++i;
    while (j < y.size() && y[j] == at) ++j;
    r.statistic =
        std::max(r.statistic, std::abs(static_cast<double>(i) / n - static_cast<double>(j) / m));
  }
  r.p = corrected(r.statistic, n * m / (n + m));
  return r;
}

std::optional<KsResult> ks_one_sample(std::span<const double> values,
                                      const std::function<double(double)>& cdf) {
  const std::vector<double> x = sorted_finite(values);
  if (x.empty()) return std::nullopt;
  const double n = static_cast<double>(x.size());
  KsResult r;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double f = cdf(x[i]);
    r.statistic =
        std::max({r.statistic, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  r.p = corrected(r.statistic, n);
  return r;
}

}  // namespace abgate::stats
