#pragma once
// Looking more than once. Allowed is one pre-declared extension from K to 2K blocks; what
// uncontrolled looks cost is here for the report to say.

#include <cstddef>
#include <optional>
#include <span>

namespace abgate::stats {

/// P(any of the looks crosses) under the null: equally spaced looks at a Brownian motion, one-sided
/// boundaries z_k of the standardised statistic. Recursive integration (Armitage, McPherson, Rowe
/// 1969).
double crossing_probability(std::span<const double> boundaries);

/// Boundaries of two equally spaced looks with overall one-sided error `alpha`.
struct TwoLooks {
  double first = 0, second = 0;
};
TwoLooks pocock(double alpha);  ///< the same boundary twice
TwoLooks obrien_fleming(
    double alpha);  ///< second·√2 first: stops early only on overwhelming evidence

/// Error of `looks` uncorrected looks at nominal one-sided `alpha`.
double peeking_error(std::size_t looks, double alpha);

/// Half-width of a normal-mixture confidence sequence (Robbins 1970; Howard et al. 2021), tuned to
/// n, over that of the fixed two-sided interval at n, both at error `alpha`; its square is the
/// factor in sample size.
double confidence_sequence_ratio(double alpha);

}  // namespace abgate::stats
