#pragma once
// Percentiles: type 7 (the default of numpy and R), the sample sizes below which one must not be
// shown, and distribution-free intervals from order statistics.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "stats/estimate.hpp"

namespace abgate::stats {

/// Type-7 quantile of ascending data: linear between x[floor(h)] and its successor, h = (n-1)p.
/// Refuses (nullopt) an empty sample, NaN among its ends, and p outside [0, 1].
std::optional<double> quantile_sorted(std::span<const double> ascending, double p);
/// The same of data in any order; NaN are left out. Copies.
std::optional<double> quantile(std::span<const double> values, double p);
/// Ascending copy without NaN.
std::vector<double> sorted_finite(std::span<const double> values);

/// Smallest n at which a percentile is shown at all: P(Bin(n, 1-p) <= 1) <= 0.01, the
/// early-stopping floor of MLPerf: p90 64, p95 130, p99 662, p99.9 6636. Below the median's the
/// mirrored 1-p counts; p = 0.5 needs 11.
std::size_t min_n_to_show(double p);
/// Smallest n with a finite one-sided upper bound: p^n <= 1-confidence. p95 59, p99 299 at 0.95.
std::size_t min_n_upper_bound(double p, double confidence);
/// Smallest n with a finite equal-tailed two-sided interval. p95 72, p99 368 at 0.95.
std::size_t min_n_two_sided(double p, double level);

/// Rank k (from 1) of the order statistic that is an upper bound of the p-quantile:
/// min{k : P(Bin(n,p) <= k-1) >= confidence}; nullopt if n is too small.
std::optional<std::size_t> upper_rank(std::size_t n, double p, double confidence);
/// max{k : P(Bin(n,p) >= k) >= confidence}.
std::optional<std::size_t> lower_rank(std::size_t n, double p, double confidence);

/// Value (type 7) and equal-tailed interval [X_(l), X_(u)] of one sample of independent values. A
/// bound that n cannot give is absent and `why` says how many are needed. Says nothing about other
/// runs.
Estimate quantile_interval(std::span<const double> ascending, double p, double level);

}  // namespace abgate::stats
