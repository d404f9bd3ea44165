#pragma once
// Text as the scorers see it: Unicode code points, lines, white space. "White space" is ASCII's
// six.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace abgate::quality {

/// Scorers look at no more than this much of a text (the quadratic ones would stall a report).
inline constexpr std::size_t kMaxScoredBytes = std::size_t{64} << 10;

struct Decoded {
  std::u32string points;
  std::size_t invalid = 0;  ///< ill-formed sequences, each decoded as U+FFFD
};

/// UTF-8 to code points. Ill-formed bytes (overlong, surrogates, above U+10FFFF, cut) become one
/// U+FFFD per maximal bad subpart, as the Unicode standard recommends.
Decoded decode_utf8(std::string_view text);
bool is_ascii(std::string_view text);

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}
/// Without white space at the end.
std::string_view rstrip(std::string_view text);
/// Without white space at both ends.
std::string_view strip(std::string_view text);
/// The first kMaxScoredBytes of the text, cut on a character boundary.
std::string_view cap(std::string_view text, std::size_t max_bytes = kMaxScoredBytes);

/// Lines without their ends; "a\n" is one line, "" is none.
std::vector<std::string_view> lines_of(std::string_view text);
/// White-space separated words.
std::vector<std::string_view> words_of(std::string_view text);
/// First line that holds more than white space, stripped; empty if there is none.
std::string_view first_line(std::string_view text);
/// The last `count` lines.
std::string_view last_lines(std::string_view text, std::size_t count);

}  // namespace abgate::quality
