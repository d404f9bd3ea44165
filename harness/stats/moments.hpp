#pragma once
// Mean and variance without cancellation (Welford 1962; merge: Chan, Golub, LeVeque 1979).

#include <cstddef>
#include <cstdint>
#include <span>

namespace abgate::stats {

/// One pass, numerically stable. NaN is the caller's to leave out.
class Moments {
 public:
  void add(double x);
  void merge(const Moments& other);
  std::size_t n() const { return n_; }
  double mean() const { return mean_; }  ///< 0 when empty
  double variance() const;               ///< n-1 in the denominator; NaN below 2 values
  double sd() const;
  double min() const { return min_; }  ///< +inf when empty
  double max() const { return max_; }

 private:
  std::size_t n_ = 0;
  double mean_ = 0;
  double m2_ = 0;
  double min_ = 1.0 / 0.0;
  double max_ = -1.0 / 0.0;
};

Moments moments(std::span<const double> values);
/// Mean of the finite values; NaN if there is none.
double mean_finite(std::span<const double> values);

}  // namespace abgate::stats
