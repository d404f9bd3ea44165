#pragma once
// What must hold before numbers mean anything: the harness was not the bottleneck, the two
// deployments were comparable, and two equal servers look equal (A/A).

#include <string>
#include <vector>

#include "decision/inputs.hpp"
#include "decision/verdict.hpp"

namespace abgate::decision {

/// The noise floor from baseline against baseline.
struct NoiseFloor {
  bool measured = false;
  bool contains_one = true;
  double shift = 0;  ///< if it does not contain 1: the farthest end, |ln|
  /// Half width (relative, 90 %) with which the blocks of this run compare two equal servers; of
  /// metrics that a criterion compares between the arms. Others are judged by their own interval
  /// alone.
  double resolution = 0;
  std::string worst;  ///< metric at its point with that shift or resolution
  std::string line;   ///< for the first screen; empty: no A/A
};

/// A/A ratios of every metric that a block criterion uses. "Contains 1" is tested at 99 % over all
/// of them together: a gate that cried wolf in one run of ten would be switched off.
NoiseFloor noise_floor(const Scenario& scenario, const stats::Measurements& m);

/// Every rule that does not hold, worst first. Rules that cannot be checked are no findings: they
/// become caveats (see unchecked()).
std::vector<ValidityFinding> check_validity(const Inputs& in, const NoiseFloor& noise);

/// Sentences on rules that could not be checked (no /tokenize, no /metrics, no A/A block).
std::vector<std::string> unchecked(const Inputs& in, const NoiseFloor& noise);

}  // namespace abgate::decision
