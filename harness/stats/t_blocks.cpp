#include "stats/t_blocks.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string_view>
#include <vector>

#include "stats/distributions.hpp"
#include "stats/moments.hpp"

namespace abgate::stats {

namespace {

/// One number per usable block, or why there is none.
struct Units {
  std::vector<double> values;
  std::size_t missing = 0;
  std::string why;
};

template <typename F>
Units pair_up(std::span<const double> b, std::span<const double> c, F&& combine) {
  Units u;
  if (b.size() != c.size()) {
    u.why = fmt::format("unpaired: {} baseline and {} candidate values", b.size(), c.size());
    return u;
  }
  for (std::size_t k = 0; k < b.size(); ++k) {
    if (std::isnan(b[k]) || std::isnan(c[k])) {
      ++u.missing;
    } else if (std::isinf(b[k]) || std::isinf(c[k])) {
      u.why = fmt::format("block {}: a value is infinite", k + 1);
    } else {
      u.values.push_back(combine(b[k], c[k]));
    }
  }
  return u;
}

Units log_ratios(std::span<const double> b, std::span<const double> c) {
  for (std::size_t k = 0; k < b.size() && k < c.size(); ++k) {
    if (b[k] <= 0 || c[k] <= 0) {
      return {{}, 0, fmt::format("block {}: {:g} / {:g} has no ratio", k + 1, c[k], b[k])};
    }
  }
  return pair_up(b, c, [](double x, double y) { return std::log(y / x); });
}

Units plain(std::span<const double> values) {
  return pair_up(values, values, [](double x, double) { return x; });
}

Estimate interval(const Units& u, double level, std::string_view what) {
  Estimate e;
  e.level = level;
  e.n = u.values.size();
  e.method = fmt::format("t on {} {}", e.n, what);
  if (u.missing > 0) {
    e.warnings.push_back(fmt::format("{} of {} blocks missing", u.missing, u.missing + e.n));
  }
  e.why = u.why;
  if (!u.why.empty()) return e;
  if (!(level > 0 && level < 1)) {
    e.why = "level outside (0, 1)";
    return e;
  }
  if (u.values.empty()) {
    e.why = "no block has a value";
    return e;
  }
  const Moments m = moments(u.values);
  e.value = m.mean();
  if (m.n() < 2) {
    e.why = "one block: no spread between blocks, so no interval (need at least 2)";
    return e;
  }
  const double n = static_cast<double>(m.n());
  const double half = t_quantile((1 + level) / 2, n - 1) * m.sd() / std::sqrt(n);
  e.lo = m.mean() - half;
  e.hi = m.mean() + half;
  return e;
}

void exponentiate(Estimate& e) {
  if (e.value) e.value = std::exp(*e.value);
  if (e.lo) e.lo = std::exp(*e.lo);
  if (e.hi) e.hi = std::exp(*e.hi);
}

OneSided test(const Units& u, double threshold) {
  OneSided r;
  r.why = u.why;
  if (!u.why.empty()) return r;
  if (u.values.size() < 2) {
    r.why = "fewer than 2 blocks";
    return r;
  }
  const Moments m = moments(u.values);
  const double n = static_cast<double>(m.n());
  r.df = n - 1;
  const double gap = m.mean() - threshold;
  const double se = m.sd() / std::sqrt(n);
  // No spread: the statistic is infinite on the side of the gap, and undecided exactly at the
  // threshold.
  r.statistic = se > 0 ? gap / se : gap == 0 ? 0 : std::copysign(INFINITY, gap);
  r.p_below = t_cdf(*r.statistic, r.df);
  r.p_above = t_cdf(-*r.statistic, r.df);
  return r;
}

/// Means, variances and covariance of paired values, all of the means.
struct MeanPair {
  double b = 0, c = 0, var_b = 0, var_c = 0, cov = 0, n = 0;
};

std::optional<MeanPair> mean_pair(std::span<const double> b, std::span<const double> c,
                                  Estimate& e) {
  const Units u = pair_up(b, c, [](double, double) { return 0.0; });
  e.n = u.values.size();
  e.why = u.why;
  if (e.why.empty() && u.missing > 0) e.why = fmt::format("{} values missing", u.missing);
  if (e.why.empty() && e.n < 2) e.why = "fewer than 2 pairs";
  if (!e.why.empty()) return std::nullopt;
  MeanPair m;
  m.n = static_cast<double>(e.n);
  const Moments mb = moments(b);
  const Moments mc = moments(c);
  m.b = mb.mean();
  m.c = mc.mean();
  double cov = 0;
  for (std::size_t i = 0; i < b.size(); ++i) cov += (b[i] - m.b) * (c[i] - m.c);
  m.var_b = mb.variance() / m.n;
  m.var_c = mc.variance() / m.n;
  m.cov = cov / (m.n - 1) / m.n;
  return m;
}

}  // namespace

Estimate t_mean(std::span<const double> values, double level) {
  return interval(plain(values), level, "block values");
}

Estimate t_log_ratio(std::span<const double> baseline, std::span<const double> candidate,
                     double level) {
  Estimate e = interval(log_ratios(baseline, candidate), level, "block log-ratios");
  exponentiate(e);
  return e;
}

Estimate t_difference(std::span<const double> baseline, std::span<const double> candidate,
                      double level) {
  return t_margin(baseline, candidate, 1.0, level);
}

Estimate t_margin(std::span<const double> baseline, std::span<const double> candidate,
                  double margin, double level) {
  return interval(pair_up(baseline, candidate, [&](double b, double c) { return c - margin * b; }),
                  level, "block differences");
}

OneSided test_mean(std::span<const double> values, double threshold) {
  return test(plain(values), threshold);
}

OneSided test_log_ratio(std::span<const double> baseline, std::span<const double> candidate,
                        double threshold) {
  if (!(threshold > 0)) {
    OneSided r;
    r.why = "the threshold of a ratio must be above 0";
    return r;
  }
  return test(log_ratios(baseline, candidate), std::log(threshold));
}

OneSided test_margin(std::span<const double> baseline, std::span<const double> candidate,
                     double margin) {
  return test(pair_up(baseline, candidate, [&](double b, double c) { return c - margin * b; }), 0);
}

std::optional<double> sd_log_ratio(std::span<const double> baseline,
                                   std::span<const double> candidate) {
  const Units u = log_ratios(baseline, candidate);
  if (!u.why.empty() || u.values.size() < 2) return std::nullopt;
  return moments(u.values).sd();
}

Estimate fieller_ratio(std::span<const double> baseline, std::span<const double> candidate,
                       double level) {
  Estimate e;
  e.level = level;
  e.method = "Fieller";
  const auto m = mean_pair(baseline, candidate, e);
  if (!m) return e;
  if (m->b == 0) {
    e.why = "the baseline's mean is 0";
    return e;
  }
  e.value = m->c / m->b;
  const auto bounds =
      fieller_bounds(m->b, m->c, m->var_b, m->var_c, m->cov, t_quantile((1 + level) / 2, m->n - 1));
  if (!bounds) {
    e.why = "the baseline's mean is not clearly different from 0";
    return e;
  }
  e.lo = bounds->first;
  e.hi = bounds->second;
  return e;
}

std::optional<std::pair<double, double>> fieller_bounds(double b, double c, double var_b,
                                                        double var_c, double cov, double t) {
  // (c - r b)² = t² (var_c - 2 r cov + r² var_b)
  const double qa = b * b - t * t * var_b;
  const double qb = -2 * (b * c - t * t * cov);
  const double qc = c * c - t * t * var_c;
  const double discriminant = qb * qb - 4 * qa * qc;
  if (!(qa > 0)) return std::nullopt;
  const double root = std::sqrt(std::max(0.0, discriminant));
  return std::pair{(-qb - root) / (2 * qa), (-qb + root) / (2 * qa)};
}

Estimate log_delta_ratio(std::span<const double> baseline, std::span<const double> candidate,
                         double level) {
  Estimate e;
  e.level = level;
  e.method = "delta method on the log ratio of means";
  const auto m = mean_pair(baseline, candidate, e);
  if (!m) return e;
  if (!(m->b > 0) || !(m->c > 0)) {
    e.why = "a mean is not above 0";
    return e;
  }
  e.value = m->c / m->b;
  const double variance =
      m->var_b / (m->b * m->b) + m->var_c / (m->c * m->c) - 2 * m->cov / (m->b * m->c);
  const double half = t_quantile((1 + level) / 2, m->n - 1) * std::sqrt(std::max(0.0, variance));
  e.lo = *e.value * std::exp(-half);
  e.hi = *e.value * std::exp(half);
  return e;
}

}  // namespace abgate::stats
