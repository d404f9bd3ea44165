#pragma once
// Asking a server for the log-probabilities of a given text, and reading its answer; pure. Three
// dialects are known; which one a server speaks is found by asking (a canary), because servers
// ignore fields that they do not know.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/likelihood.hpp"

namespace abgate::quality {

enum class LogprobDialect {
  vllm,    ///< /v1/completions, `prompt_logprobs`: by token id, with ranks
  echo,    ///< /v1/completions, `echo` and `logprobs`: vLLM, llama-cpp-python, SGLang
  sglang,  ///< /generate beside the API, `return_logprob` from position 0
};
inline constexpr std::array kLogprobDialects{LogprobDialect::vllm, LogprobDialect::echo,
                                             LogprobDialect::sglang};
std::string_view to_string(LogprobDialect dialect);
/// Path below the API's base ("/completions"); for SGLang beside it ("/generate").
std::string_view path_of(LogprobDialect dialect);

/// The request's JSON body. One token is generated, and dropped by the reader: several servers take
/// 0 for "no limit" or refuse it.
std::string logprob_body(LogprobDialect dialect, const std::string& model, const std::string& text,
                         int top_k);

/// Every token of the text, in order; the first has no log-probability. -9999 (vLLM's -inf on the
/// wire) and null inside stay as -9999. Throws DataError that names `source`, the field, what was
/// seen and what was wanted: no JSON, an error object, no prompt log-probabilities, lists of unequal
/// length, a positive or missing log-probability, fewer than 2 tokens.
std::vector<ScoredToken> read_logprobs(LogprobDialect dialect, const std::string& source,
                                       std::string_view body);

/// Why two readings of one text cannot be trusted; empty: they agree. Old servers gave stale values
/// from the prefix cache. Agreement: the same tokens, and a mean |difference| of at most `tolerance`
/// nats (kernels that depend on the batch move the last digits).
std::string disagreement(const std::vector<ScoredToken>& first,
                         const std::vector<ScoredToken>& second, double tolerance = 0.02);

/// Byte offset in `text` at which each token begins; SIZE_MAX from the first token on whose text
/// cannot be found there (a token that is part of a character). Special tokens that the server put
/// in front of the text have offset 0.
std::vector<std::size_t> token_offsets(const std::vector<ScoredToken>& tokens,
                                       std::string_view text);

}  // namespace abgate::quality
