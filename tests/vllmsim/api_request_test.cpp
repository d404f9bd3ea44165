#include "vllmsim/api_request.hpp"

#include "catch.hpp"

using namespace abgate::sim;

namespace {

ApiRequest good(Api api, std::string_view body) {
  auto parsed = parse_api_request(api, body);
  if (const auto* error = std::get_if<ApiError>(&parsed)) FAIL(error->message);
  return std::get<ApiRequest>(parsed);
}

ApiError schema_error_of(Api api, std::string_view body) {
  auto parsed = parse_api_request(api, body);
  REQUIRE(std::holds_alternative<ApiError>(parsed));
  return std::get<ApiError>(parsed);
}

/// The message of a completions request whose sampling parameters are refused.
std::string deferred(const std::string& fields) {
  const ApiRequest request = good(Api::completions, R"({"prompt":"x",)" + fields + "}");
  REQUIRE(request.deferred);
  REQUIRE(request.deferred->status == 400);
  REQUIRE(request.deferred->type == "BadRequestError");
  return request.deferred->message;
}

}  // namespace

TEST_CASE("a full completions request is read") {
  const ApiRequest request = good(
      Api::completions,
      R"({"model":"m","prompt":"def f(","max_tokens":7,"min_tokens":2,"temperature":0,"top_p":1,"top_k":-1,"stream":true,
          "stream_options":{"include_usage":true,"continuous_usage_stats":true},"stop":["\n\n"],"stop_token_ids":[5],
          "ignore_eos":true,"echo":true,"logprobs":3,"return_token_ids":true,"cache_salt":"s","request_id":"r","unknown":1})");
  REQUIRE(request.model == "m");
  REQUIRE(request.prompt == "def f(");
  REQUIRE(request.max_tokens == 7);
  REQUIRE(request.min_tokens == 2);
  REQUIRE(request.stream);
  REQUIRE(request.include_usage);
  REQUIRE(request.continuous_usage);
  REQUIRE(request.stop == std::vector<std::string>{"\n\n"});
  REQUIRE(request.stop_token_ids == std::vector<TokenId>{5});
  REQUIRE(request.ignore_eos);
  REQUIRE(request.echo);
  REQUIRE(request.logprobs == 3);
  REQUIRE(request.return_token_ids);
  REQUIRE(request.cache_salt == "s");
  REQUIRE(request.request_id == "r");
  REQUIRE_FALSE(request.deferred);
}

TEST_CASE("prompts may be a text, one text in a list, ids, or one list of ids") {
  REQUIRE(good(Api::completions, R"({"prompt":["a"]})").prompt == "a");
  REQUIRE(good(Api::completions, R"({"prompt":[1,2]})").prompt_ids == std::vector<TokenId>{1, 2});
  REQUIRE(good(Api::completions, R"({"prompt":[[1,2]]})").prompt_ids == std::vector<TokenId>{1, 2});
  REQUIRE(good(Api::completions, R"({"prompt":["a","b"]})").deferred);
  REQUIRE(good(Api::completions, R"({"prompt":""})").deferred);
}

TEST_CASE("defaults: 16 tokens for completions, what is left for chat, null is neither") {
  REQUIRE(good(Api::completions, R"({"prompt":"x"})").max_tokens == 16);
  REQUIRE(good(Api::completions, R"({"prompt":"x","max_tokens":null})").max_tokens_null);
  ApiRequest chat = good(Api::chat, R"({"messages":[{"role":"user","content":"hi"}]})");
  REQUIRE_FALSE(check_length(chat, 100, 32768));
  REQUIRE(chat.max_tokens == 32668);
  REQUIRE(
      good(
          Api::chat,
          R"({"messages":[{"role":"user","content":"hi"}],"max_tokens":5,"max_completion_tokens":9})")
          .max_tokens == 9);
}

TEST_CASE("an empty stream_options means usage, as in 0.11.2") {
  REQUIRE(
      good(Api::completions, R"({"prompt":"x","stream":true,"stream_options":{}})").include_usage);
  REQUIRE_FALSE(good(Api::completions, R"({"prompt":"x","stream":true})").include_usage);
  REQUIRE_THAT(schema_error_of(Api::completions, R"({"prompt":"x","stream_options":{}})").message,
               ContainsSubstring("Stream options can only be defined when `stream=True`."));
}

TEST_CASE("sampling parameters out of range are refused with vLLM's texts") {
  REQUIRE(deferred(R"("max_tokens":0)") == "max_tokens must be at least 1, got 0.");
  REQUIRE(deferred(R"("temperature":-1)") == "temperature must be non-negative, got -1.0.");
  REQUIRE(deferred(R"("top_p":0)") == "top_p must be in (0, 1], got 0.0.");
  REQUIRE(deferred(R"("n":0)") == "n must be at least 1, got 0.");
  REQUIRE(deferred(R"("n":2,"temperature":0)") == "n must be 1 when using greedy sampling, got 2.");
  REQUIRE(deferred(R"("min_tokens":20)") ==
          "min_tokens must be less than or equal to max_tokens=16, got 20.");
  REQUIRE(deferred(R"("stop":["a",""])") == "stop cannot contain an empty string.");
  REQUIRE(deferred(R"("logprobs":25)") ==
          "Requested sample logprobs of 25, which is greater than max allowed: 20");
  REQUIRE(deferred(R"("repetition_penalty":0)") ==
          "repetition_penalty must be greater than zero, got 0.0.");
}

TEST_CASE("max_tokens 0 is allowed with echo only") {
  REQUIRE_FALSE(good(Api::completions, R"({"prompt":"x","max_tokens":0,"echo":true})").deferred);
}

TEST_CASE("broken JSON and wrong types are 400 with pydantic's list, never 422") {
  for (const std::string body :
       {"", "{", "{\"prompt\":", "nul", "[1", "\xff\xfe", "{\"prompt\":\"\xff\"}"}) {
    const ApiError error = schema_error_of(Api::completions, body);
    REQUIRE(error.status == 400);
    REQUIRE_THAT(error.message, ContainsSubstring("'type': 'json_invalid'"));
  }
  const ApiError type = schema_error_of(Api::completions, R"({"prompt":"x","max_tokens":"many"})");
  REQUIRE(type.type == "Bad Request");
  REQUIRE(type.message ==
          "[{'type': 'int_type', 'loc': ('body', 'max_tokens'), 'msg': 'Input should be a valid "
          "integer', 'input': 'many'}]");
  REQUIRE_THAT(schema_error_of(Api::chat, "{}").message, ContainsSubstring("'type': 'missing'"));
  schema_error_of(Api::completions, "[]");
  schema_error_of(Api::completions, R"({"prompt":{"a":1}})");
  schema_error_of(Api::completions, R"({"prompt":[1,"a"]})");
  schema_error_of(Api::completions, R"({"prompt":"x","max_tokens":1e99})");
  schema_error_of(Api::completions, R"({"prompt":"x","seed":99999999999999999999})");
  schema_error_of(Api::chat, R"({"messages":"hi"})");
  schema_error_of(Api::chat, R"({"messages":[{"content":"hi"}]})");
  schema_error_of(Api::completions, R"({"prompt":"x","cache_salt":""})");
}

TEST_CASE("a prompt too long is refused with the number that vLLM prints") {
  ApiRequest completions = good(Api::completions, R"({"prompt":"x","max_tokens":100})");
  REQUIRE_FALSE(check_length(completions, 32668, 32768));
  const auto error = check_length(completions, 32669, 32768);
  REQUIRE(error);
  REQUIRE(error->status == 400);
  REQUIRE(error->type == "BadRequestError");
  REQUIRE(error->message ==
          "This model's maximum context length is 32668 tokens. However, your request has 32669 "
          "input tokens. "
          "Please reduce the length of the input messages.");

  ApiRequest chat =
      good(Api::chat, R"({"messages":[{"role":"user","content":"hi"}],"max_tokens":40000})");
  REQUIRE(check_length(chat, 100, 32768)->message ==
          "'max_tokens' or 'max_completion_tokens' is too large: 40000. This model's maximum "
          "context length is 32768 "
          "tokens and your request has 100 input tokens (40000 > 32768 - 100). None");
  REQUIRE(check_length(chat, 32768, 32768)->message ==
          "This model's maximum context length is 32768 tokens. However, your request has 32768 "
          "input tokens. Please "
          "reduce the length of the input messages. None");
}

TEST_CASE("a prompt that fills the context leaves no room for the hidden token of an echo") {
  ApiRequest echo = good(Api::completions, R"({"prompt":"x","max_tokens":0,"echo":true})");
  REQUIRE_THAT(check_length(echo, 32768, 32768)->message,
               ContainsSubstring(
                   "The decoder prompt (length 32768) plus the number of requested output tokens"));
}

TEST_CASE("messages become Qwen's template") {
  REQUIRE(render_chat({{"user", "hi"}}) ==
          "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful "
          "assistant.<|im_end|>\n"
          "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n");
  REQUIRE(
      render_chat({{"system", "s"}, {"user", "hi"}}) ==
      "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n");
}

TEST_CASE("content may come in parts") {
  const ApiRequest request = good(
      Api::chat,
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]})");
  REQUIRE(request.messages[0].second == "a\nb");
}
