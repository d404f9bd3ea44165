#include "stats/planner.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "stats/distributions.hpp"
#include "stats/exceedance.hpp"
#include "stats/paired_binary.hpp"

namespace abgate::stats {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Probabilities of the four cells under an assumed truth.
struct Cells {
  double both = 0, candidate_only = 0, baseline_only = 0, neither = 0;
};

std::optional<Cells> cells_of(const PairedTruth& t) {
  const double candidate = t.p_baseline * t.ratio;
  const double difference = candidate - t.p_baseline;
  Cells c;
  c.candidate_only = (t.discordance + difference) / 2;
  c.baseline_only = (t.discordance - difference) / 2;
  c.both = t.p_baseline - c.baseline_only;
  c.neither = 1 - c.both - t.discordance;
  constexpr double kSlack = -1e-12;
  if (c.candidate_only < kSlack || c.baseline_only < kSlack || c.both < kSlack ||
      c.neither < kSlack) {
    return std::nullopt;
  }
  c.candidate_only = std::max(0.0, c.candidate_only);
  c.baseline_only = std::max(0.0, c.baseline_only);
  c.both = std::max(0.0, c.both);
  c.neither = std::max(0.0, c.neither);
  return c;
}

/// Power with the standard deviations under the truth and under the null that Tang's test
/// estimates.
double normal_power(double n, const Cells& c, double margin, double z) {
  const double any = c.both + c.candidate_only + c.baseline_only;
  const PairedCounts expected{c.both * n, c.candidate_only * n, c.baseline_only * n, c.neither * n};
  const double numerator =
      n * (c.both * (1 - margin) + c.candidate_only - margin * c.baseline_only);
  const auto score = tang_z(expected, margin);
  if (!score || any <= 0) return 0;
  const double null_sd = *score == 0 ? 0 : numerator / *score;
  const double mean = numerator / n;
  const double second =
      c.both * (1 - margin) * (1 - margin) + c.candidate_only + c.baseline_only * margin * margin;
  const double sd = std::sqrt(n * std::max(1e-300, second - mean * mean));
  return normal_cdf((numerator - z * null_sd) / sd);
}

/// Smallest `both` at which the test passes, given the discordant counts; z rises with `both`.
/// max_both + 1 if none does.
double smallest_passing_both(double x, double y, double max_both, double n, double margin,
                             double z) {
  const auto passes = [&](double both) {
    const auto s = tang_z({both, x, y, n - both - x - y}, margin);
    return s && *s >= z;
  };
  if (!passes(max_both)) return max_both + 1;
  double low = -1, high = max_both;
  while (high - low > 1) {
    const double mid = std::floor((low + high) / 2);
    (passes(mid) ? high : low) = mid;
  }
  return high;
}

/// Counts with all but 1e-12 of the mass of Bin(n, p).
std::pair<double, double> bulk(double n, double p) {
  const double half = 7.2 * std::sqrt(n * p * (1 - p)) + 30;
  return {std::max(0.0, std::floor(n * p - half)), std::min(n, std::ceil(n * p + half))};
}

double exact_power(double n, const Cells& c, double margin, double z) {
  const double share = c.both + c.neither > 0 ? c.both / (c.both + c.neither) : 0;
  const auto [x_low, x_high] = bulk(n, c.candidate_only);
  double power = 0;
  for (double x = x_low; x <= x_high; ++x) {
    const double px = binomial_pmf(x, n, c.candidate_only);
    if (px < 1e-14) continue;
    const double q =
        c.candidate_only < 1 ? std::min(1.0, c.baseline_only / (1 - c.candidate_only)) : 0;
    const auto [y_low, y_high] = bulk(n - x, q);
    for (double y = y_low; y <= y_high; ++y) {
      const double p = px * binomial_pmf(y, n - x, q);
      if (p < 1e-14) continue;
      const double rest = n - x - y;
      const double from = smallest_passing_both(x, y, rest, n, margin, z);
      if (from <= rest) power += p * binomial_sf_inclusive(from, rest, share);
    }
  }
  return power;
}

std::optional<std::size_t> ceil_size(double n) {
  if (!std::isfinite(n) || n < 0 || n > 1e15) return std::nullopt;
  return static_cast<std::size_t>(std::max(1.0, std::ceil(n)));
}

}  // namespace

double t_power(std::size_t blocks, double gap, double sd, double alpha) {
  if (blocks < 2 || !(sd >= 0) || !(alpha > 0 && alpha < 1)) return 0;
  if (sd == 0) return gap > 0 ? 1 : 0;
  const double k = static_cast<double>(blocks);
  const double critical = t_quantile(1 - alpha, k - 1);
  return 1 - noncentral_t_cdf(critical, k - 1, gap / sd * std::sqrt(k));
}

std::optional<std::size_t> blocks_needed(double gap, double sd, double alpha, double power,
                                         std::size_t limit) {
  if (!(gap > 0)) return std::nullopt;
  for (std::size_t k = 2; k <= limit; ++k) {
    if (t_power(k, gap, sd, alpha) >= power) return k;
  }
  return std::nullopt;
}

std::optional<double> smallest_gap(std::size_t blocks, double sd, double alpha, double power) {
  if (blocks < 2 || !(sd >= 0) || !(power > 0 && power < 1)) return std::nullopt;
  if (sd == 0) return 0.0;
  double low = 0, high = sd;
  while (t_power(blocks, high, sd, alpha) < power) high *= 2;
  for (int i = 0; i < 60; ++i) {
    const double mid = (low + high) / 2;
    (t_power(blocks, mid, sd, alpha) >= power ? high : low) = mid;
  }
  return high;
}

double tang_power(std::size_t n, const PairedTruth& truth, double margin, double alpha,
                  std::size_t exact_up_to) {
  const auto cells = cells_of(truth);
  if (!cells || n == 0) return kNan;
  const double z = normal_quantile(1 - alpha);
  const double size = static_cast<double>(n);
  return n <= exact_up_to ? exact_power(size, *cells, margin, z)
                          : normal_power(size, *cells, margin, z);
}

std::optional<std::size_t> tang_pairs_needed(const PairedTruth& truth, double margin, double alpha,
                                             double power, std::size_t limit) {
  const auto reaches = [&](std::size_t n) {
    return tang_power(n, truth, margin, alpha, 400) >= power;
  };
  if (!cells_of(truth) || !reaches(limit)) return std::nullopt;
  std::size_t low = 0, high = limit;
  while (low + 1 < high) {
    const std::size_t mid = low + (high - low) / 2;
    (reaches(mid) ? high : low) = mid;
  }
  // Exact power is a saw: move on until it has held for a tooth's length.
  constexpr std::size_t kHold = 12;
  for (std::size_t held = 0, n = high; n <= limit && n <= 400; ++n) {
    held = reaches(n) ? held + 1 : 0;
    if (held == 1) high = n;
    if (held == kHold) break;
  }
  return high;
}

std::optional<double> largest_loss(std::size_t n, double p_baseline, double discordance,
                                   double margin, double alpha, double power) {
  const auto passes = [&](double loss) {
    PairedTruth truth{p_baseline, 1 - loss, std::max(discordance, p_baseline * loss)};
    return tang_power(n, truth, margin, alpha) >= power;
  };
  if (!passes(0)) return std::nullopt;
  double low = 0, high = 1 - margin;
  for (int i = 0; i < 30; ++i) {
    const double mid = (low + high) / 2;
    (passes(mid) ? low : high) = mid;
  }
  return low;
}

std::size_t fewest_pairs_to_pass(double margin, double alpha) {
  if (!(margin > 0 && margin < 1)) return 0;
  const double z = normal_quantile(1 - alpha);
  auto n = static_cast<std::size_t>(std::ceil(z * z * margin / (1 - margin)));
  while (*tang_z({static_cast<double>(n), 0, 0, 0}, margin) < z) ++n;
  return n;
}

std::optional<std::size_t> pairs_needed_textbook(double discordance, double theta, double delta,
                                                 double alpha, double power) {
  if (!(theta + delta > 0)) return std::nullopt;
  const double z = normal_quantile(1 - alpha) + normal_quantile(power);
  return ceil_size(z * z * (discordance - theta * theta) / ((theta + delta) * (theta + delta)));
}

std::optional<std::size_t> pairs_needed_continuous(double sd_difference, double theta, double delta,
                                                   double alpha, double power) {
  if (!(theta + delta > 0)) return std::nullopt;
  const double z = normal_quantile(1 - alpha) + normal_quantile(power);
  const double root = z * sd_difference / (theta + delta);
  return ceil_size(root * root);
}

std::optional<double> largest_exceeding_share(std::size_t n, double share, double alpha,
                                              double power) {
  const auto k = max_exceeding(n, share, alpha);
  if (!k) return std::nullopt;
  const double x = static_cast<double>(*k);
  return beta_quantile(1 - power, x + 1, static_cast<double>(n) - x);
}

}  // namespace abgate::stats
