#pragma once
// "The p-th percentile is below T" as "the share of requests at or above T is below 1-p". Exact, no
// quantile is estimated, and a failed request counts as exceeding. A PASS needs both statements:
// the pooled exact binomial (finite sample) and the t interval on the runs' own shares (run to
// run); alone the pooled one passes a system at the boundary up to 25 % of the time when runs
// differ.

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "stats/estimate.hpp"

namespace abgate::stats {

/// One run of one arm.
struct RunCount {
  std::size_t exceeding = 0;  ///< at or above the limit, or failed
  std::size_t attempted = 0;
};

struct Exceedance {
  std::size_t exceeding = 0, attempted = 0, runs = 0;
  Estimate pooled;  ///< Clopper–Pearson of the pooled share; one-sided bounds at alpha_pass
  Estimate by_run;  ///< t on the runs' shares, the same level
  std::optional<double>
      upper;  ///< larger of the two upper bounds at alpha_pass: PASS needs it < share
  std::optional<double>
      lower;  ///< smaller of the two lower bounds at alpha_fail: FAIL needs it > share
  std::optional<double> p_below;  ///< larger of the two p values for "below share"
  std::optional<double> p_above;  ///< larger of the two p values for "above share"
  bool below = false;             ///< both statements: the share is below `share` (PASS)
  bool above = false;             ///< both statements: the share is above `share` (FAIL)
  std::string why;                ///< why neither could be made (one run, nothing attempted, …)
};

/// `share` is 1-p, e.g. 0.05 for p95. Runs with nothing attempted are left out. One run: no t
/// statement, so neither `below` nor `above`. Pooled: P(Bin(n, share) <= x) <= alpha_pass, mirrored
/// for FAIL.
Exceedance exceedance(std::span<const RunCount> runs, double share, double alpha_pass,
                      double alpha_fail);

/// Largest number of exceedances among n that the pooled test passes; nullopt: not even 0.
std::optional<std::size_t> max_exceeding(std::size_t n, double share, double alpha);

}  // namespace abgate::stats
