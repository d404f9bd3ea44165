#pragma once
// A scenario made ready to run: file read, suites read, prompts rendered, plan made. Sends nothing.

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "core/suite.hpp"

namespace abgate::cli {

struct Session {
  Scenario scenario;
  std::vector<std::string> overrides;  ///< of the command line, as "key=value"
  std::optional<Suite> workload;       ///< absent: synthetic
  std::optional<Suite> quality;        ///< absent: no quality pass
  Plan plan;
  std::vector<std::string> notes;  ///< e.g. prompts that repeat
};

/// Throws ScenarioError or DataError for everything that can be known to be wrong before any load.
Session prepare(const ScenarioOptions& options);
Session prepare(Scenario scenario, std::vector<std::string> overrides);

/// Criteria that the quality suite has nothing for, a sentence each: executed tests without tests,
/// syntax without a parser on this machine.
std::vector<std::string> suite_warnings(const Session& session);

/// Before any load: throws ScenarioError for a criterion that cannot mean what it says; warns on
/// `err` of the others that decision::lint finds.
void check_criteria(const Session& session, std::ostream& err);

}  // namespace abgate::cli
