#include "decision/algebra.hpp"

#include <cmath>

#include "core/error.hpp"
#include "stats/distributions.hpp"
#include "stats/sequential.hpp"

namespace abgate::decision {
bool acceptable(Op op, double value, double threshold) {
  switch (op) {
    case Op::lt:
      return value < threshold;
    case Op::le:
      return value <= threshold;
    case Op::gt:
      return value > threshold;
    case Op::ge:
      return value >= threshold;
    case Op::eq:
      return !(value < threshold) && !(value > threshold) && !std::isnan(value);
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
  if (votes.invalid || votes.must == 0 || votes.must_pass < votes.must)
    return Decision::inconclusive;
  return Decision::go;
}

std::optional<double> shared_alpha(std::span<const Criterion> criteria) {
  std::optional<double> shared;
  for (const Criterion& c : criteria) {
    if (c.level != Level::must) continue;
    if (shared && *shared != c.alpha) return std::nullopt;
    shared = c.alpha;
  }
  return shared;
}

double alpha_at_look(double alpha, std::size_t look, std::size_t looks) {
  ABGATE_ASSERT(looks == 1 || looks == 2);
  ABGATE_ASSERT(look >= 1 && look <= looks);
  if (looks == 1) return alpha;
  const stats::TwoLooks z = stats::obrien_fleming(alpha);
  return stats::normal_cdf(look == 1 ? -z.first : -z.second);
}

}  // namespace abgate::decision
