#pragma once
// Shares of requests, judged three ways at once.

#include <optional>
#include <span>

#include "stats/exceedance.hpp"

namespace abgate::decision {

/// stats::exceedance plus a quasi-binomial score statement: shares of runs are skewed, and a low
/// mean comes with a low spread, so that a t bound on six of them passes a system at its limit too
/// often. The score statement takes the variance at the limit, not at the estimate, times the
/// dispersion between runs (Pearson's chi-square over K-1, at least 1; McCullagh & Nelder
/// 1989, 4.5), and Student's t with K-1 degrees of freedom. Error at the limit of p95 (simulate(),
/// six runs of 100, nominal 5 %) without and with it: 7.4 and 4.2 % where runs differ by 5 % of
/// TTFT, 10.8 and 6.1 % at 10 %, 18.9 and 10.7 % at 20 %: six runs that differ so much carry too
/// little to do better. PASS: all three hold. FAIL: as in stats::exceedance, where skewness works
/// the other way.
struct ShareStatement {
  stats::Exceedance counts;
  double dispersion = 1;
  bool below = false, above = false;
  std::optional<double> upper;  ///< largest of the three upper bounds at alpha_pass
  std::optional<double> lower;
  std::optional<double> p_below;  ///< largest of the three p values
};

ShareStatement state_share(std::span<const stats::RunCount> runs, double allowed, double alpha_pass,
                           double alpha_fail);

/// ShareStatement::below and ::above alone, without the bounds: for searches that ask many times.
bool share_is_below(std::span<const stats::RunCount> runs, double allowed, double alpha);
bool share_is_above(std::span<const stats::RunCount> runs, double allowed, double alpha);

/// share_is_below however some requests had ended: `uncertain[k]` of run k's exceeding ones
/// (failed, or without a value) are taken as not exceeding, in every combination of whole runs.
/// Without this a failure in the best run could turn a statement to PASS, for it brings the runs
/// closer together. The t bound and the dispersion are largest at such a corner (convex in each
/// run's share); beyond 10 runs with uncertain requests, the corners that leave out one run, or all
/// but one, stand for all.
bool share_stays_below(std::span<const stats::RunCount> runs,
                       std::span<const std::size_t> uncertain, double allowed, double alpha);

}  // namespace abgate::decision
