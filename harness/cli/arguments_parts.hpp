#pragma once
// Parts of the command line that several commands share. Internal to arguments*.cpp.

#include <optional>
#include <string>

#include "cli/options.hpp"

namespace CLI {
class App;
}

namespace abgate::cli {

/// SCENARIO, --set, the flags of vllm bench serve, and the endpoints where `endpoints`.
void add_scenario(CLI::App* sub, ScenarioOptions& options, bool endpoints);
/// --sweep, for commands that run every load point.
void add_sweep(CLI::App* sub, ScenarioOptions& options);
/// --out and --progress.
void add_run_output(CLI::App* sub, std::string& out, ProgressStyle& progress);
void add_progress(CLI::App* sub, ProgressStyle& progress);
/// A flag that turns `value` off.
CLI::Option* add_off_flag(CLI::App* sub, const std::string& name, bool& value,
                          const std::string& text);
/// --no-calibration.
void add_no_calibration(CLI::App* sub, bool& calibrate);

/// `search slo`, `search crossover`, `search report`; what was parsed goes to `command`.
void add_search_commands(CLI::App& app, std::optional<Command>& command);

}  // namespace abgate::cli
