#pragma once
// The rules that turn bounds into results and results into a decision. Nothing here knows a metric.
//
// A criterion has an acceptable set S. PASS: the one-sided bound at 1 - alpha lies in S. FAIL: the
// opposite bound at 1 - alpha/m lies outside S (m = number of must criteria: a NO-GO is a claim
// about any of them, Bonferroni). GO needs every must criterion to PASS, so no correction is due
// there (intersection-union test: Berger 1982). A value that is absent or not a number decides
// nothing.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "decision/verdict.hpp"

namespace abgate::decision {

/// `value op threshold`, compared as doubles without rounding. False for NaN.
bool acceptable(Op op, double value, double threshold);

/// True where larger values are worse: the bound that a PASS needs is the upper one.
constexpr bool upper_limit(Op op) {
  return op == Op::lt || op == Op::le;
}

/// One criterion from its two bounds. `pass_bound`: one-sided bound on the far side of the estimate
/// (upper for < and ≤, lower for > and ≥) at 1 - alpha; `fail_bound`: the opposite one at 1 -
/// alpha_fail.
Result classify(Op op, double threshold, std::optional<double> pass_bound,
                std::optional<double> fail_bound);

/// What the overall decision is taken from.
struct Votes {
  std::size_t must = 0, must_pass = 0, must_fail = 0;
  bool voided = false;   ///< a finding that voids
  bool invalid = false;  ///< a finding that allows INCONCLUSIVE at most
};
Votes count_votes(std::span<const CriterionResult> results,
                  std::span<const ValidityFinding> findings);

/// VOID before everything: a run that the harness or the environment spoiled proves nothing, not
/// even a NO-GO (a saturated client makes timeouts and slow streams of its own). Then NO-GO if a
/// must criterion FAILs; then INCONCLUSIVE if one is undecided, there is none, or the run is not
/// valid; else GO. Targets never vote.
Decision decide(const Votes& votes);

/// Nominal one-sided level of look `look` (1-based) of `looks` (1 or 2) pre-declared looks with
/// overall level `alpha`: O'Brien–Fleming boundaries z√2, z at information 1/2 and 1. One look:
/// alpha. Source: O'Brien & Fleming 1979; alpha 0.05 gives z = 2.373 and 1.678.
double alpha_at_look(double alpha, std::size_t look, std::size_t looks);

/// Level that all must criteria share; nullopt where they differ or there is none.
std::optional<double> shared_alpha(std::span<const Criterion> criteria);

}  // namespace abgate::decision
