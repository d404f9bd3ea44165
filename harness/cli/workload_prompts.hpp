#pragma once
// The prompts of the load: read from suites and files or made up, as the workload says.

#include <optional>
#include <string>
#include <vector>

#include "core/manifest.hpp"
#include "core/scenario.hpp"
#include "core/suite.hpp"
#include "load/plan.hpp"
#include "load/synthetic.hpp"

namespace abgate::cli {

struct WorkloadPrompts {
  load::PromptSet set;
  std::vector<std::pair<std::string, Suite>> suites;  ///< role ("workload", "workload/<class>")
  std::vector<SuiteCopy> files;                       ///< data files as they were read, not copied
  std::vector<std::string> notes;                     ///< for the user, before the run
};

/// Throws ScenarioError or DataError for everything that is wrong with a source.
WorkloadPrompts workload_prompts(const Scenario& scenario, const load::WordCalibration& words);

/// Items as prompts; chat items and completion items cannot be sent through the other API.
load::PromptSet render(const Suite& suite, const std::vector<const SuiteItem*>& items,
                       const Scenario& scenario);

/// A suite of the scenario, its path being relative to the scenario's file.
Suite read_suite(const Scenario& scenario, const std::string& file);

}  // namespace abgate::cli
