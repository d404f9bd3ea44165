#include "stats/moments.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace abgate::stats {

void Moments::add(double x) {
  ++n_;
  const double delta = x - mean_;
  mean_ += delta / static_cast<double>(n_);
  m2_ += delta * (x - mean_);
  min_ = std::min(min_, x);
  max_ = std::max(max_, x);
}

void Moments::merge(const Moments& other) {
  if (other.n_ == 0) return;
  if (n_ == 0) {
    *this = other;
    return;
  }
  const double a = static_cast<double>(n_);
  const double b = static_cast<double>(other.n_);
  const double delta = other.mean_ - mean_;
  mean_ += delta * b / (a + b);
  m2_ += other.m2_ + delta * delta * a * b / (a + b);
  n_ += other.n_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

double Moments::variance() const {
  if (n_ < 2) return std::numeric_limits<double>::quiet_NaN();
  return m2_ / static_cast<double>(n_ - 1);
}

double Moments::sd() const {
  return std::sqrt(variance());
}

Moments moments(std::span<const double> values) {
  Moments m;
  for (const double x : values) m.add(x);
  return m;
}

double mean_finite(std::span<const double> values) {
  Moments m;
  for (const double x : values) {
    if (std::isfinite(x)) m.add(x);
  }
  return m.n() == 0 ? std::numeric_limits<double>::quiet_NaN() : m.mean();
}

}  // namespace abgate::stats
