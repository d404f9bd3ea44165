#pragma once
// Scenario files: YAML in, Scenario out, or one line that says where and what. The format is
// described in scenarios/README.md, which is generated from the same tables as the parser and the
// JSON Schema.

#include <string>
#include <vector>

#include "config/cursor.hpp"
#include "core/criterion.hpp"
#include "core/scenario.hpp"

namespace abgate::config {

/// Reads and checks a scenario. `overrides` are "a.b.0.c=value" (--set), applied before the checks.
/// Throws ScenarioError for everything that could be known to be wrong before any load.
Scenario load_scenario(const std::string& path, const std::vector<std::string>& overrides,
                       Secrets secrets);

/// The same for a text; `path` names it in messages and is what relative paths start from.
Scenario parse_scenario(const std::string& text, const std::string& path,
                        const std::vector<std::string>& overrides, Secrets secrets);

/// Criteria to judge a stored run by: the `criteria` of a scenario file, or of a file with nothing
/// else, checked against the scenario of the run. Throws ScenarioError.
std::vector<Criterion> load_criteria(const std::string& path, const Scenario& scenario);

/// `file` as seen from the folder of the scenario at `scenario_path`; absolute paths stay.
std::string resolve_path(const std::string& scenario_path, const std::string& file);

/// JSON Schema (draft 7) of the format, as shipped in scenarios/scenario.schema.json.
std::string json_schema();

/// The reference of the format in Markdown, as shipped in scenarios/README.md.
std::string reference_markdown();

}  // namespace abgate::config
