#pragma once
// What the reports of both searches share. Internal to the room.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/manifest.hpp"
#include "core/scenario.hpp"
#include "decision/bracket_search.hpp"
#include "decision/capacity.hpp"
#include "report/chart.hpp"
#include "report/document.hpp"
#include "report/report.hpp"

namespace abgate::report {

inline std::string label_of(const Scenario& s, Arm arm) {
  const std::string& own = s.arm(arm).label;
  return own.empty() ? std::string(to_string(arm)) : own;
}
inline std::vector<std::pair<Arm, std::string>> labels_of(const Scenario& s) {
  return {{Arm::baseline, label_of(s, Arm::baseline)},
          {Arm::candidate, label_of(s, Arm::candidate)}};
}

/// Why it ended early, in words with the machine that was the limit; empty for a complete search.
std::string end_words(decision::SearchEnd end, const std::string& load,
                      const std::vector<decision::ValidityFinding>& findings);
/// Title of a search that does not count; empty for the others.
std::string void_title(decision::SearchEnd end);
/// "found", … in words for people.
std::string_view status_words(decision::BracketStatus status);
/// Run, tool, machine, times, seeds, deployments.
void add_search_provenance(const Manifest& manifest, const Scenario& scenario, Document& out);
/// The document as both files, with its charts.
std::vector<File> search_files(const Document& document, const std::string& title,
                               const std::vector<Chart>& charts, std::string json);

}  // namespace abgate::report
