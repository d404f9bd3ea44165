#pragma once
// Small helpers on texts: what a scenario file must be before YAML looks at it, and near misses.

#include <string>
#include <string_view>
#include <vector>

namespace abgate::config {

/// Throws ScenarioError unless `text` is UTF-8 without NUL bytes, not empty and at most
/// `max_bytes`.
void check_text(const std::string& text, const std::string& file, std::size_t max_bytes);

/// Line number `line` (from 1) of `text`, without its end; empty if there is none.
std::string line_of(const std::string& text, int line);

/// Bytes at which `text` stops being UTF-8, or npos. Overlong forms and surrogates are refused.
std::size_t invalid_utf8_at(std::string_view text);

/// The candidate nearest to `word`, if it is near enough to be a slip of the keyboard; else empty.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// " (did you mean “x”?)" or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// "a, b or c".
std::string one_of(const std::vector<std::string>& words);

/// True for names of headers whose values are secrets, in any case: "Authorization", "X-Api-Key".
bool names_credential(std::string name);

}  // namespace abgate::config
