#pragma once
// Criteria that cannot mean what they say, found before any load is sent.

#include <string>
#include <vector>

#include "core/plan.hpp"
#include "core/scenario.hpp"

namespace abgate::decision {

struct LintFinding {
  bool fatal = true;      ///< false: printed, the run goes on
  std::string criterion;  ///< id; empty: the scenario as a whole
  int line = 0;           ///< in the scenario file
  std::string key;        ///< "criteria[ttft].op"
  std::string seen;
  std::string wanted;
};

/// Inverted directions, units of another metric, unknown metrics and points, methods that do not
/// fit, duplicate ids, data that the scenario never measures. With a plan: what its size cannot
/// decide.
std::vector<LintFinding> lint(const Scenario& scenario, const Plan* plan = nullptr);

/// "saw …, want …" of a finding in one line.
std::string sentence_of(const LintFinding& finding);

}  // namespace abgate::decision
