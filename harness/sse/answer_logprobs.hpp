#pragma once
// The log-probabilities that one chunk (or a whole answer) brings for its tokens. Internal to the
// room.

#include <string>
#include <vector>

#include "core/scored_token.hpp"

namespace simdjson::dom {
class object;
}

namespace abgate::sse {

/// Appends what `choice["logprobs"]` says of each new token to `tokens`; nothing where it is absent
/// or null. Returns why it cannot be used, in one line, else nothing; then `tokens` is as it was.
///
/// Two shapes, whichever API they come with:
///  - chat, and llama-server everywhere: {"content":[{"token","logprob","bytes","top_logprobs",
///    "id"?}]}; "bytes" is the token's text where "token" is half a character;
///  - completions: {"tokens","token_logprobs","top_logprobs"}, lists of one length, the last one of
///    maps from text to log-probability, or absent, empty or null.
/// A token that reads "token_id:123" (vLLM's return_tokens_as_token_ids) has an id and no text.
/// Everything below -9999 (vLLM's minus infinity) is taken as -9999, and so is a rival's null.
std::string read_logprobs(const simdjson::dom::object& choice, std::vector<ScoredToken>& tokens);

}  // namespace abgate::sse
