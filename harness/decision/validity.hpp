#pragma once
// What must hold before numbers mean anything: the harness was not the bottleneck, the two
// deployments were comparable, and two equal servers look equal (A/A).

#include <string>
#include <vector>

#include "decision/inputs.hpp"
#include "decision/noise.hpp"
#include "decision/verdict.hpp"

namespace abgate::decision {

/// Every rule that does not hold, worst first. Rules that cannot be checked are no findings: they
/// become caveats (see unchecked()).
std::vector<ValidityFinding> check_validity(const Inputs& in);

/// Sentences on rules that could not be checked (no /tokenize, no /metrics, no A/A block).
std::vector<std::string> unchecked(const Inputs& in);

}  // namespace abgate::decision
