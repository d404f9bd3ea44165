#pragma once
// Simulated log-probabilities: deterministic, alike between instances up to a small noise, and
// shifted by what the profile says this quantisation loses. Good for a client's perplexity, for
// nothing else.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vllmsim/profile.hpp"
#include "vllmsim/tokenizer.hpp"

namespace abgate::sim {

struct Alternative {
  TokenId id = 0;
  std::string text;
  double logprob = 0;
};

/// One position: the token that stands there and its strongest rivals.
struct TokenLogprob {
  TokenId id = 0;
  std::string text;
  double logprob = 0;
  int rank = 1;
  std::vector<Alternative> others;  ///< falling log-probability
};

/// Draws them. Immutable.
class LogprobModel {
 public:
  LogprobModel(const QualitySpec& quality, std::uint64_t instance_seed)
      : quality_(quality), seed_(instance_seed) {}

  /// `context` stands for everything before the token (see extend_context).
  TokenLogprob draw(std::uint64_t context, TokenId id, std::string_view text, int rivals) const;
  /// The same of a token that the model itself chose, which is the first of the `top` most likely
  /// ones. `passed_over`: what a better model says here comes second.
  TokenLogprob choose(std::uint64_t context, TokenId id, std::string_view text, int top,
                      const std::optional<Alternative>& passed_over) const;

 private:
  const QualitySpec& quality_;
  std::uint64_t seed_;
};

/// The context after one more token; start with 0.
std::uint64_t extend_context(std::uint64_t context, TokenId id);

/// Completions: {"text_offset":…,"token_logprobs":…,"tokens":…,"top_logprobs":…}. `first_is_null`:
/// the first entry is the first token of an echoed prompt. `offset`: code points of text before.
std::string completions_logprobs(std::span<const TokenLogprob> tokens, std::size_t offset,
                                 bool first_is_null, bool as_token_ids);
/// Chat: {"content":[…]}; `top` entries each, the chosen token first.
std::string chat_logprobs(std::span<const TokenLogprob> tokens, int top, bool as_token_ids);
/// [null,{"11":{"logprob":-1.5,"rank":3,"decoded_token":"x"}},…].
std::string prompt_logprobs_json(std::span<const TokenLogprob> tokens);

}  // namespace abgate::sim
