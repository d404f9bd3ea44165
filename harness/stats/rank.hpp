#pragma once
// Rank statistics, for display: they test P(X > Y), not means, and gate nothing. NaN are refused.

#include <cstddef>
#include <optional>
#include <span>

namespace abgate::stats {

struct MannWhitney {
  double u_x = 0, u_y = 0;                 ///< pairs with x > y (ties half), and the rest
  double p_asymptotic = 1;                 ///< two-sided, tie-corrected, with continuity correction
  std::optional<double> p_exact;           ///< two-sided; without ties and up to 1,000 values
  double superiority = 0.5;                ///< U_x / (n m): P(X > Y) + ½ P(X = Y)
  double hodges_lehmann = 0;               ///< median of all x - y
  std::optional<double> brunner_munzel_p;  ///< two-sided, t; absent when the samples do not overlap
};
/// nullopt: an empty sample or NaN. O(n m) for Hodges–Lehmann.
std::optional<MannWhitney> mann_whitney(std::span<const double> x, std::span<const double> y);

struct SignedRank {
  double w_plus = 0;
  double w_min = 0;
  std::optional<double> p_exact;  ///< two-sided; without ties and zeros, up to 60 values
  double p_asymptotic = 1;
  double hodges_lehmann = 0;  ///< median of the Walsh averages
};
/// Wilcoxon of paired differences; zeros are left out. nullopt without a nonzero difference.
std::optional<SignedRank> signed_rank(std::span<const double> differences);

/// Exact sign-flip permutation test of a mean of 0 over all 2^n sign patterns; n <= 24.
struct SignFlip {
  std::size_t as_extreme = 0, total = 0;
  double p_two_sided = 1;
  double p_less = 1;
};
std::optional<SignFlip> sign_flip(std::span<const double> differences);

}  // namespace abgate::stats
