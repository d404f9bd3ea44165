#include "decision/shares.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.hpp"
#include "stats/distributions.hpp"
#include "stats/moments.hpp"
#include "stats/t_blocks.hpp"

namespace abgate::decision {
namespace {

/// Pearson's chi-square between runs over its degrees of freedom, at least 1.
double dispersion_of(std::span<const stats::RunCount> runs, double mean, std::size_t used) {
  if (mean <= 0 || mean >= 1 || used < 2) return 1;
  double chi2 = 0;
  for (const stats::RunCount& run : runs) {
    if (run.attempted == 0) continue;
    const auto n = static_cast<double>(run.attempted);
    const double off = static_cast<double>(run.exceeding) / n - mean;
    chi2 += n * off * off / (mean * (1 - mean));
  }
  return std::max(1.0, chi2 / static_cast<double>(used - 1));
}

/// Upper end of the p that the score statement does not reject: Wilson's formula with effective n
/// and t.
double score_upper(double mean, double n, double t) {
  const double t2 = t * t;
  return (mean + t2 / (2 * n) + t * std::sqrt(mean * (1 - mean) / n + t2 / (4 * n * n))) /
         (1 + t2 / n);
}

struct Pooled {
  stats::Moments fractions;
  double exceeding = 0, attempted = 0;
  double mean() const { return exceeding / attempted; }
  /// Half width of the one-sided t bound over runs.
  double half(double alpha) const {
    const auto n = static_cast<double>(fractions.n());
    return stats::t_quantile((1 + stats::level_for(alpha)) / 2, n - 1) * fractions.sd() /
           std::sqrt(n);
  }
};

Pooled pool(std::span<const stats::RunCount> runs) {
  Pooled out;
  for (const stats::RunCount& run : runs) {
    if (run.attempted == 0) continue;
    const auto x = static_cast<double>(run.exceeding), n = static_cast<double>(run.attempted);
    out.exceeding += x;
    out.attempted += n;
    out.fractions.add(x / n);
  }
  return out;
}

}  // namespace

bool share_is_below(std::span<const stats::RunCount> runs, double allowed, double alpha) {
  const Pooled p = pool(runs);
  if (p.fractions.n() < 2 || p.mean() >= allowed) return false;
  if (!(p.fractions.mean() + p.half(alpha) < allowed)) return false;
  if (!(stats::binomial_cdf(p.exceeding, p.attempted, allowed) <= alpha)) return false;
  const double dispersion = dispersion_of(runs, p.mean(), p.fractions.n());
  const double score =
      (p.mean() - allowed) / std::sqrt(dispersion * allowed * (1 - allowed) / p.attempted);
  return stats::t_cdf(score, static_cast<double>(p.fractions.n() - 1)) <= alpha;
}

bool share_is_above(std::span<const stats::RunCount> runs, double allowed, double alpha) {
  const Pooled p = pool(runs);
  if (p.fractions.n() < 2 || !(p.fractions.mean() - p.half(alpha) > allowed)) return false;
  return stats::binomial_sf_inclusive(p.exceeding, p.attempted, allowed) <= alpha;
}

namespace {
constexpr std::size_t kCornerRuns = 10;
}

bool share_stays_below(std::span<const stats::RunCount> runs,
                       std::span<const std::size_t> uncertain, double allowed, double alpha) {
  ABGATE_ASSERT(runs.size() == uncertain.size());
  std::vector<std::size_t> open;
  for (std::size_t k = 0; k < runs.size(); ++k) {
    if (uncertain[k] > 0) open.push_back(k);
  }
  const auto holds = [&](const auto& good) {
    std::vector<stats::RunCount> corner(runs.begin(), runs.end());
    for (std::size_t i = 0; i < open.size(); ++i) {
      if (good(i))
        corner[open[i]].exceeding -= std::min(uncertain[open[i]], corner[open[i]].exceeding);
    }
    return share_is_below(corner, allowed, alpha);
  };
  if (open.size() <= kCornerRuns) {
    for (std::size_t mask = 0; mask < std::size_t{1} << open.size(); ++mask) {
      if (!holds([&](std::size_t i) { return (mask >> i & 1U) != 0; })) return false;
    }
    return true;
  }
  if (!holds([](std::size_t) { return false; }) || !holds([](std::size_t) { return true; }))
    return false;
  for (std::size_t one = 0; one < open.size(); ++one) {
    if (!holds([&](std::size_t i) { return i == one; }) ||
        !holds([&](std::size_t i) { return i != one; }))
      return false;
  }
  return true;
}

ShareStatement state_share(std::span<const stats::RunCount> runs, double allowed, double alpha_pass,
                           double alpha_fail) {
  ShareStatement s;
  s.counts = stats::exceedance(runs, allowed, alpha_pass, alpha_fail);
  s.below = s.counts.below;
  s.above = s.counts.above;
  s.upper = s.counts.upper;
  s.lower = s.counts.lower;
  s.p_below = s.counts.p_below;
  if (s.counts.runs < 2 || s.counts.attempted == 0) return s;
  const auto n = static_cast<double>(s.counts.attempted);
  const double mean = static_cast<double>(s.counts.exceeding) / n;
  const double df = static_cast<double>(s.counts.runs - 1);
  s.dispersion = dispersion_of(runs, mean, s.counts.runs);
  const double score = (mean - allowed) / std::sqrt(s.dispersion * allowed * (1 - allowed) / n);
  const double p = stats::t_cdf(score, df);
  s.below = s.below && p <= alpha_pass;
  if (s.p_below) s.p_below = std::max(*s.p_below, p);
  if (s.upper)
    s.upper = std::max(*s.upper,
                       score_upper(mean, n / s.dispersion, stats::t_quantile(1 - alpha_pass, df)));
  return s;
}

}  // namespace abgate::decision
