#pragma once
// Teacher-forced log-probabilities: a text that the model did not write, read back token by token.
// `quality` reads them from an answer, `store` keeps them raw, `stats` pairs them.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/arm.hpp"

namespace abgate {

/// One of the most likely tokens at a position.
struct RankedToken {
  std::int64_t id = -1;  ///< -1: the server names tokens by text only
  std::string text;
  double logprob = 0;  ///< natural logarithm
  friend bool operator==(const RankedToken&, const RankedToken&) = default;
};

/// The token that stands at one position of the text.
struct ScoredToken {
  std::int64_t id = -1;
  std::string text;
  /// ln p(token | everything before it). NaN at the first token, which nothing predicts.
  double logprob = std::numeric_limits<double>::quiet_NaN();
  std::vector<RankedToken> top;  ///< falling; may lack the token itself
};

/// What the text is.
enum class LikelihoodTask : std::uint8_t {
  reference,  ///< gold code: a suite item with its reference
  output,     ///< a prompt and the baseline's own answer to it
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
