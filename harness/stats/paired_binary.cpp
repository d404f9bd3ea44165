#include "stats/paired_binary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "stats/binomial.hpp"
#include "stats/distributions.hpp"

namespace abgate::stats {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

double sign(double x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

/// numerator / √variance with the limits that the score tests need where the variance vanishes.
double score(double numerator, double variance) {
  if (variance > 0) return numerator / std::sqrt(variance);
  return numerator == 0 ? 0 : sign(numerator) * kInf;
}

/// The larger root of A q² + B q + C; rounding may make the discriminant slightly negative.
double larger_root(double a, double b, double c) {
  return (-b + std::sqrt(std::max(0.0, b * b - 4 * a * c))) / (2 * a);
}

/// Where a decreasing f crosses 0 between low (f > 0) and high (f < 0), by bisection.
template <typename F>
double crossing(F&& f, double low, double high) {
  for (int i = 0; i < 200 && high - low > 1e-15 * std::max(1.0, std::abs(low)); ++i) {
    const double mid = low + (high - low) / 2;
    if (mid <= low || mid >= high) break;
    (f(mid) > 0 ? low : high) = mid;
  }
  return low + (high - low) / 2;
}

Estimate start(const PairedCounts& counts, double level, const char* method) {
  Estimate e;
  e.level = level;
  e.method = method;
  e.n = static_cast<std::size_t>(std::llround(std::max(0.0, counts.n())));
  const bool negative =
      std::min({counts.both, counts.candidate_only, counts.baseline_only, counts.neither}) < 0;
  if (negative || !std::isfinite(counts.n())) {
    e.why = "a count is negative or not finite";
  } else if (counts.n() <= 0) {
    e.why = "no pairs";
  } else if (!(level > 0 && level < 1)) {
    e.why = "level outside (0, 1)";
  }
  return e;
}

struct WilsonBounds {
  double p, lo, hi;
};
// Fractional counts, so not wilson().
WilsonBounds wilson_bounds(double k, double n, double z) {
  const double p = k / n;
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
  return {p, std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

double newcombe_phi(const PairedCounts& t) {
  const double margins = t.candidate_right() * (t.n() - t.candidate_right()) * t.baseline_right() *
                         (t.n() - t.baseline_right());
  if (!(margins > 0)) return 0;
  const double cross = t.both * t.neither - t.candidate_only * t.baseline_only;
  const double corrected = cross > 0 ? std::max(cross - t.n() / 2, 0.0) : cross;
  return corrected / std::sqrt(margins);
}

}  // namespace

PairedCounts scaled(const PairedCounts& counts, double design_effect) {
  const double d = std::max(1.0, design_effect);
  return {counts.both / d, counts.candidate_only / d, counts.baseline_only / d, counts.neither / d};
}

double mcnemar_exact(const PairedCounts& t) {
  const double discordant = t.candidate_only + t.baseline_only;
  if (discordant <= 0) return 1;
  return std::min(1.0,
                  2 * binomial_cdf(std::min(t.candidate_only, t.baseline_only), discordant, 0.5));
}

double mcnemar_mid_p(const PairedCounts& t) {
  const double discordant = t.candidate_only + t.baseline_only;
  if (discordant <= 0) return 1;
  const double k = std::min(t.candidate_only, t.baseline_only);
  // Equal counts: the two tails overlap in the middle term, counted once and half.
  if (t.candidate_only == t.baseline_only) return 1 - binomial_pmf(k, discordant, 0.5) / 2;
  return 2 * binomial_cdf(k, discordant, 0.5) - binomial_pmf(k, discordant, 0.5);
}

double mcnemar_one_sided_worse(const PairedCounts& t) {
  const double discordant = t.candidate_only + t.baseline_only;
  return discordant <= 0 ? 1 : binomial_cdf(t.candidate_only, discordant, 0.5);
}

std::optional<double> tango_z(const PairedCounts& t, double delta) {
  const double n = t.n();
  if (!(n > 0) || !(delta > -1 && delta < 1)) return std::nullopt;
  const double b = t.candidate_only;
  const double c = t.baseline_only;
  const double q = larger_root(2 * n, -b - c + (2 * n - b + c) * delta, -c * delta * (1 - delta));
  return score(b - c - n * delta, n * (2 * q + delta * (1 - delta)));
}

Estimate tango_difference(const PairedCounts& t, double level) {
  Estimate e = start(t, level, "Tango score");
  if (!e.why.empty()) return e;
  e.value = (t.candidate_only - t.baseline_only) / t.n();
  const double z = normal_quantile((1 + level) / 2);
  const double edge = std::nextafter(1.0, 0.0);
  e.lo = crossing([&](double d) { return *tango_z(t, d) - z; }, -edge, *e.value);
  e.hi = crossing([&](double d) { return *tango_z(t, d) + z; }, *e.value, edge);
  return e;
}

Estimate newcombe_difference(const PairedCounts& t, double level) {
  Estimate e = start(t, level, "Newcombe method 10");
  if (!e.why.empty()) return e;
  const double z = normal_quantile((1 + level) / 2);
  const WilsonBounds cand = wilson_bounds(t.candidate_right(), t.n(), z);
  const WilsonBounds base = wilson_bounds(t.baseline_right(), t.n(), z);
  const double phi = newcombe_phi(t);
  const auto spread = [phi](double x, double y) {
    return std::sqrt(std::max(0.0, x * x - 2 * phi * x * y + y * y));
  };
  e.value = cand.p - base.p;
  e.lo = *e.value - spread(cand.p - cand.lo, base.hi - base.p);
  e.hi = *e.value + spread(cand.hi - cand.p, base.p - base.lo);
  return e;
}

std::optional<double> tang_z(const PairedCounts& t, double ratio) {
  const double n = t.n();
  if (!(n > 0) || !(ratio > 0) || !std::isfinite(ratio)) return std::nullopt;
  const double any = t.both + t.candidate_only + t.baseline_only;
  const double q =
      larger_root(n * (1 + ratio), t.baseline_right() * ratio * ratio - (any + t.baseline_only),
                  t.baseline_only * (1 - ratio) * any / n);
  return score(t.candidate_right() - ratio * t.baseline_right(),
               n * (1 + ratio) * q + any * (ratio - 1));
}

Estimate tang_ratio(const PairedCounts& t, double level) {
  Estimate e = start(t, level, "Tang score");
  if (e.why.empty() && !(t.baseline_right() > 0)) e.why = "the baseline has no right answer";
  if (!e.why.empty()) return e;
  e.value = t.candidate_right() / t.baseline_right();
  const double z = normal_quantile((1 + level) / 2);
  const auto at = [&](double log_ratio) { return *tang_z(t, std::exp(log_ratio)); };
  // On the log scale; a candidate without any right answer has 0 as its lower bound.
  const double middle = *e.value > 0 ? std::log(*e.value) : -40;
  double high = middle + 1;
  while (at(high) > -z && high < 700) high += 1 + std::abs(high);
  e.hi = std::exp(crossing([&](double r) { return at(r) + z; }, middle, high));
  if (*e.value == 0) {
    e.lo = 0;
    return e;
  }
  double low = middle - 1;
  while (at(low) < z && low > -40) low -= 1 + std::abs(low);
  e.lo = low <= -40 ? 0 : std::exp(crossing([&](double r) { return at(r) - z; }, low, middle));
  return e;
}

std::optional<double> tango_p_above(const PairedCounts& counts, double delta) {
  const auto z = tango_z(counts, delta);
  return z ? std::optional(normal_cdf(-*z)) : std::nullopt;
}

std::optional<double> tang_p_above(const PairedCounts& counts, double ratio) {
  const auto z = tang_z(counts, ratio);
  return z ? std::optional(normal_cdf(-*z)) : std::nullopt;
}

}  // namespace abgate::stats
