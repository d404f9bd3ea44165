#pragma once
// What the nights before say about tonight's run; kept in the run folder, so that judging it again
// offline says the same.

#include <string>
#include <vector>

#include "cli/judge_run.hpp"
#include "decision/regression.hpp"
#include "store/history.hpp"

namespace abgate::cli {

struct HistoryCheck {
  bool regressed = false;
  std::vector<std::string> sentences;
};

/// Compares tonight's ratios of what the criteria read with those of `earlier` runs of the same
/// series (VOID and interrupted ones left out): block and request metrics by the ratio of the arms,
/// quality criteria of form ratio by theirs.
HistoryCheck check_history(const JudgedRun& tonight, const std::string& series_key,
                           const std::vector<store::HistoryRun>& earlier,
                           const decision::HistoryRules& rules);

/// history.json of a run folder. Reading: empty where there is none; throws DataError for one that
/// is none of ours.
void write_history_check(const std::string& folder, const HistoryCheck& check);
HistoryCheck read_history_check(const std::string& folder);

}  // namespace abgate::cli
