#include "decision/algebra.hpp"

#include <cmath>
#include <numbers>

#include "core/error.hpp"

namespace abgate::decision {
namespace {

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }
double normal_pdf(double z) {
  return std::exp(-0.5 * z * z) / std::sqrt(2.0 * std::numbers::pi);
}

/// P(Z1 ≤ c√2 and Z2 ≤ c) under H0, with Z2 = (Z1 + W)/√2 and W independent: Simpson over Z1.
double stay_probability(double c) {
  const double upper = c * std::numbers::sqrt2;
  constexpr double lower = -9.0;
  constexpr int steps = 2000;
  const double h = (upper - lower) / steps;
  double sum = 0;
  for (int i = 0; i <= steps; ++i) {
    const double x = lower + h * i;
    const double weight = (i == 0 || i == steps) ? 1.0 : (i % 2 == 1 ? 4.0 : 2.0);
    sum += weight * normal_pdf(x) * normal_cdf(upper - x);
  }
  return sum * h / 3.0;
}

double obrien_fleming_z(double alpha) {
  double low = 0, high = 9;
  for (int i = 0; i < 60; ++i) {
    const double mid = 0.5 * (low + high);
    (1.0 - stay_probability(mid) > alpha ? low : high) = mid;
  }
  return 0.5 * (low + high);
}

}  // namespace

bool acceptable(Op op, double value, double threshold) {
  switch (op) {
    case Op::lt: return value < threshold;
    case Op::le: return value <= threshold;
    case Op::gt: return value > threshold;
    case Op::ge: return value >= threshold;
    case Op::eq: return !(value < threshold) && !(value > threshold) && !std::isnan(value);
  }
  return false;
}

Result classify(Op op, double threshold, std::optional<double> pass_bound,
                std::optional<double> fail_bound) {
  if (pass_bound && acceptable(op, *pass_bound, threshold)) return Result::pass;
  if (fail_bound && !std::isnan(*fail_bound) && !acceptable(op, *fail_bound, threshold)) {
    return Result::fail;
  }
  return Result::inconclusive;
}

Votes count_votes(std::span<const CriterionResult> results,
                  std::span<const ValidityFinding> findings) {
  Votes votes;
  for (const CriterionResult& r : results) {
    if (r.criterion.level != Level::must) continue;
    ++votes.must;
    if (r.result == Result::pass) ++votes.must_pass;
    if (r.result == Result::fail) ++votes.must_fail;
  }
  for (const ValidityFinding& f : findings) (f.voids ? votes.voided : votes.invalid) = true;
  return votes;
}

Decision decide(const Votes& votes) {
  if (votes.voided) return Decision::void_run;
  if (votes.must_fail > 0) return Decision::no_go;
  if (votes.invalid || votes.must == 0 || votes.must_pass < votes.must) return Decision::inconclusive;
  return Decision::go;
}

double alpha_at_look(double alpha, std::size_t look, std::size_t looks) {
  ABGATE_ASSERT(looks == 1 || looks == 2);
  ABGATE_ASSERT(look >= 1 && look <= looks);
  if (looks == 1) return alpha;
  const double z = obrien_fleming_z(alpha);
  return normal_cdf(look == 1 ? -z * std::numbers::sqrt2 : -z);
}

}  // namespace abgate::decision
