#pragma once
// Probability distributions, the only door to Boost.Math. Arguments outside the domain give NaN,
// never a throw: callers turn them into an absent value with a reason.

#include <cstddef>

namespace abgate::stats {

double normal_cdf(double z);
double normal_quantile(double p);
double t_cdf(double t, double df);
double t_quantile(double p, double df);
/// P(T <= t) of the noncentral t distribution with `df` degrees of freedom and noncentrality
/// `delta`.
double noncentral_t_cdf(double t, double df, double delta);
double beta_quantile(double p, double a, double b);
double chi2_sf(double x, double df);
/// P(B <= k), B ~ Bin(n, p); k < 0 gives 0.
double binomial_cdf(double k, double n, double p);
/// P(B >= k).
double binomial_sf_inclusive(double k, double n, double p);
double binomial_pmf(double k, double n, double p);

}  // namespace abgate::stats
