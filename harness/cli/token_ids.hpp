#pragma once
// The token ids of a text, as a server's own /tokenize tells them.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/preflight.hpp"
#include "core/scenario.hpp"

namespace abgate::cli {

/// A prompt, or the messages of a chat.
struct TokenQuestion {
  std::string model;
  std::string text;
  std::vector<std::pair<std::string, std::string>> messages;  ///< role, content; not empty: a chat
  bool special_tokens = true;  ///< such as the begin of a text, where the model wants them
};

struct TokenIds {
  std::vector<std::int64_t> ids;
  std::string missing;  ///< why there are none: "/tokenize answered 404"; empty: `ids` is the answer
};

/// vLLM and SGLang take "prompt" or "messages". llama-server takes "content", and answers a question
/// that it does not understand with no ids; it is asked again its own way. No ids for a text that is
/// not empty are never an answer.
TokenIds ask_token_ids(const ArmConfig& server, const TokenQuestion& question, const Ask& ask);

}  // namespace abgate::cli
