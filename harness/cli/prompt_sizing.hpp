#pragma once
// How a server counts the words of made-up prompts, asked before they are made: a prompt of 1,000
// tokens should be one of 1,000 tokens of this model.

#include <optional>
#include <string>

#include "cli/preflight.hpp"
#include "core/arm.hpp"
#include "core/scenario.hpp"
#include "load/synthetic.hpp"

namespace abgate::cli {

struct PromptSizing {
  load::WordCalibration words;
  std::string source;  ///< for people: "1.03 tokens a word + 2, by /tokenize on 9 texts (baseline)"
};

/// The workload makes text up, so that its length must be told in words.
bool makes_text_up(const Workload& workload);

/// Asks `arm`'s server: /tokenize, else `usage.prompt_tokens` of requests for one token. Throws
/// Error(unavailable) where it counts in neither way.
PromptSizing measure_prompt_sizing(const Scenario& scenario, Arm arm, const Ask& ask);

}  // namespace abgate::cli
