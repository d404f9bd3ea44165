#pragma once
// Responses for tests: a body cut into pieces, collected and read as the load engine does it.

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/rng.hpp"
#include "sse/record_builder.hpp"

namespace abgate::sse {

inline Duration ms(std::int64_t value) {
  return std::chrono::milliseconds(value);
}

struct Response {
  int status = 200;
  std::string content_type = "text/event-stream; charset=utf-8";
  bool ended_ok = true;
};

/// Up to `most` changes: bytes replaced, cut out, repeated, or one of `signs` put in. Never empty.
inline void edit_randomly(std::string& body, Rng& rng, std::uint64_t most, std::string_view signs) {
  for (std::uint64_t edits = 1 + rng.below(most); edits > 0; --edits) {
    const std::size_t at = rng.below(body.size());
    switch (rng.below(4)) {
      case 0:
        body[at] = static_cast<char>(rng.below(256));
        break;
      case 1:
        body.erase(at, 1 + rng.below(20));
        break;
      case 2:
        body.insert(at, body.substr(rng.below(body.size()), rng.below(40)));
        break;
      default:
        body.insert(at, 1, signs[rng.below(signs.size())]);
    }
    if (body.empty()) body = "x";
  }
}

/// Pieces arrive at 10 ms, 20 ms, …; each is a read of its own.
inline RawStream collect(std::span<const std::string> pieces, const Response& how = {}) {
  RawStream stream;
  stream.status = how.status;
  stream.content_type = how.content_type;
  stream.ended_ok = how.ended_ok;
  stream.headers = ms(5);
  StreamCollector collector;
  std::int64_t at = 0;
  for (const std::string& piece : pieces) collector.append(stream, piece, ms(at += 10), false);
  collector.finish(stream, ms(at + 10));
  stream.join();
  return stream;
}

inline RequestRecord read(std::span<const std::string> pieces, bool chat,
                          const Response& how = {}) {
  RequestRecord record;
  build_record(collect(pieces, how), chat, record);
  return record;
}

inline RequestRecord read_completion(const std::string& body, const Response& how = {}) {
  return read(std::vector{body}, false, how);
}
inline RequestRecord read_chat(const std::string& body, const Response& how = {}) {
  return read(std::vector{body}, true, how);
}

inline std::string data(const std::string& json) {
  return "data: " + json + "\n\n";
}

/// A chunk of vLLM's completions stream; `usage` is JSON.
inline std::string chunk(const std::string& text, const std::string& finish = "null",
                         const std::string& usage = "null") {
  return data(R"({"id":"cmpl-3f1c","object":"text_completion","created":1763562000,"model":"qwen",)"
              R"("choices":[{"index":0,"text":")" +
              text + R"(","logprobs":null,"finish_reason":)" + finish +
              R"(,"stop_reason":null,"prompt_token_ids":null,"token_ids":null}],"usage":)" + usage +
              "}");
}

inline std::string usage(int prompt, int completion) {
  return R"({"prompt_tokens":)" + std::to_string(prompt) + R"(,"total_tokens":)" +
         std::to_string(prompt + completion) + R"(,"completion_tokens":)" +
         std::to_string(completion) + "}";
}

inline std::string usage_chunk(int prompt, int completion) {
  return data(R"({"id":"cmpl-3f1c","object":"text_completion","created":1763562000,"model":"qwen",)"
              R"("choices":[],"usage":)" +
              usage(prompt, completion) + "}");
}

inline const std::string kDone = "data: [DONE]\n\n";

}  // namespace abgate::sse
