#include "stats/rank.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "stats/distributions.hpp"
#include "stats/moments.hpp"
#include "stats/quantile.hpp"

namespace abgate::stats {

namespace {

bool any_nan(std::span<const double> values) {
  return std::any_of(values.begin(), values.end(), [](double x) { return std::isnan(x); });
}

struct Ranks {
  std::vector<double> rank;  ///< mid-ranks from 1, in the order of the input
  double ties = 0;           ///< Σ (t³ - t)
};

Ranks rank_all(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  Ranks out{std::vector<double>(values.size()), 0};
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    while (j < order.size() && values[order[j]] == values[order[i]]) ++j;
    for (std::size_t k = i; k < j; ++k) out.rank[order[k]] = 0.5 * static_cast<double>(i + 1 + j);
    const double t = static_cast<double>(j - i);
    out.ties += t * t * t - t;
    i = j;
  }
  return out;
}

/// Number of ways to each sum when every item i of 1 … n may be taken, as probabilities of ½ each.
std::vector<double> subset_sums(std::size_t n) {
  std::vector<double> p(n * (n + 1) / 2 + 1, 0.0);
  p[0] = 1;
  std::size_t top = 0;
  for (std::size_t i = 1; i <= n; ++i) {
    top += i;
    for (std::size_t s = top + 1; s-- > 0;) p[s] = 0.5 * (p[s] + (s >= i ? p[s - i] : 0));
  }
  return p;
}

/// P(U <= u) without ties: the partitions in an n × m box, by the recurrence of Mann and Whitney
/// over the generating function Π (1 - q^{m+i}) / (1 - q^i).
double u_cdf(std::size_t n, std::size_t m, double u) {
  std::vector<double> counts(n * m + 1, 0.0);
  counts[0] = 1;
  for (std::size_t i = 1; i <= n; ++i) {
    for (std::size_t s = counts.size(); s-- > m + i;) counts[s] -= counts[s - m - i];
    for (std::size_t s = i; s < counts.size(); ++s) counts[s] += counts[s - i];
  }
  double below = 0, all = 0;
  for (std::size_t s = 0; s < counts.size(); ++s) {
    all += counts[s];
    if (static_cast<double>(s) <= u) below += counts[s];
  }
  return below / all;
}

double normal_two_sided(double distance, double sd) {
  return sd > 0 ? std::min(1.0, 2 * normal_cdf(-std::max(0.0, distance) / sd)) : 1;
}

/// Brunner and Munzel (2000): mid-ranks in both samples against ranks within each.
std::optional<double> brunner_munzel(std::span<const double> x, std::span<const double> y,
                                     const Ranks& both) {
  if (x.size() < 2 || y.size() < 2) return std::nullopt;
  const double n = static_cast<double>(x.size());
  const double m = static_cast<double>(y.size());
  const auto part = [&](std::span<const double> own, std::size_t offset) {
    const Ranks within = rank_all({own.begin(), own.end()});
    Moments all, difference;
    for (std::size_t i = 0; i < own.size(); ++i) {
      all.add(both.rank[offset + i]);
      difference.add(both.rank[offset + i] - within.rank[i]);
    }
    return std::pair{all.mean(), difference.variance()};
  };
  const auto [mean_x, var_x] = part(x, 0);
  const auto [mean_y, var_y] = part(y, x.size());
  const double spread = n * var_x + m * var_y;
  if (!(spread > 0)) return std::nullopt;
  const double w = n * m * (mean_y - mean_x) / ((n + m) * std::sqrt(spread));
  const double df =
      spread * spread / ((n * var_x) * (n * var_x) / (n - 1) + (m * var_y) * (m * var_y) / (m - 1));
  return 2 * t_cdf(-std::abs(w), df);
}

}  // namespace

std::optional<MannWhitney> mann_whitney(std::span<const double> x, std::span<const double> y) {
  if (x.empty() || y.empty() || any_nan(x) || any_nan(y)) return std::nullopt;
  std::vector<double> all(x.begin(), x.end());
  all.insert(all.end(), y.begin(), y.end());
  const Ranks ranks = rank_all(all);
  const double n = static_cast<double>(x.size());
  const double m = static_cast<double>(y.size());
  const double sum = std::accumulate(
      ranks.rank.begin(), ranks.rank.begin() + static_cast<std::ptrdiff_t>(x.size()), 0.0);
  MannWhitney r;
  r.u_x = sum - n * (n + 1) / 2;
  r.u_y = n * m - r.u_x;
  r.superiority = r.u_x / (n * m);
  const double total = n + m;
  const double variance = n * m / 12 * (total + 1 - ranks.ties / (total * (total - 1)));
  r.p_asymptotic = normal_two_sided(std::max(r.u_x, r.u_y) - n * m / 2 - 0.5, std::sqrt(variance));
  if (ranks.ties == 0 && all.size() <= 1000) {
    r.p_exact = std::min(1.0, 2 * u_cdf(x.size(), y.size(), std::min(r.u_x, r.u_y)));
  }
  std::vector<double> differences;
  differences.reserve(x.size() * y.size());
  for (const double a : x) {
    for (const double b : y) differences.push_back(a - b);
  }
  r.hodges_lehmann = quantile(differences, 0.5).value_or(0);
  r.brunner_munzel_p = brunner_munzel(x, y, ranks);
  return r;
}

std::optional<SignedRank> signed_rank(std::span<const double> differences) {
  if (any_nan(differences)) return std::nullopt;
  std::vector<double> nonzero, sizes, walsh;
  for (const double d : differences) {
    if (d != 0) nonzero.push_back(d);
  }
  if (nonzero.empty()) return std::nullopt;
  for (const double d : nonzero) sizes.push_back(std::abs(d));
  const Ranks ranks = rank_all(sizes);
  const double n = static_cast<double>(nonzero.size());
  SignedRank r;
  for (std::size_t i = 0; i < nonzero.size(); ++i) r.w_plus += nonzero[i] > 0 ? ranks.rank[i] : 0;
  r.w_min = std::min(r.w_plus, n * (n + 1) / 2 - r.w_plus);
  const double variance = n * (n + 1) * (2 * n + 1) / 24 - ranks.ties / 48;
  r.p_asymptotic = normal_two_sided(n * (n + 1) / 4 - r.w_min, std::sqrt(variance));
  if (ranks.ties == 0 && nonzero.size() == differences.size() && nonzero.size() <= 60) {
    const std::vector<double> p = subset_sums(nonzero.size());
    double below = 0;
    for (std::size_t s = 0; s < p.size() && static_cast<double>(s) <= r.w_min; ++s) below += p[s];
    r.p_exact = std::min(1.0, 2 * below);
  }
  for (std::size_t i = 0; i < differences.size(); ++i) {
    for (std::size_t j = i; j < differences.size(); ++j)
      walsh.push_back(0.5 * (differences[i] + differences[j]));
  }
  r.hodges_lehmann = quantile(walsh, 0.5).value_or(0);
  return r;
}

std::optional<SignFlip> sign_flip(std::span<const double> differences) {
  const std::size_t n = differences.size();
  if (n == 0 || n > 24 || any_nan(differences)) return std::nullopt;
  double observed = 0, scale = 0;
  for (const double d : differences) {
    observed += d;
    scale += std::abs(d);
  }
  const double slack = 1e-12 * scale;  // sums of the same numbers in another order
  SignFlip r;
  r.total = std::size_t{1} << n;
  std::size_t less = 0;
  for (std::size_t pattern = 0; pattern < r.total; ++pattern) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i)
      sum += (pattern >> i & 1) != 0 ? -differences[i] : differences[i];
    r.as_extreme += std::abs(sum) >= std::abs(observed) - slack ? 1U : 0U;
    less += sum <= observed + slack ? 1U : 0U;
  }
  r.p_two_sided = static_cast<double>(r.as_extreme) / static_cast<double>(r.total);
  r.p_less = static_cast<double>(less) / static_cast<double>(r.total);
  return r;
}

}  // namespace abgate::stats
