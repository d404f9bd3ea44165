#include "stats/binomial.hpp"

#include <algorithm>
#include <cmath>

#include "stats/distributions.hpp"

namespace abgate::stats {

namespace {
std::optional<Estimate> refuse(std::size_t k, std::size_t n, double level) {
  Estimate e;
  e.level = level;
  e.n = n;
  if (n == 0) {
    e.why = "nothing was attempted";
  } else if (k > n) {
    e.why = "more events than attempts";
  } else if (!(level > 0 && level < 1)) {
    e.why = "level outside (0, 1)";
  } else {
    return std::nullopt;
  }
  return e;
}
}  // namespace

Estimate clopper_pearson(std::size_t k, std::size_t n, double level) {
  if (auto refused = refuse(k, n, level)) return *refused;
  const double x = static_cast<double>(k);
  const double size = static_cast<double>(n);
  Estimate e;
  e.level = level;
  e.n = n;
  e.method = "exact binomial (Clopper–Pearson)";
  e.value = x / size;
  e.lo = k == 0 ? 0.0 : beta_quantile((1 - level) / 2, x, size - x + 1);
  e.hi = k == n ? 1.0 : beta_quantile((1 + level) / 2, x + 1, size - x);
  return e;
}

Estimate wilson(std::size_t k, std::size_t n, double level) {
  if (auto refused = refuse(k, n, level)) return *refused;
  const double size = static_cast<double>(n);
  const double p = static_cast<double>(k) / size;
  const double z = normal_quantile((1 + level) / 2);
  const double centre = (p + z * z / (2 * size)) / (1 + z * z / size);
  const double half =
      z * std::sqrt(p * (1 - p) / size + z * z / (4 * size * size)) / (1 + z * z / size);
  Estimate e;
  e.level = level;
  e.n = n;
  e.method = "Wilson score";
  e.value = p;
  e.lo = k == 0 ? 0.0 : std::max(0.0, centre - half);
  e.hi = k == n ? 1.0 : std::min(1.0, centre + half);
  return e;
}

double zero_failures_upper(std::size_t n, double confidence) {
  if (n == 0) return 1;
  return -std::expm1(std::log1p(-confidence) / static_cast<double>(n));
}

std::optional<std::size_t> attempts_to_prove(double rate, double confidence) {
  if (!(rate > 0 && rate < 1) || !(confidence > 0 && confidence < 1)) return std::nullopt;
  const double n = std::ceil(std::log1p(-confidence) / std::log1p(-rate));
  auto attempts = static_cast<std::size_t>(std::max(1.0, n));
  while (attempts > 1 && zero_failures_upper(attempts - 1, confidence) <= rate) --attempts;
  while (zero_failures_upper(attempts, confidence) > rate) ++attempts;
  return attempts;
}

}  // namespace abgate::stats
