#pragma once
// Scores of answers that need more than their text: programs executed in the sandbox, parsers asked.

#include <string>
#include <vector>

#include "core/scenario.hpp"
#include "core/score.hpp"
#include "core/suite.hpp"
#include "store/stored_run.hpp"

namespace abgate::cli {

/// The quality suite as the run folder keeps it; false if the run has none.
bool load_quality_suite(const store::StoredRun& run, Suite& suite);

/// Files that keep verdicts; empty: in memory only.
struct VerdictFiles {
  std::string executions, syntax;
};
/// Those of a run folder.
VerdictFiles verdict_files(const std::string& run_folder);

/// Adds "pass1", "pass_at_k" and "syntax_valid" where they can be had, and returns what was measured
/// and what was not, one line each, starting with the score's name and a colon. Without a sandbox
/// nothing is executed and the scores stay missing, which never passes. Verdicts are kept in
/// `caches`, so that doing it again executes nothing.
std::vector<std::string> add_executed(std::vector<ItemScore>& scores, const Suite& suite,
                                      const QualityConfig& config, const VerdictFiles& caches,
                                      unsigned threads = 0);

}  // namespace abgate::cli
