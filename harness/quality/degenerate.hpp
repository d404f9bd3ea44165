#pragma once
// Outputs that no working model gives. Perplexity misses them; broken kernels and calibrations show
// here.

#include <string>
#include <string_view>
#include <vector>

#include "core/record.hpp"
#include "core/suite.hpp"

namespace abgate::quality {

/// Flags of one answer, from its raw text:
///   "repetition_loop"  the text ends in >= 4 repeats of a unit, over >= 64 bytes
///   "single_char_run"  one character >= 24 times in a row ("!!!!"); rulers and blanks need 240
///   "empty"            nothing but white space
///   "special_token"    a special token as text
///   "invalid_utf8"     ill-formed bytes or U+FFFD
///   "language_switch"  >= 3 letters of a script that the prompt and the reference do not use
///   "hit_length"       the server stopped at the token limit
///   "suffix_echo"      the text ends in the beginning of the suffix
/// What the reference does as well is not held against the answer.
std::vector<std::string> find_degenerate(const SuiteItem& item, const RequestRecord& record);

/// Whether a flag makes the answer degenerate. "hit_length" and "suffix_echo" do not: models run on
/// past a hole by habit; the cut mends it and the rates are reported.
bool is_degenerate(std::string_view flag);

/// Whether `text` ends in a loop (see "repetition_loop").
bool ends_in_loop(std::string_view text);
/// Longest run of one character that is `ruler` (blanks, -=*#_~/. and the like) or not.
std::size_t longest_run(std::string_view text, bool ruler);

}  // namespace abgate::quality
