#pragma once
// Before any load: how much is enough, and what is the smallest true value that would pass.
// One-sided error `alpha` and power between 0 and 1 throughout; nullopt where no size up to the
// search limit does.

#include <cstddef>
#include <optional>

namespace abgate::stats {

/// Power of the one-sided t test on K block values: true mean `gap` beyond the threshold, standard
/// deviation `sd` of one block value. Noncentral t, noncentrality gap/sd·√K, K-1 degrees of
/// freedom. For ratios both are on the log scale.
double t_power(std::size_t blocks, double gap, double sd, double alpha);
/// Smallest number of blocks (at least 2, at most `limit`) that reaches `power`.
std::optional<std::size_t> blocks_needed(double gap, double sd, double alpha, double power,
                                         std::size_t limit = 1000);
/// Smallest true gap beyond the threshold that passes with `power`; nullopt below 2 blocks.
std::optional<double> smallest_gap(std::size_t blocks, double sd, double alpha, double power);

/// What is assumed of paired binary items.
struct PairedTruth {
  double p_baseline = 0.8;   ///< share of items that the baseline gets right
  double ratio = 1.0;        ///< true p_candidate / p_baseline
  double discordance = 0.1;  ///< share of items on which the arms differ
};
/// Power of Tang's test of ratio > `margin` with n pairs. Exact: sums the trinomial of (both,
/// candidate_only, baseline_only) conditional on discordance; normal approximation above
/// `exact_up_to`. NaN if the truth is impossible (discordance below |difference| or above what p
/// allows).
double tang_power(std::size_t n, const PairedTruth& truth, double margin, double alpha,
                  std::size_t exact_up_to = 400);
/// Smallest n from which the power stays at or above `power` (normal approximation, checked exactly
/// where n is small).
std::optional<std::size_t> tang_pairs_needed(const PairedTruth& truth, double margin, double alpha,
                                             double power, std::size_t limit = 200000);
/// Largest true relative loss (0.02 = 2 %) that still passes with `power`; nullopt if not even none
/// does.
std::optional<double> largest_loss(std::size_t n, double p_baseline, double discordance,
                                   double margin, double alpha, double power);
/// Fewest pairs, all right on both sides, that pass at all: z = √(a(1-R)/R) >= z_{1-alpha}. 52 at
/// 0.95.
std::size_t fewest_pairs_to_pass(double margin, double alpha);

/// Textbook size for the absolute margin: (z_a+z_b)²(psi-theta²)/(theta+delta)², theta <= 0 worse.
/// Up to two times too small at low discordance: for comparison, not for plans.
std::optional<std::size_t> pairs_needed_textbook(double discordance, double theta, double delta,
                                                 double alpha, double power);
/// Continuous scores: ((z_a+z_b)·sd_D/(theta+delta))².
std::optional<std::size_t> pairs_needed_continuous(double sd_difference, double theta, double delta,
                                                   double alpha, double power);

/// Largest true share of exceeding requests for which exceedance() says "below share" with `power`,
/// pooled binomial statement only (runs that differ need more).
std::optional<double> largest_exceeding_share(std::size_t n, double share, double alpha,
                                              double power);

}  // namespace abgate::stats
