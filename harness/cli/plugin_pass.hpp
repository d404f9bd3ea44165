#pragma once
// The scenario's own scorer (quality.scorer): run once when the answers are there, its scores kept in
// the run folder. Judging reads them and never runs the command: a run folder may be somebody else's.

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/session.hpp"
#include "core/scenario.hpp"
#include "core/score.hpp"
#include "store/stored_run.hpp"

namespace abgate::cli {

using Note = std::function<void(const std::string&)>;

/// Before any load: tries the scorer on the references of the first items. Throws
/// Error(bad_scenario), one line, where the program is missing or its output cannot be used.
void check_scorer(const Session& session, const Note& note, const std::stop_token& stop);

/// Runs the scorer over the answers of a run folder and stores its scores, or why there are none, in
/// scores/plugin.jsonl. Does nothing without a scorer, without a quality pass, and where the scores
/// of just these answers are stored already (unless `again`). Never throws for what the scorer does:
/// the load must not be lost with it.
void score_with_plugin(const std::string& folder, const Scenario& scenario, const Note& note,
                       const std::stop_token& stop, bool again = false);

/// Adds the stored scores as "plugin"; returns what is missing and why, one line each.
std::vector<std::string> add_plugin_scores(const store::StoredRun& run, const ScorerConfig& config,
                                           std::vector<ItemScore>& scores);

}  // namespace abgate::cli
