// Servers and proxies that write the same thing differently.
#include "catch.hpp"
#include "feed.hpp"

using namespace abgate;
using namespace abgate::sse;

namespace {

const std::string kText = R"({"choices":[{"index":0,"text":"hi","finish_reason":"stop"}]})";

void require_hi(const RequestRecord& record) {
  INFO(describe(record.outcome));
  REQUIRE(succeeded(record.outcome));
  REQUIRE(record.text == "hi");
  REQUIRE(record.stream.events.size() == 1);
}

}  // namespace

TEST_CASE("Framing may differ: space, line ends, comments, unknown fields, byte order mark",
          "[sse]") {
  require_hi(read_completion("data:" + kText + "\n\ndata:[DONE]\n\n"));
  require_hi(read_completion("data: " + kText + "\r\n\r\ndata: [DONE]\r\n\r\n"));
  require_hi(read_completion("data: " + kText + "\r\rdata: [DONE]\r\r"));
  require_hi(read_completion(": ping - 2026-01-01\r\n\r\n:\n\n: OPENROUTER PROCESSING\n\ndata: " +
                             kText + "\n\n" + kDone));
  require_hi(read_completion("event: completion\nid: 7\nretry: 10\nfoo: bar\nbaz\ndata: " + kText +
                             "\n\n" + kDone));
  require_hi(
      read_completion("\xEF\xBB\xBF"
                      "data: " +
                      kText + "\n\n" + kDone));
  require_hi(read_completion("data: : OPENROUTER PROCESSING\n\ndata:\n\ndata\n\ndata: " + kText +
                             "\n\n" + kDone));
  require_hi(read_completion("data: " + kText + "\n\ndata:  [DONE] \n\n"));
}

TEST_CASE("Several data lines are one document", "[sse]") {
  require_hi(
      read_completion("data: {\"choices\":\ndata: [{\"index\":0,\ndata: "
                      "\"text\":\"hi\",\"finish_reason\":\"stop\"}]}\n\n" +
                      kDone));
}

TEST_CASE("A stream may end without [DONE] and without a blank line", "[sse]") {
  require_hi(read_completion("data: " + kText));
  require_hi(read_completion("data: " + kText + "\n\ndata: [DONE]"));
}

TEST_CASE("Nothing after [DONE] is read", "[sse]") {
  require_hi(read_completion(data(kText) + kDone + data(kText) + "data: garbage\n\nerror: {}\n\n"));
}

TEST_CASE("A stream that says it is something else is still a stream", "[sse]") {
  require_hi(read_completion(data(kText) + kDone, {200, "application/json", true}));
  require_hi(read_completion(data(kText) + kDone, {200, "", true}));
}

TEST_CASE("Chunks may lack choices, have null or empty ones, or ones of another answer", "[sse]") {
  const std::string odd = data("{}") + data(R"({"choices":null})") + data(R"({"choices":[]})") +
                          data(R"({"choices":[null,7]})") + data(R"({"choices":{"a":1}})") +
                          data(R"({"choices":[{"index":1,"text":"other"}]})") +
                          data(R"({"choices":[{"index":0,"delta":{}}]})") +
                          data(R"({"error":null,"choices":[{"text":null}]})");
  const RequestRecord record = read_completion(odd + data(kText) + kDone);
  require_hi(record);
  REQUIRE(record.chunks == 9);
}

TEST_CASE("llama-server: null content first, empty delta last, timings", "[sse]") {
  const RequestRecord record = read_chat(
      data(
          R"({"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"created":1,"model":"m","object":"chat.completion.chunk"})") +
      data(R"({"choices":[{"finish_reason":null,"index":0,"delta":{"content":"hi"}}]})") +
      data(
          R"({"choices":[{"finish_reason":"stop","index":0,"delta":{}}],"timings":{"prompt_n":5,"predicted_n":2}})") +
      data(R"({"choices":[],"usage":{"completion_tokens":2,"prompt_tokens":5,"total_tokens":7}})") +
      kDone);
  require_hi(record);
  REQUIRE(record.usage == Usage{5, 2, std::nullopt});
}

TEST_CASE("Proxies: role in every delta, usage beside choices, content as parts", "[sse]") {
  const RequestRecord proxy = read_chat(
      data(
          R"({"provider":"x","choices":[{"index":0,"delta":{"role":"assistant","content":"hi"},"native_finish_reason":null}]})") +
      data(
          R"({"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":1.0,"completion_tokens":2.0}})") +
      kDone);
  require_hi(proxy);
  REQUIRE(proxy.usage == Usage{1, 2, std::nullopt});
  const RequestRecord parts = read_chat(data(
      R"({"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"h"},{"type":"text","text":"i"}]},"finish_reason":"stop"}]})"));
  require_hi(parts);
}

TEST_CASE("Either API's text is found in the other's place", "[sse]") {
  require_hi(read_chat(data(kText) + kDone));
  require_hi(read_completion(
      data(R"({"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]})") +
      kDone));
}

TEST_CASE("Unknown finish reasons complete an answer", "[sse]") {
  const RequestRecord record =
      read_completion(data(R"({"choices":[{"text":"hi","finish_reason":"repetition"}]})") + kDone);
  REQUIRE(describe(record.outcome) == "completed repetition");
}

TEST_CASE("An answer in one piece counts as one event when the body ended", "[sse]") {
  const Response json{200, "application/json", true};
  const RequestRecord text = read_completion(
      R"({"id":"cmpl-1","object":"text_completion","choices":[{"index":0,"text":"hi","logprobs":null,"finish_reason":"length","stop_reason":null}],"usage":{"prompt_tokens":5,"total_tokens":6,"completion_tokens":1,"prompt_tokens_details":null}})",
      json);
  require_hi(text);
  REQUIRE(text.stream.events[0].at == ms(20));
  REQUIRE(text.stream.events[0].tokens == 1);
  REQUIRE(text.stream.counts_known);
  REQUIRE(text.chunks == 1);
  REQUIRE(text.usage == Usage{5, 1, std::nullopt});
  require_hi(read_chat(
      R"( {"choices":[{"index":0,"message":{"role":"assistant","content":"hi","refusal":null,"tool_calls":[]},"finish_reason":"stop"}]})",
      json));
}

TEST_CASE("Usage may be of the wrong type", "[sse]") {
  require_hi(read_completion(
      data(R"({"choices":[{"text":"hi","finish_reason":"stop"}],"usage":"many"})")));
  require_hi(read_completion(data(
      R"({"choices":[{"text":"hi","finish_reason":"stop"}],"usage":{"completion_tokens":"1"}})")));
  require_hi(read_completion(data(
      R"({"choices":[{"text":"hi","finish_reason":"stop"}],"usage":{"completion_tokens":-5}})")));
  require_hi(read_completion(data(
      R"({"choices":[{"text":"hi","finish_reason":"stop"}],"usage":{"completion_tokens":1e300}})")));
}
