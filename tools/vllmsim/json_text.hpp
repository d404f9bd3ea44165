#pragma once
// JSON written by hand, byte for byte as pydantic and Python's json module write it.

#include <span>
#include <string>
#include <string_view>

#include "vllmsim/tokenizer.hpp"

namespace abgate::sim {

/// Appends a quoted string as pydantic does: only control characters, quote and backslash escaped.
void append_json(std::string& out, std::string_view text);
/// Appends a quoted string as json.dumps does: \uXXXX beyond ASCII.
void append_json_ascii(std::string& out, std::string_view text);
/// "[1,2,3]".
void append_json(std::string& out, std::span<const TokenId> ids);
/// A float as pydantic prints it: "-0.5", "0.0".
void append_json(std::string& out, double value);

}  // namespace abgate::sim
