#pragma once
// Items that share a source (file, problem) are not independent. Cluster-robust standard errors
// (Liang–Zeger; Miller 2024, arXiv 2411.00640), the design effect and t statements with G-1 degrees
// of freedom. Below kFewClusters a warning, below kMinClusters no PASS should rest on it.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stats/estimate.hpp"

namespace abgate::stats {

inline constexpr std::size_t kMinClusters = 20;
inline constexpr std::size_t kFewClusters = 50;

/// Numbers names 0, 1, … by first appearance; an empty name is a cluster of its own.
std::vector<std::uint32_t> number_clusters(std::span<const std::string> names);

struct ClusteredMean {
  double mean = 0;
  double se_iid = 0;         ///< s/√n
  double se_cr0 = 0;         ///< √Σ_g(Σ_{i∈g}(x_i-x̄))² / n
  double se = 0;             ///< √(G/(G-1)) · se_cr0
  double design_effect = 1;  ///< max(1, se²/se_iid²)
  std::size_t n = 0;
  std::size_t clusters = 0;
};
/// nullopt: lengths differ, fewer than 2 values or 2 clusters, or a value is not finite.
std::optional<ClusteredMean> clustered_mean(std::span<const double> values,
                                            std::span<const std::uint32_t> clusters);

/// Mean ± t_{(1+level)/2, G-1} SE. `n` is the number of clusters' items, `n_eff` n/design effect.
Estimate clustered_t(std::span<const double> values, std::span<const std::uint32_t> clusters,
                     double level);

/// Non-inferiority of a bounded score, relative margin: D_i = candidate_i - ratio · baseline_i; the
/// candidate keeps at least `ratio` of the baseline when the lower bound is above 0. Not for binary
/// scores (use tang_ratio): there its error is about double the nominal one.
Estimate clustered_margin(std::span<const double> baseline, std::span<const double> candidate,
                          std::span<const std::uint32_t> clusters, double ratio, double level);
/// One-sided p of the same: small means "above the margin".
std::optional<double> clustered_margin_p(std::span<const double> baseline,
                                         std::span<const double> candidate,
                                         std::span<const std::uint32_t> clusters, double ratio);
/// Ratio of means whose interval inverts clustered_margin (Fieller with clustered covariances).
Estimate clustered_ratio(std::span<const double> baseline, std::span<const double> candidate,
                         std::span<const std::uint32_t> clusters, double level);

/// Σ value / Σ weight over sources: SE = √(G/(G-1) Σ_g (v_g - R w_g)²) / Σ w, t with G-1 degrees of
/// freedom (linearised). For rates per token, of either sign; weights above 0.
Estimate clustered_total_ratio(std::span<const double> weights, std::span<const double> values,
                               std::span<const std::uint32_t> clusters, double level);

/// Σ w_s mean_s with fixed weights, SE² = Σ w_s² SE_s², t with the Welch–Satterthwaite degrees of
/// freedom: a pooled score that a change in the mix of categories cannot turn round. Weights are
/// normalised.
struct Stratum {
  std::vector<double> values;
  std::vector<std::uint32_t> clusters;
  double weight = 1;
};
Estimate stratified_t(std::span<const Stratum> strata, double level);

}  // namespace abgate::stats
