// What is measured on a healthy stream.
#include "catch.hpp"
#include "feed.hpp"

using namespace abgate;
using namespace abgate::sse;

namespace {

std::vector<std::uint32_t> tokens(const RequestRecord& record) {
  std::vector<std::uint32_t> out;
  for (const TokenEvent& event : record.stream.events) out.push_back(event.tokens);
  return out;
}
std::vector<std::int64_t> times(const RequestRecord& record) {
  std::vector<std::int64_t> out;
  for (const TokenEvent& event : record.stream.events) {
    out.push_back(event.at / std::chrono::milliseconds(1));
  }
  return out;
}

}  // namespace

TEST_CASE("vLLM's completions stream is read to text, usage, stamps and finish", "[sse]") {
  const std::vector<std::string> pieces{
      "data: "
      "{\"id\":\"cmpl-3f1c\",\"object\":\"text_completion\",\"created\":1763562000,\"model\":"
      "\"qwen\",\"choices\":[{\"index\":0,\"text\":\" "
      "Paris\",\"logprobs\":null,\"finish_reason\":null,\"stop_reason\":null,\"prompt_token_ids\":"
      "null,\"token_ids\":null}],\"usage\":null}\n\n",
      "data: "
      "{\"id\":\"cmpl-3f1c\",\"object\":\"text_completion\",\"created\":1763562000,\"model\":"
      "\"qwen\",\"choices\":[{\"index\":0,\"text\":\".\",\"logprobs\":null,\"finish_reason\":"
      "\"length\",\"stop_reason\":null,\"prompt_token_ids\":null,\"token_ids\":null}],\"usage\":"
      "null}\n\n",
      "data: "
      "{\"id\":\"cmpl-3f1c\",\"object\":\"text_completion\",\"created\":1763562000,\"model\":"
      "\"qwen\",\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"total_tokens\":9,\"completion_"
      "tokens\":2,\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\n",
      "data: [DONE]\n\n"};
  const RequestRecord record = read(pieces, false);
  REQUIRE(describe(record.outcome) == "completed length");
  REQUIRE(record.text == " Paris.");
  REQUIRE(record.usage == Usage{7, 2, 4});
  REQUIRE(times(record) == std::vector<std::int64_t>{10, 20});
  REQUIRE(record.stream.finish == ms(20));
  REQUIRE(record.stream.headers == ms(5));
  REQUIRE(record.stream.first_byte == ms(10));
  REQUIRE(record.stream.closed == ms(50));
  REQUIRE(record.chunks == 3);
  REQUIRE(record.bytes ==
          pieces[0].size() + pieces[1].size() + pieces[2].size() + pieces[3].size());
  REQUIRE_FALSE(record.stream.counts_known);
  REQUIRE(tokens(record) == std::vector<std::uint32_t>{0, 0});
  REQUIRE(record.raw_sample.empty());
  REQUIRE_FALSE(record.invalid_utf8);
}

TEST_CASE("vLLM's chat stream: the role chunk is no token", "[sse]") {
  const std::vector<std::string> pieces{
      data(
          R"({"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning_content":null},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null})"),
      data(
          R"({"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hello","reasoning_content":null},"finish_reason":null,"token_ids":null}]})"),
      data(
          R"({"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"","reasoning_content":null},"finish_reason":"stop","stop_reason":null}]})"),
      data(
          R"({"id":"c","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":7,"total_tokens":9,"completion_tokens":2}})"),
      kDone};
  const RequestRecord record = read(pieces, true);
  REQUIRE(describe(record.outcome) == "completed stop");
  REQUIRE(record.text == "Hello");
  REQUIRE(times(record) == std::vector<std::int64_t>{20});
  REQUIRE(record.stream.finish == ms(30));
  REQUIRE(record.usage == Usage{7, 2, std::nullopt});
  REQUIRE(record.chunks == 4);
}

TEST_CASE("Continuous usage gives the cumulative tokens of each event", "[sse]") {
  const std::vector<std::string> pieces{chunk("def", "null", usage(7, 1)),
                                        chunk(" f(x)", "null", usage(7, 4)),
                                        chunk(":", "null", usage(7, 5)),
                                        chunk("", "\"stop\"", usage(7, 6)),
                                        usage_chunk(7, 6),
                                        kDone};
  const RequestRecord record = read(pieces, false);
  REQUIRE(record.stream.counts_known);
  // The end-of-sequence token has no text, but it was generated and came at 40 ms.
  REQUIRE(tokens(record) == std::vector<std::uint32_t>{1, 4, 5, 6});
  REQUIRE(times(record) == std::vector<std::int64_t>{10, 20, 30, 40});
  REQUIRE(record.usage == Usage{7, 6, std::nullopt});
}

TEST_CASE("Held-back text: the first token is stamped where text comes, with all tokens so far",
          "[sse]") {
  const std::vector<std::string> pieces{chunk("", "null", usage(7, 1)),
                                        chunk("", "null", usage(7, 2)),
                                        chunk("abc", "null", usage(7, 3)),
                                        chunk("", "null", usage(7, 3)),
                                        chunk("", "null", usage(7, 4)),
                                        chunk("d", "\"length\"", usage(7, 5)),
                                        kDone};
  const RequestRecord record = read(pieces, false);
  REQUIRE(times(record) == std::vector<std::int64_t>{30, 50, 60});
  REQUIRE(tokens(record) == std::vector<std::uint32_t>{3, 4, 5});
  REQUIRE(record.stream.counts_known);
}

TEST_CASE("An answer whose tokens have no text has one event, its finish", "[sse]") {
  const RequestRecord counted =
      read(std::vector{chunk("", "\"stop\"", usage(7, 1)), usage_chunk(7, 1), kDone}, false);
  REQUIRE(describe(counted.outcome) == "completed stop");
  REQUIRE(times(counted) == std::vector<std::int64_t>{10});
  REQUIRE(tokens(counted) == std::vector<std::uint32_t>{1});
  REQUIRE(counted.stream.counts_known);
  const RequestRecord late =
      read(std::vector{chunk("", "\"stop\""), usage_chunk(7, 1), kDone}, false);
  REQUIRE(describe(late.outcome) == "completed stop");
  REQUIRE(times(late) == std::vector<std::int64_t>{10});
  REQUIRE_FALSE(late.stream.counts_known);
}

TEST_CASE("Usage only at the end leaves the counts unknown", "[sse]") {
  // llama-server: usage on the last chunk, which has a choice.
  const RequestRecord record =
      read(std::vector{chunk("a"), chunk("b"), chunk("", "\"stop\"", usage(3, 9)), kDone}, false);
  REQUIRE_FALSE(record.stream.counts_known);
  REQUIRE(times(record) == std::vector<std::int64_t>{10, 20});
  REQUIRE(tokens(record) == std::vector<std::uint32_t>{0, 0});
  REQUIRE(record.usage->completion_tokens == 9);
}

TEST_CASE("Zeros or falling counts are not believed", "[sse]") {
  // Ollama: zeros on every chunk, the true figure last.
  const RequestRecord zeros =
      read(std::vector{chunk("a", "null", usage(0, 0)), chunk("b", "\"stop\"", usage(0, 0)),
                       usage_chunk(5, 2), kDone},
           false);
  REQUIRE_FALSE(zeros.stream.counts_known);
  REQUIRE(zeros.usage == Usage{5, 2, std::nullopt});
  REQUIRE(tokens(zeros) == std::vector<std::uint32_t>{0, 0});
  const RequestRecord falling =
      read(std::vector{chunk("a", "null", usage(5, 3)), chunk("b", "\"stop\"", usage(5, 2)), kDone},
           false);
  REQUIRE_FALSE(falling.stream.counts_known);
  const RequestRecord never = read(std::vector{chunk("a", "\"stop\"", usage(0, 0)), kDone}, false);
  REQUIRE_FALSE(never.usage.has_value());
  REQUIRE(succeeded(never.outcome));
}

TEST_CASE("The last usage that is no null wins", "[sse]") {
  const RequestRecord record = read(
      std::vector{chunk("a", "null", usage(5, 1)), chunk("b", "\"stop\"", "null"), kDone}, false);
  REQUIRE(record.usage == Usage{5, 1, std::nullopt});
}

TEST_CASE("Token events of one read are marked over events without tokens", "[sse]") {
  // Role and first token in one read; then a token and, in the same read, an empty one between.
  const RequestRecord record =
      read(std::vector{chunk("") + chunk("a"), chunk("b") + chunk("") + chunk("c"), chunk(""),
                       chunk("d", "\"stop\""), kDone},
           false);
  std::vector<bool> with;
  for (const TokenEvent& event : record.stream.events) with.push_back(event.with_previous);
  REQUIRE(with == std::vector<bool>{false, false, true, false});
}

TEST_CASE("Reasoning and tool calls are tokens; tool-call arguments are the answer", "[sse]") {
  const auto delta = [](const std::string& fields, const std::string& finish = "null") {
    return data(R"({"choices":[{"index":0,"delta":{)" + fields + R"(},"finish_reason":)" + finish +
                "}]}");
  };
  const RequestRecord record = read(
      std::vector{
          delta(R"("role":"assistant","content":null)"),
          delta(R"("reasoning":"hm","reasoning_content":"hm")"),
          delta(R"("reasoning_content":"so")"), delta(R"("content":"Yes. ")"),
          delta(
              R"("tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"run","arguments":""}}])"),
          delta(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}])"),
          delta("", "\"tool_calls\""), kDone},
      true);
  REQUIRE(describe(record.outcome) == "completed tool_calls");
  REQUIRE(record.text == "Yes. {\"a\":1}");
  REQUIRE(times(record) == std::vector<std::int64_t>{20, 30, 40, 50, 60});
}

TEST_CASE("Non-ASCII text survives, cut anywhere between two reads", "[sse]") {
  const std::string body =
      chunk("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80 \\ud83d\\ude00 \\u00e4 \\\"q\\\" \\n",
            "\"stop\"") +
      kDone;
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    const RequestRecord record = read(std::vector{body.substr(0, cut), body.substr(cut)}, false);
    REQUIRE(record.text ==
            "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80 \xF0\x9F\x98\x80 \xC3\xA4 \"q\" \n");
    REQUIRE(succeeded(record.outcome));
    REQUIRE_FALSE(record.invalid_utf8);
  }
}

TEST_CASE("Invalid UTF-8 and lone surrogates are repaired and flagged", "[sse]") {
  const RequestRecord bytes = read_completion(chunk("a\xFF\xC3", "\"stop\"") + kDone);
  REQUIRE(bytes.text == "a\xEF\xBF\xBD\xEF\xBF\xBD");
  REQUIRE(bytes.invalid_utf8);
  REQUIRE(succeeded(bytes.outcome));
  const RequestRecord surrogate =
      read_completion(chunk("a\\ud83d") + chunk("b", "\"stop\"") + kDone);
  REQUIRE(surrogate.text ==
          "a\xEF\xBF\xBD"
          "b");
  REQUIRE(surrogate.invalid_utf8);
}

TEST_CASE("Reading a response twice gives the same record", "[sse]") {
  const std::vector<std::string> pieces{chunk("a", "null", usage(7, 1)),
                                        chunk("b", "\"stop\"", usage(7, 2)), kDone};
  const RawStream stream = collect(pieces);
  RequestRecord record;
  build_record(stream, false, record);
  build_record(stream, false, record);
  REQUIRE(record.text == "ab");
  REQUIRE(record.chunks == 2);
  REQUIRE(record.stream.events.size() == 2);
}
