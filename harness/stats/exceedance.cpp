#include "stats/exceedance.hpp"

#include <algorithm>
#include <vector>

#include "stats/binomial.hpp"
#include "stats/distributions.hpp"
#include "stats/t_blocks.hpp"

namespace abgate::stats {

namespace {
std::vector<double> shares(std::span<const RunCount> runs, Exceedance& out) {
  std::vector<double> fractions;
  for (const RunCount& run : runs) {
    if (run.attempted == 0) continue;
    out.exceeding += run.exceeding;
    out.attempted += run.attempted;
    fractions.push_back(static_cast<double>(run.exceeding) / static_cast<double>(run.attempted));
  }
  out.runs = fractions.size();
  return fractions;
}
}  // namespace

Exceedance exceedance(std::span<const RunCount> runs, double share, double alpha_pass,
                      double alpha_fail) {
  Exceedance out;
  const std::vector<double> fractions = shares(runs, out);
  out.pooled = clopper_pearson(out.exceeding, out.attempted, level_for(alpha_pass));
  out.by_run = t_mean(fractions, level_for(alpha_pass));
  if (!out.pooled.value || !out.by_run.lo) {
    out.why = !out.pooled.value ? out.pooled.why : out.by_run.why;
    return out;
  }
  const double x = static_cast<double>(out.exceeding);
  const double n = static_cast<double>(out.attempted);
  const OneSided t = test_mean(fractions, share);
  const double pooled_below = binomial_cdf(x, n, share);
  const double pooled_above = binomial_sf_inclusive(x, n, share);
  out.p_below = std::max(pooled_below, *t.p_below);
  out.p_above = std::max(pooled_above, *t.p_above);
  out.upper = std::max(*out.pooled.hi, *out.by_run.hi);
  out.lower = std::min(*clopper_pearson(out.exceeding, out.attempted, level_for(alpha_fail)).lo,
                       *t_mean(fractions, level_for(alpha_fail)).lo);
  out.below = pooled_below <= alpha_pass && *out.by_run.hi < share;
  out.above = pooled_above <= alpha_fail && *t_mean(fractions, level_for(alpha_fail)).lo > share;
  return out;
}

std::optional<std::size_t> max_exceeding(std::size_t n, double share, double alpha) {
  const auto passes = [&](std::size_t k) {
    return binomial_cdf(static_cast<double>(k), static_cast<double>(n), share) <= alpha;
  };
  if (n == 0 || !passes(0)) return std::nullopt;
  std::size_t low = 0, high = n;
  while (low + 1 < high) {
    const std::size_t mid = low + (high - low) / 2;
    (passes(mid) ? low : high) = mid;
  }
  return low;
}

}  // namespace abgate::stats
