#pragma once
// A scenario made ready to run: file read, suites read, prompts rendered, plan made. Sends nothing.

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "cli/prompt_sizing.hpp"
#include "core/manifest.hpp"
#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "core/suite.hpp"

namespace abgate::cli {

struct Session {
  Scenario scenario;
  std::vector<std::string> overrides;  ///< of the command line, as "key=value"
  std::vector<std::pair<std::string, Suite>> suites;  ///< of the load, by role
  std::vector<SuiteCopy> files;        ///< other data of the load, as it was read
  std::string prompt_sizing;           ///< how the length of made-up prompts was told; may be empty
  std::optional<Suite> quality;        ///< absent: no quality pass
  Plan plan;
  std::vector<std::string> notes;  ///< e.g. prompts that repeat
};

/// Throws ScenarioError or DataError for everything that can be known to be wrong before any load.
/// Made-up prompts are a token a word unless `sizing` says otherwise.
Session prepare(const ScenarioOptions& options);
Session prepare(Scenario scenario, std::vector<std::string> overrides,
                const std::optional<PromptSizing>& sizing = {});
/// The same for a run: asks `arm`'s server first how long made-up prompts are. Before it asks,
/// `before` is called with the session as it is known by then: what must hold before any request.
Session prepare_to_drive(const ScenarioOptions& options, Arm arm, const Ask& ask,
                         const std::function<void(const Session&)>& before);

/// Criteria that the quality suite has nothing for, a sentence each: executed tests without tests,
/// syntax without a parser on this machine.
std::vector<std::string> suite_warnings(const Session& session);

/// Before any load: throws ScenarioError for a criterion that cannot mean what it says; warns on
/// `err` of the others that decision::lint finds.
void check_criteria(const Session& session, std::ostream& err);

}  // namespace abgate::cli
