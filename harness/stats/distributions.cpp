#include "stats/distributions.hpp"

#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/policies/policy.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <limits>

namespace abgate::stats {

namespace {
namespace bm = boost::math;
namespace pol = bm::policies;

// Bad arguments are NaN, not exceptions; no promotion to long double (five times slower, no gain
// here).
using Policy = pol::policy<pol::domain_error<pol::ignore_error>, pol::pole_error<pol::ignore_error>,
                           pol::overflow_error<pol::ignore_error>,
                           pol::evaluation_error<pol::ignore_error>, pol::promote_double<false>>;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

bool is_probability(double p) {
  return p >= 0 && p <= 1;
}
}  // namespace

double normal_cdf(double z) {
  return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

double normal_quantile(double p) {
  if (!is_probability(p)) return kNan;
  if (p == 0 || p == 1) return p == 0 ? -kInf : kInf;
  return bm::quantile(bm::normal_distribution<double, Policy>(), p);
}

double t_cdf(double t, double df) {
  if (std::isnan(t) || !(df > 0)) return kNan;
  if (std::isinf(t)) return t < 0 ? 0 : 1;
  return bm::cdf(bm::students_t_distribution<double, Policy>(df), t);
}

double t_quantile(double p, double df) {
  if (!is_probability(p) || !(df > 0)) return kNan;
  if (p == 0 || p == 1) return p == 0 ? -kInf : kInf;
  return bm::quantile(bm::students_t_distribution<double, Policy>(df), p);
}

double noncentral_t_cdf(double t, double df, double delta) {
  if (!(df > 0) || !std::isfinite(delta) || std::isnan(t)) return kNan;
  // Beyond these the library's series loses all digits; the value is 0 or 1 to double precision
  // anyway.
  if (delta - t > 37 && delta > 37) return 0;
  return bm::cdf(bm::non_central_t_distribution<double, Policy>(df, delta), t);
}

double beta_quantile(double p, double a, double b) {
  if (!is_probability(p) || !(a > 0) || !(b > 0)) return kNan;
  return bm::ibeta_inv(a, b, p, Policy());
}

double chi2_sf(double x, double df) {
  if (!(x >= 0) || !(df > 0)) return kNan;
  return bm::cdf(bm::complement(bm::chi_squared_distribution<double, Policy>(df), x));
}

double binomial_cdf(double k, double n, double p) {
  if (!is_probability(p) || !(n >= 0)) return kNan;
  if (k < 0) return 0;
  if (k >= n) return 1;
  if (p == 0 || p == 1) return p == 0 ? 1 : 0;
  k = std::floor(k);
  return bm::ibetac(k + 1, n - k, p, Policy());
}

double binomial_sf_inclusive(double k, double n, double p) {
  if (!is_probability(p) || !(n >= 0)) return kNan;
  if (k <= 0) return 1;
  if (k > n) return 0;
  if (p == 0 || p == 1) return p == 0 ? 0 : 1;
  k = std::ceil(k);
  return bm::ibeta(k, n - k + 1, p, Policy());
}

double binomial_pmf(double k, double n, double p) {
  if (!is_probability(p) || !(k >= 0) || k > n) return kNan;
  if (p == 0) return k == 0 ? 1 : 0;
  if (p == 1) return k == n ? 1 : 0;
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) +
                  k * std::log(p) + (n - k) * std::log1p(-p));
}

}  // namespace abgate::stats
