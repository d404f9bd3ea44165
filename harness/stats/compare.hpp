#pragma once
// Measurements → Comparison: every metric and statistic at every point, with intervals.

#include "core/scenario.hpp"
#include "stats/comparison.hpp"
#include "stats/measurements.hpp"

namespace abgate::stats {

struct CompareOptions {
  double level = 0.90;  ///< two-sided
  Slo slo;              ///< for slo_attainment; no objective: left out
  double holm_alpha = 0.05;
  /// Scores of which less is better, beside those that the catalogue says so of.
  std::vector<std::string> lower_is_better = {};
};

/// t on blocks (log-ratios for ratios); shares by Clopper–Pearson; quality by Tang/Tango with
/// design effect or clustered t, groups flagged by Holm-adjusted one-sided p of "worse". A/A: see
/// aa_ratio().
Comparison compare(const Measurements& data, const CompareOptions& options);
inline Comparison compare(const Measurements& data, double level) {
  CompareOptions options;
  options.level = level;
  return compare(data, options);
}

/// control / baseline of the A/A blocks. Their noise is pooled with that of the candidate/baseline
/// blocks (same pairing, so the same spread), so that even one A/A block has an interval:
/// exp(d̄ ± t_{df} s/√m), df = (m-1) + (K-1). Absent when neither has two blocks.
Estimate aa_ratio(const Measurements& data, std::string_view metric, std::string_view stat,
                  std::string_view point, double level);

}  // namespace abgate::stats
