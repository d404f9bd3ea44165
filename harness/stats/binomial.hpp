#pragma once
// One proportion: exact and score intervals, and what zero failures prove.

#include <cstddef>
#include <optional>

#include "stats/estimate.hpp"

namespace abgate::stats {

/// Exact (Clopper–Pearson 1934): beta quantiles at (1∓level)/2. n = 0 or k > n is refused.
Estimate clopper_pearson(std::size_t k, std::size_t n, double level);
/// Wilson (1927) score interval without continuity correction.
Estimate wilson(std::size_t k, std::size_t n, double level);
/// Upper bound of a rate after 0 of n: 1 - (1-confidence)^(1/n); about 3/n at 0.95. 1 for n = 0.
double zero_failures_upper(std::size_t n, double confidence = 0.95);
/// Attempts without a failure that prove a rate below `rate`; nullopt unless 0 < rate < 1.
std::optional<std::size_t> attempts_to_prove(double rate, double confidence = 0.95);

}  // namespace abgate::stats
