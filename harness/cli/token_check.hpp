#pragma once
// What a server's tokeniser makes of the prompts: asked through /tokenize before any load.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/preflight.hpp"

namespace abgate::cli {

/// One arm's prompts in its server's tokens.
struct TokenAnswers {
  std::vector<std::size_t> prompts;    ///< positions in Plan::prompts that were asked for
  std::vector<std::uint64_t> hashes;   ///< of their token ids
  std::vector<std::int64_t> counts;    ///< of their tokens
  std::string fim;                     ///< the template's tokens and their ids; empty: no FIM prompt
  std::string missing;                 ///< why there is nothing of this: "/tokenize answered 404"
};

/// Which prompts are asked for: all of the quality pass, and of the load a few and the longest.
std::vector<std::size_t> prompts_to_tokenize(const Plan& plan);

/// Asks `config`'s server, a few prompts at a time; `say` hears of progress from this thread only.
/// Throws Error(bad_scenario) if a FIM token of the scenario's template, which the plan's prompts
/// hold, is not exactly one token id: such prompts mean nothing to the model.
TokenAnswers ask_tokens(const Scenario& scenario, const Plan& plan, const ArmConfig& config,
                        const std::string& who, const std::string& model, const Ask& ask,
                        const Say& say);

/// Puts the answers into what is stored and reported of the server.
void describe_tokens(const TokenAnswers& answers, const Plan& plan, ServerFacts& facts);

/// Where two servers differ: one line that names the first such prompt; empty if nowhere, or if
/// one of them was not asked.
std::string differing_tokens(const TokenAnswers& a, const TokenAnswers& b, const Plan& plan);

}  // namespace abgate::cli
