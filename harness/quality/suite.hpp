#pragma once
// Reads prompt suites (JSONL; format in prompts/README.md) and renders their items into prompts.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/suite.hpp"

namespace abgate::quality {

/// Reads and checks a suite (.jsonl or .jsonl.gz). Throws DataError with file, line, field, what
/// was seen and what was wanted: broken JSON, cut gz, missing or wrong field, duplicate id, NUL
/// bytes.
Suite load_suite(const std::string& path);

/// The same, one item at a time, in constant memory; returns the suite without items.
Suite stream_suite(const std::string& path, const std::function<void(SuiteItem&&)>& on_item);

/// How a model family writes fill-in-the-middle prompts, and which special tokens end its output.
struct FimTemplate {
  std::string_view id;  ///< "qwen2.5-coder", "deepseek-coder", "starcoder2", "codellama",
                        ///< "codestral", "codegemma"
  std::string_view prefix, suffix, middle;
  std::vector<std::string> stops;  ///< sent to the server
  bool suffix_first = false;       ///< the suffix part stands before the prefix part
};
/// nullptr if there is no such template.
const FimTemplate* find_fim_template(std::string_view id);

/// The text that is sent to /v1/completions for a completion or fim item.
std::string render_prompt(const SuiteItem& item, const FimTemplate& fim);

}  // namespace abgate::quality
