#pragma once
// Bodies of responses as vLLM 0.11.2 writes them: key order, nulls and absences included. Pure.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "vllmsim/generation.hpp"
#include "vllmsim/profile.hpp"
#include "vllmsim/tokenizer.hpp"

namespace abgate::sim {

enum class Api : std::uint8_t { completions, chat };

/// What all bodies of one response share.
struct ResponseHead {
  Api api = Api::completions;
  std::string id;            ///< with its "cmpl-" or "chatcmpl-"
  std::int64_t created = 0;  ///< unix seconds
  std::string model;
};

struct WireUsage {
  std::int64_t prompt = 0;
  std::int64_t completion = 0;
  std::int64_t cached = 0;  ///< shown by the final usage only, if > 0 and the server tells details
};

/// One streamed piece of a choice.
struct Delta {
  std::string_view text = {};
  Finish finish = Finish::none;
  std::string stop_reason = {};  ///< JSON: "\"END\"" or "42"; empty: null
  std::string logprobs = {};     ///< JSON; empty: null
  std::optional<std::span<const TokenId>> prompt_token_ids = {};  ///< completions, first chunk
  std::optional<std::span<const TokenId>> token_ids = {};
  std::optional<WireUsage> usage = {};  ///< continuous_usage_stats
};

/// Writes the events of one stream; the constant parts are rendered once.
class ChunkWriter {
 public:
  explicit ChunkWriter(const ResponseHead& head);
  /// `data: {…}\n\n`, appended to `out`.
  void append(std::string& out, const Delta& delta) const;
  /// Chat: the chunk with the role, before the first token.
  void append_role(std::string& out, std::optional<std::span<const TokenId>> prompt_token_ids,
                   const std::optional<WireUsage>& usage) const;
  void append_usage(std::string& out, const WireUsage& usage) const;

 private:
  void append_completions(std::string& out, const Delta& delta) const;
  void append_chat(std::string& out, const Delta& delta) const;

  Api api_;
  std::string prefix_;  ///< "data: {"id":…,"choices":["
};

inline constexpr std::string_view kDoneEvent = "data: [DONE]\n\n";

/// The body of a non-stream response.
struct Whole {
  std::string text;
  Finish finish = Finish::stop;
  std::string stop_reason;      ///< JSON; empty: null
  std::string logprobs;         ///< JSON; empty: null
  std::string prompt_logprobs;  ///< JSON; empty: null
  std::optional<std::span<const TokenId>> prompt_token_ids;
  std::optional<std::span<const TokenId>> token_ids;
  WireUsage usage;
};
std::string whole_body(const ResponseHead& head, const Whole& whole);

/// {"error":{"message":…,"type":…,"param":null,"code":…}}
std::string error_body(int status, std::string_view type, std::string_view message);
/// The same inside a stream, as json.dumps writes it.
std::string error_event(int code, std::string_view type, std::string_view message);

/// /v1/models; `permission` is 32 hex digits.
std::string models_body(const Profile& profile, std::int64_t created, std::string_view permission);
/// /tokenize; `token_strings` is JSON or "null".
std::string tokenize_body(std::span<const TokenId> ids, std::int64_t max_model_len,
                          std::string_view token_strings);
/// /server_info
std::string server_info_body(const Profile& profile);

}  // namespace abgate::sim
