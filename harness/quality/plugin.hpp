#pragma once
// A scorer of the user's own (quality.scorer of the scenario): a command that reads answers as JSONL
// on standard input and writes one score a line. Whatever it gets wrong is one clear line.

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/scenario.hpp"
#include "core/score.hpp"
#include "core/suite.hpp"

namespace abgate::quality {

/// A score of one answer, between 0 and 1.
struct PluginScore {
  Arm arm = Arm::baseline;
  std::string item;
  std::uint32_t repeat = 0;
  double score = 0;
  friend bool operator==(const PluginScore&, const PluginScore&) = default;
};

/// The answered ones, a line each: {"id", "arm", "repeat", "kind", "category", "language", "prompt",
/// "suffix", "messages", "reference", "completion"}; prompt is the prefix of a fim item.
std::string plugin_input(const std::vector<ItemScore>& scores, const Suite& suite);

/// Lines {"id", "arm", "repeat", "score"}; arm and repeat may be left out where `asked` has one
/// answer only to the id. Exactly one line for each answered score. Throws DataError with `place`,
/// the line, what was seen and wanted: no JSON, a missing or unknown id, one twice, a score that is
/// no number between 0 and 1, fewer or more lines than asked.
std::vector<PluginScore> read_plugin_output(std::string_view output,
                                            const std::vector<ItemScore>& asked,
                                            const std::string& place);

/// Runs the command in `directory`. Throws Error(bad_data), one line, where it fails, does not end in
/// time, or writes what read_plugin_output refuses.
std::vector<PluginScore> run_plugin(const ScorerConfig& config, const std::string& directory,
                                    const std::vector<ItemScore>& scores, const Suite& suite,
                                    const std::stop_token& stop = {});

}  // namespace abgate::quality
