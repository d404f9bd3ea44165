#pragma once
// Does the completed text still parse, by each language's own parser? Run in the sandbox, many at a
// time.

#include <string>
#include <string_view>
#include <vector>

#include "core/score.hpp"
#include "core/suite.hpp"
#include "quality/sandbox.hpp"

namespace abgate::quality {

/// Whether the language's own parser is installed here.
bool has_parser(std::string_view language);

/// Adds "syntax_valid" (0 or 1) to each answered score whose language has a parser here (Python,
/// C++, JavaScript, Bash, Go, Rust) and whose item parses with its own reference: what never parsed, such as
/// C++ that needs headers from elsewhere, proves nothing. Returns what was left out and why, one
/// line each. What the parsers said is kept in `cache_file`, if one is named, and read from it.
std::vector<std::string> add_syntax(std::vector<ItemScore>& scores, const Suite& suite,
                                    const Sandbox& sandbox, unsigned threads = 0,
                                    const std::string& cache_file = {});

}  // namespace abgate::quality
