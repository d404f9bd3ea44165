#pragma once
// A token with its log-probability and the most likely ones at its position: of an answer that a
// model wrote, or of a text that it read back.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace abgate {

/// What vLLM writes for a log-probability of minus infinity; lower ones are raised to it.
inline constexpr double kMinusInfinity = -9999.0;
/// A log-probability above this is a mistake of the server. Rounding of a softmax over
/// half-precision logits can end a little above 0.
inline constexpr double kMostLogprob = 1e-3;

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
  /// ln p(token | everything before it). NaN at the first token of a text that was read back, which
  /// nothing predicts.
  double logprob = std::numeric_limits<double>::quiet_NaN();
  std::vector<RankedToken> top;  ///< falling; may lack the token itself
};

}  // namespace abgate
