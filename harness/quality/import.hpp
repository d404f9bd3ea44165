#pragma once
// Public benchmarks into the one suite format, and suites onto disk.

#include <string>
#include <string_view>
#include <vector>

#include "core/suite.hpp"

namespace abgate::quality {

/// Formats that import_suite() reads: "humaneval", "humaneval-infilling", "mbpp" (also sanitized),
/// "evalplus", "crosscodeeval", "repobench", "safim", "multipl-e", "jsonl".
const std::vector<std::string_view>& import_formats();

/// Reads a benchmark file (JSON Lines or a JSON array; gz or plain). Throws DataError with file,
/// line, field, what was seen and wanted; an unknown format or an empty file as well. Not set: path
/// and hash.
Suite import_suite(std::string_view format, const std::string& file);

/// Writes a suite that load_suite() reads back equal; gz if the path ends in ".gz". Written aside
/// and renamed. Throws DataError.
void write_suite(const Suite& suite, const std::string& path);

/// JSON Schema (2020-12) of a suite file's header line and of its items, for editors.
std::string_view suite_schema();

}  // namespace abgate::quality
