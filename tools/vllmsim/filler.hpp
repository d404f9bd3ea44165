#pragma once
// Plausible code for prompts that no suite knows.

#include <span>
#include <string_view>
#include <vector>

#include "core/rng.hpp"
#include "vllmsim/tokenizer.hpp"

namespace abgate::sim {

/// One token of generated text. The text lives as long as its owner (filler or generation).
struct TextToken {
  TokenId id = 0;
  std::string_view text;
};

/// Lines of code, cut into tokens once. Some hold characters beyond ASCII. Immutable.
class Filler {
 public:
  Filler();
  /// A line drawn by `rng`, its line break included.
  std::span<const TextToken> line(Rng& rng) const;

 private:
  std::vector<std::vector<TextToken>> lines_;
};

}  // namespace abgate::sim
