#pragma once
// From tokens to the text that may be sent: whole code points only, stop strings found and held
// back.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace abgate::sim {

struct StopRules {
  std::vector<std::string> strings;
  bool include_in_output = false;
  std::int64_t min_tokens = 0;  ///< stop strings are not looked for before
};

/// The text of one choice. Text is held back by max(len(stop)) - 1 code points until it is known
/// not to be the beginning of a stop string (vllm/v1/engine/detokenizer.py).
class TextStream {
 public:
  explicit TextStream(StopRules rules);

  /// Appends a token's bytes. Returns the stop string that is now complete, if any: the text is
  /// then cut and the choice finished.
  std::optional<std::string> push(std::string_view bytes);
  /// What became ready since the last call; everything that is left when `finished`.
  std::string take(bool finished);
  /// All text so far, held-back text included.
  const std::string& text() const { return text_; }

 private:
  std::optional<std::string> find_stop(std::size_t old_size);

  StopRules rules_;
  std::size_t hold_back_ = 0;  ///< code points
  std::string text_;
  std::string partial_;  ///< bytes of an incomplete code point
  std::size_t taken_ = 0;
  std::int64_t tokens_ = 0;
};

/// Length of the longest prefix of `bytes` that ends on a code point boundary.
std::size_t whole_code_points(std::string_view bytes);
/// Number of code points (bytes that are no continuation bytes).
std::size_t count_code_points(std::string_view text);

}  // namespace abgate::sim
