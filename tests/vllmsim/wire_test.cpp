#include "vllmsim/wire.hpp"

#include "catch.hpp"
#include "vllmsim/http_types.hpp"
#include "vllmsim/json_text.hpp"

using namespace abgate::sim;

namespace {
const ResponseHead kCompletions{Api::completions, "cmpl-3f1c", 1763562000, "qwen"};
const ResponseHead kChat{Api::chat, "chatcmpl-3f1c", 1763562000, "qwen"};

std::string event(const ResponseHead& head, const Delta& delta) {
  std::string out;
  ChunkWriter(head).append(out, delta);
  return out;
}
}  // namespace

TEST_CASE("completions chunks are those of 0.11.2, nulls included") {
  REQUIRE(
      event(kCompletions, {.text = " Paris"}) ==
      R"(data: {"id":"cmpl-3f1c","object":"text_completion","created":1763562000,"model":"qwen","choices":[{"index":0,"text":" Paris","logprobs":null,"finish_reason":null,"stop_reason":null,"prompt_token_ids":null,"token_ids":null}],"usage":null})"
      "\n\n");
  REQUIRE(
      event(kCompletions, {.text = ".", .finish = Finish::length}) ==
      R"(data: {"id":"cmpl-3f1c","object":"text_completion","created":1763562000,"model":"qwen","choices":[{"index":0,"text":".","logprobs":null,"finish_reason":"length","stop_reason":null,"prompt_token_ids":null,"token_ids":null}],"usage":null})"
      "\n\n");
}

TEST_CASE("continuous usage sits on every completions chunk") {
  REQUIRE(
      event(kCompletions, {.text = "x", .usage = WireUsage{7, 1, 0}}) ==
      R"(data: {"id":"cmpl-3f1c","object":"text_completion","created":1763562000,"model":"qwen","choices":[{"index":0,"text":"x","logprobs":null,"finish_reason":null,"stop_reason":null,"prompt_token_ids":null,"token_ids":null}],"usage":{"prompt_tokens":7,"total_tokens":8,"completion_tokens":1,"prompt_tokens_details":null}})"
      "\n\n");
}

TEST_CASE("the usage chunk has no choice and drops nulls") {
  std::string out;
  ChunkWriter(kCompletions).append_usage(out, {7, 2, 0});
  REQUIRE(
      out ==
      R"(data: {"id":"cmpl-3f1c","object":"text_completion","created":1763562000,"model":"qwen","choices":[],"usage":{"prompt_tokens":7,"total_tokens":9,"completion_tokens":2}})"
      "\n\n");
  out.clear();
  ChunkWriter(kChat).append_usage(out, {7, 2, 16});
  REQUIRE(
      out ==
      R"(data: {"id":"chatcmpl-3f1c","object":"chat.completion.chunk","created":1763562000,"model":"qwen","choices":[],"usage":{"prompt_tokens":7,"total_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":16}}})"
      "\n\n");
}

TEST_CASE("chat chunks are those of 0.11.2, unset fields absent") {
  std::string role;
  ChunkWriter(kChat).append_role(role, std::nullopt, std::nullopt);
  REQUIRE(
      role ==
      R"(data: {"id":"chatcmpl-3f1c","object":"chat.completion.chunk","created":1763562000,"model":"qwen","choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning_content":null},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null})"
      "\n\n");
  REQUIRE(
      event(kChat, {.text = "Hello"}) ==
      R"(data: {"id":"chatcmpl-3f1c","object":"chat.completion.chunk","created":1763562000,"model":"qwen","choices":[{"index":0,"delta":{"content":"Hello","reasoning_content":null},"logprobs":null,"finish_reason":null,"token_ids":null}]})"
      "\n\n");
  REQUIRE(
      event(kChat, {.text = "", .finish = Finish::stop}) ==
      R"(data: {"id":"chatcmpl-3f1c","object":"chat.completion.chunk","created":1763562000,"model":"qwen","choices":[{"index":0,"delta":{"content":"","reasoning_content":null},"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null}]})"
      "\n\n");
}

TEST_CASE("whole responses are those of 0.11.2") {
  Whole whole;
  whole.text = " Paris";
  whole.finish = Finish::length;
  whole.usage = {5, 1, 0};
  REQUIRE(
      whole_body(kCompletions, whole) ==
      R"({"id":"cmpl-3f1c","object":"text_completion","created":1763562000,"model":"qwen","choices":[{"index":0,"text":" Paris","logprobs":null,"finish_reason":"length","stop_reason":null,"token_ids":null,"prompt_logprobs":null,"prompt_token_ids":null}],"service_tier":null,"system_fingerprint":null,"usage":{"prompt_tokens":5,"total_tokens":6,"completion_tokens":1,"prompt_tokens_details":null},"kv_transfer_params":null})");
  whole.text = "Hello";
  whole.finish = Finish::stop;
  REQUIRE(
      whole_body(kChat, whole) ==
      R"({"id":"chatcmpl-3f1c","object":"chat.completion","created":1763562000,"model":"qwen","choices":[{"index":0,"message":{"role":"assistant","content":"Hello","refusal":null,"annotations":null,"audio":null,"function_call":null,"tool_calls":[],"reasoning":null,"reasoning_content":null},"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null}],"service_tier":null,"system_fingerprint":null,"usage":{"prompt_tokens":5,"total_tokens":6,"completion_tokens":1,"prompt_tokens_details":null},"prompt_logprobs":null,"prompt_token_ids":null,"kv_transfer_params":null})");
}

TEST_CASE("a stop reason is a string or a token id") {
  REQUIRE(event(kCompletions, {.finish = Finish::stop, .stop_reason = "\"END\""})
              .find(R"("stop_reason":"END")") != std::string::npos);
  REQUIRE(event(kCompletions, {.finish = Finish::stop, .stop_reason = "59"})
              .find(R"("stop_reason":59)") != std::string::npos);
}

TEST_CASE("token ids are asked for and come in the right places") {
  const std::vector<TokenId> prompt{1, 2}, ids{3};
  const std::string chunk = event(kCompletions, {.prompt_token_ids = prompt, .token_ids = ids});
  REQUIRE(chunk.find(R"("prompt_token_ids":[1,2],"token_ids":[3])") != std::string::npos);
}

TEST_CASE("error objects: compact in a response, spaced and ASCII inside a stream") {
  REQUIRE(
      error_body(404, "NotFoundError", "The model `x` does not exist.") ==
      R"({"error":{"message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}})");
  REQUIRE(error_event(400, "BadRequestError", "naïve 🚀") ==
          "data: {\"error\": {\"message\": \"na\\u00efve \\ud83d\\ude80\", \"type\": "
          "\"BadRequestError\", "
          "\"param\": null, \"code\": 400}}\n\n");
}

TEST_CASE("text is escaped as pydantic does and not beyond") {
  std::string out;
  append_json(out, std::string_view("a\"b\\c\n\t\x01\x1f\x7f é漢🚀/"));
  REQUIRE(out == "\"a\\\"b\\\\c\\n\\t\\u0001\\u001f\x7f é漢🚀/\"");
}

TEST_CASE("floats look like Python's") {
  const auto text = [](double value) {
    std::string out;
    append_json(out, value);
    return out;
  };
  REQUIRE(text(0) == "0.0");
  REQUIRE(text(-1) == "-1.0");
  REQUIRE(text(-0.5) == "-0.5");
}

TEST_CASE("the models list and tokenize answers are those of 0.11.2") {
  Profile profile;
  profile.model.id = "qwen";
  profile.model.root = "/models/Qwen2.5-32B-Instruct-AWQ";
  REQUIRE(
      models_body(profile, 1763562000, "0123") ==
      R"({"object":"list","data":[{"id":"qwen","object":"model","created":1763562000,"owned_by":"vllm","root":"/models/Qwen2.5-32B-Instruct-AWQ","parent":null,"max_model_len":32768,"permission":[{"id":"modelperm-0123","object":"model_permission","created":1763562000,"allow_create_engine":false,"allow_sampling":true,"allow_logprobs":true,"allow_search_indices":false,"allow_view":true,"allow_fine_tuning":false,"organization":"*","group":null,"is_blocking":false}]}]})");
  const std::vector<TokenId> ids{1, 2};
  REQUIRE(tokenize_body(ids, 32768, "null") ==
          R"({"count":2,"max_model_len":32768,"tokens":[1,2],"token_strs":null})");
}

TEST_CASE("response heads are uvicorn's") {
  ResponseLines stream;
  stream.content_type = "text/event-stream; charset=utf-8";
  REQUIRE(response_head(stream, 1763590448) ==
          "HTTP/1.1 200 OK\r\ndate: Wed, 19 Nov 2025 22:14:08 GMT\r\nserver: uvicorn\r\n"
          "content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n");
  ResponseLines json;
  json.length = 12;
  REQUIRE(response_head(json, 1763590448) ==
          "HTTP/1.1 200 OK\r\ndate: Wed, 19 Nov 2025 22:14:08 GMT\r\nserver: uvicorn\r\n"
          "content-length: 12\r\ncontent-type: application/json\r\n\r\n");
}

TEST_CASE("chunk sizes are lower-case hex") {
  std::string out;
  append_chunk(out, std::string(0x1ab, 'x'));
  REQUIRE(out.starts_with("1ab\r\nxxx"));
  REQUIRE(out.ends_with("x\r\n"));
  out.clear();
  append_chunk(out, kDoneEvent);
  REQUIRE(out == "e\r\ndata: [DONE]\n\n\r\n");
}
