#pragma once
// Exact match in three named variants. Comments are never stripped: a pattern that strips them
// breaks strings and integer division.

#include <string_view>

namespace abgate::quality {

/// Equal but for white space at the end.
bool em_strict(std::string_view prediction, std::string_view reference);
/// Equal lists of white-space separated words (RepoBench, CodeXGLUE).
bool em_ws(std::string_view prediction, std::string_view reference);
/// Equal first non-blank lines, stripped (Qwen2.5-Coder's fim-bench).
bool em_line1(std::string_view prediction, std::string_view reference);

}  // namespace abgate::quality
