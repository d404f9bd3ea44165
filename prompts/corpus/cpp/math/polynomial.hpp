#pragma once
// Polynomials with real coefficients, lowest power first.

#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

class Polynomial {
 public:
  Polynomial(std::initializer_list<double> coefficients) : c_(coefficients) { trim(); }
  explicit Polynomial(std::vector<double> coefficients) : c_(std::move(coefficients)) { trim(); }

  /// -1 for the zero polynomial.
  int degree() const { return static_cast<int>(c_.size()) - 1; }

  double operator()(double x) const {
    double value = 0;
    for (std::size_t i = c_.size(); i-- > 0;) value = value * x + c_[i];
    return value;
  }

  Polynomial derivative() const {
    std::vector<double> result;
    for (std::size_t i = 1; i < c_.size(); ++i) result.push_back(static_cast<double>(i) * c_[i]);
    return Polynomial(std::move(result));
  }

  friend Polynomial operator+(const Polynomial& a, const Polynomial& b) {
    std::vector<double> sum(std::max(a.c_.size(), b.c_.size()), 0.0);
    for (std::size_t i = 0; i < a.c_.size(); ++i) sum[i] += a.c_[i];
    for (std::size_t i = 0; i < b.c_.size(); ++i) sum[i] += b.c_[i];
    return Polynomial(std::move(sum));
  }

  friend Polynomial operator*(const Polynomial& a, const Polynomial& b) {
    if (a.degree() < 0 || b.degree() < 0) return Polynomial{};
    std::vector<double> product(a.c_.size() + b.c_.size() - 1, 0.0);
    for (std::size_t i = 0; i < a.c_.size(); ++i) {
      for (std::size_t j = 0; j < b.c_.size(); ++j) product[i + j] += a.c_[i] * b.c_[j];
    }
    return Polynomial(std::move(product));
  }

  friend bool operator==(const Polynomial& a, const Polynomial& b) { return a.c_ == b.c_; }

  /// A root near `start` by Newton's method; nullopt if it does not converge.
  std::optional<double> newton(double start, double tolerance = 1e-12, int limit = 100) const {
    const Polynomial slope = derivative();
    double x = start;
    for (int i = 0; i < limit; ++i) {
      const double value = (*this)(x);
      if (std::abs(value) < tolerance) return x;
      const double steepness = slope(x);
      if (steepness == 0) return std::nullopt;
      x -= value / steepness;
    }
    return std::nullopt;
  }

 private:
  void trim() {
    while (!c_.empty() && c_.back() == 0) c_.pop_back();
  }

  std::vector<double> c_;
};
