#pragma once
// Kolmogorov–Smirnov: do two samples, or a sample and a distribution, differ anywhere?

#include <functional>
#include <optional>
#include <span>

namespace abgate::stats {

struct KsResult {
  double statistic = 0;  ///< largest distance between the distribution functions
  double p = 1;          ///< asymptotic, with Stephens' correction; conservative with ties
};
/// nullopt for an empty sample (NaN are left out).
std::optional<KsResult> ks_two_sample(std::span<const double> a, std::span<const double> b);
/// Against a continuous distribution function.
std::optional<KsResult> ks_one_sample(std::span<const double> values,
                                      const std::function<double(double)>& cdf);
/// Q(λ) = 2 Σ (-1)^{j-1} exp(-2 j² λ²).
double kolmogorov_sf(double lambda);

}  // namespace abgate::stats
