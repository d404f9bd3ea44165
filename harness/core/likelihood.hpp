#pragma once
// Teacher-forced log-probabilities: a text that the model did not write, read back token by token.
// `quality` reads them from an answer, `store` keeps them raw, `stats` pairs them.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/arm.hpp"
#include "core/scored_token.hpp"

namespace abgate {

/// What the text is.
enum class LikelihoodTask : std::uint8_t {
  reference,  ///< gold code: a suite item with its reference
  output,     ///< a prompt and the baseline's own answer to it
  answer,     ///< no text read back: each arm's own answer, up to where they part
};
std::string_view to_string(LikelihoodTask task);

/// One text of which log-probabilities are wanted.
struct LikelihoodText {
  LikelihoodTask task = LikelihoodTask::reference;
  std::string item;  ///< SuiteItem::id
  std::string cluster, category, language;
  std::string text;
  std::size_t prefix_bytes = 0;  ///< where the reference (or answer) begins in `text`
};

/// One text under one arm, as the server answered.
struct LikelihoodRecord {
  Arm arm = Arm::baseline;
  LikelihoodText text;
  std::string error;  ///< one line; empty: `tokens` holds every token of the text
  std::vector<ScoredToken> tokens;
};

}  // namespace abgate
