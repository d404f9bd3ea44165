#pragma once
// The body of /v1/completions and /v1/chat/completions: read, checked and refused as vLLM 0.11.2
// does.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "vllmsim/tokenizer.hpp"
#include "vllmsim/wire.hpp"

namespace abgate::sim {

/// An error answer.
struct ApiError {
  int status = 400;
  std::string type;
  std::string message;
};

struct ApiRequest {
  Api api = Api::completions;
  std::string model;                                          ///< empty: the served one
  std::string prompt;                                         ///< completions
  std::optional<std::vector<TokenId>> prompt_ids;             ///< completions, instead of the text
  std::vector<std::pair<std::string, std::string>> messages;  ///< chat: role, content
  std::optional<std::int64_t> max_tokens;
  bool max_tokens_null = false;  ///< completions: an explicit null, which 0.11.2 cannot serve
  std::int64_t min_tokens = 0;
  double temperature = 1;
  bool stream = false;
  bool include_usage = false;
  bool continuous_usage = false;
  bool ignore_eos = false;
  std::vector<std::string> stop;
  std::vector<TokenId> stop_token_ids;
  bool include_stop = false;
  bool echo = false;
  std::optional<int> logprobs;  ///< completions: k; chat: top_logprobs where logprobs is true
  std::optional<int> prompt_logprobs;
  bool return_token_ids = false;
  bool tokens_as_ids = false;
  bool suffix = false;  ///< a suffix was sent
  std::string cache_salt;
  std::string request_id;
  /// Found in the sampling parameters; reported after the model's name and the length were checked.
  std::optional<ApiError> deferred;
};

/// Everything that can be said without the model's name or the prompt's length. `max_logprobs`: most
/// log-probabilities a position that the server gives.
std::variant<ApiRequest, ApiError> parse_api_request(Api api, std::string_view body,
                                                     int max_logprobs = 20);

/// The chat template of Qwen2.5-Instruct, generation prompt included.
std::string render_chat(const std::vector<std::pair<std::string, std::string>>& messages);

/// The rules that need the prompt's length. Fills in max_tokens.
std::optional<ApiError> check_length(ApiRequest& request, std::int64_t prompt_tokens,
                                     std::int64_t max_model_len);

/// The body of /tokenize: text, or messages rendered; and of /detokenize: ids.
struct TokenizeRequest {
  std::string text;
  bool token_strings = false;
  std::vector<TokenId> ids;
};
std::variant<TokenizeRequest, ApiError> parse_tokenize(std::string_view body);
std::variant<TokenizeRequest, ApiError> parse_detokenize(std::string_view body);

}  // namespace abgate::sim
