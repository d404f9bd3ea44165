#pragma once
// Two arms, the same items, each right or wrong. Gate: Tang's score test of the ratio and Tango's
// of the difference; both are valid with zero discordant pairs, where Wald and McNemar say nothing.
// Counts may be fractions: for items in clusters divide them by the design effect first (scaled()).

#include <cstddef>
#include <optional>

#include "stats/estimate.hpp"

namespace abgate::stats {

/// The 2×2 table of pairs. n = both + candidate_only + baseline_only + neither.
struct PairedCounts {
  double both = 0;
  double candidate_only = 0;
  double baseline_only = 0;
  double neither = 0;
  double n() const { return both + candidate_only + baseline_only + neither; }
  double candidate_right() const { return both + candidate_only; }
  double baseline_right() const { return both + baseline_only; }
};

/// Effective counts: every cell divided by the design effect (at least 1).
PairedCounts scaled(const PairedCounts& counts, double design_effect);

/// McNemar's exact two-sided p: are the arms different at all? Never gate on p > 0.05. Whole
/// counts.
double mcnemar_exact(const PairedCounts& counts);
/// Mid-p variant (Fagerland, Lydersen, Laake 2013).
double mcnemar_mid_p(const PairedCounts& counts);
/// P of as few or fewer candidate-only pairs: H1 is "the candidate is worse".
double mcnemar_one_sided_worse(const PairedCounts& counts);

/// Tango (1998): score statistic of H0: p_candidate - p_baseline = delta, -1 < delta < 1. Large
/// positive: the true difference is above delta. nullopt for an empty table.
std::optional<double> tango_z(const PairedCounts& counts, double delta);
/// Difference with the interval from inverting tango_z.
Estimate tango_difference(const PairedCounts& counts, double level);
/// Newcombe (1998), method 10: square-and-add Wilson with continuity-corrected phi. Cross-check.
Estimate newcombe_difference(const PairedCounts& counts, double level);

/// Nam and Blackwelder (2002), Tang, Tang and Chan (2003): score statistic of H0: p_candidate /
/// p_baseline = ratio, ratio > 0. Non-inferior at margin 5 %: tang_z(counts, 0.95) >= z_{1-alpha}.
/// nullopt for an empty table.
std::optional<double> tang_z(const PairedCounts& counts, double ratio);
/// Ratio with the interval from inverting tang_z. Absent when the baseline has no right answer.
Estimate tang_ratio(const PairedCounts& counts, double level);

/// One-sided p of the score tests: small means "above".
std::optional<double> tango_p_above(const PairedCounts& counts, double delta);
std::optional<double> tang_p_above(const PairedCounts& counts, double ratio);

}  // namespace abgate::stats
