#pragma once
// What the quality scorers found for one completion. `quality` makes them, `stats` pairs them.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/arm.hpp"

namespace abgate {

struct ItemScore {
  Arm arm = Arm::baseline;
  std::string item;  ///< SuiteItem::id
  std::string cluster;
  std::string category;
  std::string language;
  std::uint32_t repeat = 0;
  bool answered = false;  ///< the request succeeded; if not, the pair is dropped and counted
  /// Metric (without "quality.") to score: "em_ws" -> 0 or 1, "edit_similarity" -> 0..1, …
  /// A metric that does not apply to the item (no tests: pass1) is absent.
  std::map<std::string, double> scores;
  std::vector<std::string> flags;  ///< "repetition_loop", "empty", "hit_length", "suffix_echo", …
  std::string completion;          ///< as scored, after client-side truncation
  std::string reference;
  std::string context;   ///< last lines of the prompt (or prefix), for the report
  std::string cut_rule;  ///< truncation rule that fired; empty: none
  double output_tokens = 0;
};

}  // namespace abgate
