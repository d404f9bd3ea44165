#pragma once
// Student-t statements on block-level values: the primary intervals of every speed and latency. The
// unit of replication is the block (one run of each arm), never the request: requests of one run
// share its state, and an interval over them covers far less than it says.
//
// All take `level`, two-sided: the ends are one-sided bounds at (1+level)/2, so a one-sided error
// alpha is level = 1 - 2 alpha (see level_for). Blocks in which a value is NaN are left out as
// missing and counted in `warnings`; they never narrow an interval of the others. Refused, with
// `why`: fewer than 2 blocks (value, but no bounds), infinite values, unequal lengths, and
// non-positive values in a ratio.

#include <optional>
#include <span>
#include <string>
#include <utility>

#include "stats/estimate.hpp"

namespace abgate::stats {

/// Level of the two-sided interval whose ends are one-sided bounds with error `alpha`.
constexpr double level_for(double alpha) {
  return 1 - 2 * alpha;
}

/// mean ± t_{(1+level)/2, K-1} s/√K.
Estimate t_mean(std::span<const double> values, double level = 0.90);
/// R = exp(mean d), d_k = ln(candidate_k / baseline_k); interval exp(d̄ ± t s_d/√K).
Estimate t_log_ratio(std::span<const double> baseline, std::span<const double> candidate,
                     double level = 0.90);
/// Paired difference candidate_k - baseline_k.
Estimate t_difference(std::span<const double> baseline, std::span<const double> candidate,
                      double level = 0.90);
/// D_k = candidate_k - margin · baseline_k: E[D] > 0 is "ratio of means above margin" without the
/// distribution of a ratio (the same region as Fieller's).
Estimate t_margin(std::span<const double> baseline, std::span<const double> candidate,
                  double margin, double level = 0.90);

/// P values of the two one-sided tests; absent with the reason where the interval would be.
struct OneSided {
  std::optional<double> p_above;  ///< H0: value <= threshold; small: it is above
  std::optional<double> p_below;  ///< H0: value >= threshold; small: it is below
  std::optional<double> statistic;
  double df = 0;
  std::string why;
};
OneSided test_mean(std::span<const double> values, double threshold);
OneSided test_log_ratio(std::span<const double> baseline, std::span<const double> candidate,
                        double threshold);
OneSided test_margin(std::span<const double> baseline, std::span<const double> candidate,
                     double margin);

/// Standard deviation of the block log-ratios (the noise that a plan needs); nullopt below 2
/// blocks.
std::optional<double> sd_log_ratio(std::span<const double> baseline,
                                   std::span<const double> candidate);

/// Ratio of means of paired values with Fieller's interval (normal theory, t_{n-1}); bounds absent
/// when the baseline's mean is not clearly different from 0.
Estimate fieller_ratio(std::span<const double> baseline, std::span<const double> candidate,
                       double level);
/// Fieller's bounds from the means, the variances and covariance of the means, and the t quantile;
/// nullopt when `b` is not clearly different from 0 (the set of ratios is then unbounded).
std::optional<std::pair<double, double>> fieller_bounds(double b, double c, double var_b,
                                                        double var_c, double cov, double t);
/// Ratio of means, delta method on the log scale.
Estimate log_delta_ratio(std::span<const double> baseline, std::span<const double> candidate,
                         double level);

}  // namespace abgate::stats
