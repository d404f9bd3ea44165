// Log-probabilities of an answer in every dialect, and broken.
#include "catch.hpp"
#include "core/rng.hpp"
#include "feed.hpp"

using namespace abgate;
using namespace abgate::sse;

namespace {

RequestRecord read_wanted(const std::string& body, bool chat = false, bool wanted = true) {
  RequestRecord record;
  record.planned.logprobs = wanted;
  build_record(collect(std::vector{body}, {}), chat, record);
  return record;
}

/// A completions chunk with `logprobs` as given.
std::string with(const std::string& logprobs, const std::string& text = "x",
                 const std::string& finish = "null") {
  return data(R"({"choices":[{"index":0,"text":")" + text + R"(","logprobs":)" + logprobs +
              R"(,"finish_reason":)" + finish + "}]}");
}

/// What a whole answer of one such chunk is refused for; empty: it is not.
std::string refusal(const std::string& logprobs) {
  const RequestRecord record = read_wanted(with(logprobs, "x", "\"stop\"") + kDone);
  INFO(logprobs);
  REQUIRE(succeeded(record.outcome));  // the answer itself is sound
  REQUIRE(record.tokens.empty() != record.token_error.empty());
  return record.token_error;
}

const std::string kLists =
    R"({"text_offset":[0,6],"token_logprobs":[-0.5,-0.1],"tokens":[" Paris","."],)"
    R"("top_logprobs":[{" the":-2.1," Paris":-0.5},{".":-0.1,"!":-9999.0}]})";

}  // namespace

TEST_CASE("vLLM, completions: ids for names, several tokens a chunk, an end token without text",
          "[sse][logprobs]") {
  const RequestRecord record = read_wanted(
      with(R"({"text_offset":[0],"token_logprobs":[-0.25],"tokens":["token_id:12"],)"
           R"("top_logprobs":[{"token_id:12":-0.25,"token_id:7":-2.0}]})",
           " Paris") +
      with(R"({"text_offset":[11,22],"token_logprobs":[-0.5,0.0],"tokens":["token_id:13","token_id:14"],)"
           R"("top_logprobs":[{"token_id:9":-0.75,"token_id:13":-0.5},{"token_id:14":0.0}]})",
           "") +
      with(R"({"token_logprobs":[-0.125],"tokens":["token_id:151643"],"top_logprobs":[null]})", "",
           "\"stop\"") +
      usage_chunk(7, 4) + kDone);
  REQUIRE(succeeded(record.outcome));
  REQUIRE(record.token_error.empty());
  REQUIRE(record.tokens.size() == 4);
  REQUIRE(record.tokens[0].id == 12);
  REQUIRE(record.tokens[0].text.empty());
  REQUIRE(record.tokens[0].logprob == -0.25);
  REQUIRE(record.tokens[0].top == std::vector<RankedToken>{{12, "", -0.25}, {7, "", -2.0}});
  REQUIRE(record.tokens[1].top == std::vector<RankedToken>{{13, "", -0.5}, {9, "", -0.75}});
  REQUIRE(record.tokens[2].logprob == 0);
  REQUIRE(record.tokens[3].id == 151643);
  REQUIRE(record.tokens[3].top.empty());
}

TEST_CASE("Completions by text: lists side by side, -9999 and rounding above 0", "[sse][logprobs]") {
  const RequestRecord record = read_wanted(with(kLists, "x", "\"stop\"") + kDone);
  REQUIRE(record.tokens.size() == 2);
  REQUIRE(record.tokens[0].id == -1);
  REQUIRE(record.tokens[0].text == " Paris");
  REQUIRE(record.tokens[0].top ==
          std::vector<RankedToken>{{-1, " Paris", -0.5}, {-1, " the", -2.1}});
  REQUIRE(record.tokens[1].top[1].logprob == -9999);
  const RequestRecord odd = read_wanted(
      with(R"({"tokens":["a","b"],"token_logprobs":[1e-9,-1e300],"top_logprobs":[]})", "x",
           "\"stop\"") +
      kDone);
  REQUIRE(odd.tokens.size() == 2);
  REQUIRE(odd.tokens[0].logprob == 0);
  REQUIRE(odd.tokens[1].logprob == -9999);
  REQUIRE(odd.tokens[0].top.empty());
}

TEST_CASE("Chat: nested content, the chosen token first, bytes of half a character",
          "[sse][logprobs]") {
  const RequestRecord record = read_wanted(
      data(R"({"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null}]})") +
          data(R"({"choices":[{"index":0,"delta":{"content":""},"logprobs":{"content":[)"
               R"({"token":"\ufffd","logprob":-0.5,"bytes":[195],"top_logprobs":[)"
               R"({"token":"\ufffd","logprob":-0.5,"bytes":[195]},)"
               R"({"token":"\ufffd","logprob":-0.25,"bytes":[196]}]}]}}]})") +
          data(R"({"choices":[{"index":0,"delta":{"content":"\u00bc"},"finish_reason":"stop",)"
               R"("logprobs":{"content":[{"token":"\ufffd","logprob":-1,"bytes":[188]}]}}]})") +
          kDone,
      true);
  REQUIRE(record.tokens.size() == 2);
  REQUIRE(record.tokens[0].text == "\xC3");
  REQUIRE(record.tokens[0].top ==
          std::vector<RankedToken>{{-1, "\xC4", -0.25}, {-1, "\xC3", -0.5}});
  REQUIRE(record.tokens[1].text == "\xBC");
  REQUIRE(record.tokens[1].top.empty());
}

TEST_CASE("Chat of vLLM by id: the bytes there are those of the name, not of the token",
          "[sse][logprobs]") {
  const RequestRecord record = read_wanted(
      data(R"({"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop","logprobs":{"content":[)"
           R"({"token":"token_id:9707","logprob":-0.5,"bytes":[116,111],"top_logprobs":[)"
           R"({"token":"token_id:9707","logprob":-0.5,"bytes":[116,111]}]}]}}]})") +
          kDone,
      true);
  REQUIRE(record.tokens.size() == 1);
  REQUIRE(record.tokens[0].id == 9707);
  REQUIRE(record.tokens[0].text.empty());
  REQUIRE(record.tokens[0].top == std::vector<RankedToken>{{9707, "", -0.5}});
}

TEST_CASE("llama-server: chat's shape in completions too, with ids and no entry for the end token",
          "[sse][logprobs]") {
  const RequestRecord record = read_wanted(
      with(R"({"content":[{"id":5,"token":"a","bytes":[97],"logprob":-0.5,)"
           R"("top_logprobs":[{"id":5,"token":"a","bytes":[97],"logprob":-0.5},{"id":6,"token":"b","bytes":null,"logprob":-1}]}]})") +
      with("null", "", "\"stop\"") + usage_chunk(3, 2) + kDone);
  REQUIRE(record.token_error.empty());
  REQUIRE(record.tokens.size() == 1);
  REQUIRE(record.tokens[0].id == 5);
  REQUIRE(record.tokens[0].text == "a");
  REQUIRE(record.tokens[0].top == std::vector<RankedToken>{{5, "a", -0.5}, {6, "b", -1}});
}

TEST_CASE("A whole answer in one piece has them too", "[sse][logprobs]") {
  const RequestRecord record = read_wanted(
      R"({"choices":[{"index":0,"text":" Paris.","logprobs":)" + kLists +
      R"(,"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}})");
  REQUIRE(record.tokens.size() == 2);
  REQUIRE(record.text == " Paris.");
}

TEST_CASE("They are read where they are wanted and come, and change nothing else",
          "[sse][logprobs]") {
  const std::string body = with(kLists, "x", "\"stop\"") + kDone;
  const RequestRecord load = read_wanted(body, false, false);
  REQUIRE(load.tokens.empty());
  REQUIRE(load.token_error.empty());
  const RequestRecord quality = read_wanted(body);
  REQUIRE(quality.text == load.text);
  REQUIRE(quality.stream.events == load.stream.events);
  const RequestRecord without =
      read_wanted(with("null") + with(R"({"content":null})") +
                  with(R"({"tokens":null,"token_logprobs":null})", "x", "\"stop\"") + kDone);
  REQUIRE(succeeded(without.outcome));
  REQUIRE(without.tokens.empty());
  REQUIRE(without.token_error.empty());
  // Another answer's are not this one's.
  const RequestRecord second =
      read_wanted(data(R"({"choices":[{"index":1,"text":"y","logprobs":)" + kLists + "}]}") +
                  with("null", "x", "\"stop\"") + kDone);
  REQUIRE(second.tokens.empty());
}

TEST_CASE("Broken ones cost the log-probabilities, in one line, and never the answer",
          "[sse][logprobs]") {
  REQUIRE(refusal(R"({"tokens":["a","b"],"token_logprobs":[-1]})") ==
          "logprobs: saw 2 tokens, 1 values and 0 lists of rivals, want lists of one length");
  REQUIRE(refusal(R"({"tokens":["a"],"token_logprobs":[-1],"top_logprobs":[{},{}]})") ==
          "logprobs: saw 1 tokens, 1 values and 2 lists of rivals, want lists of one length");
  REQUIRE(refusal(R"({"tokens":["a"],"token_logprobs":[0.5]})") ==
          "logprobs.token_logprobs[0]: saw 0.5, want a number at most 0");
  REQUIRE(refusal(R"({"tokens":["a"],"token_logprobs":["-1"]})") ==
          "logprobs.token_logprobs[0]: saw \"-1\", want a number at most 0");
  REQUIRE(refusal(R"({"tokens":["a"],"token_logprobs":[null]})") ==
          "logprobs.token_logprobs[0]: saw null, want a number at most 0");
  REQUIRE(refusal(R"({"tokens":[7],"token_logprobs":[-1]})") ==
          "logprobs.tokens[0]: saw 7, want text");
  REQUIRE(refusal(R"({"tokens":["a"]})") == "logprobs.token_logprobs: saw nothing, want a list");
  REQUIRE(refusal(R"({"tokens":["a"],"token_logprobs":[-1],"top_logprobs":[{"a":2}]})") ==
          "logprobs.top_logprobs[0]: saw 2, want a number at most 0");
  REQUIRE(refusal(R"({"tokens":["a"],"token_logprobs":[-1],"top_logprobs":[[1]]})") ==
          "logprobs.top_logprobs[0]: saw [1], want a map of tokens");
  REQUIRE(refusal(R"({"tokens":{"a":1}})") == "logprobs.tokens: saw {\"a\":1}, want a list");
  REQUIRE(refusal(R"({"content":[{"token":"a"}]})") ==
          "logprobs.content[0]: saw {\"token\":\"a\"}, want an object with token and logprob");
  REQUIRE(refusal(R"({"content":["a"]})") ==
          "logprobs.content[0]: saw \"a\", want an object with token and logprob");
  REQUIRE(refusal(R"({"content":[{"token":"a","logprob":-1,"top_logprobs":[{"token":"b"}]}]})") ==
          "logprobs.content[0].top_logprobs: saw {\"token\":\"b\"}, want an object with token and "
          "logprob");
  REQUIRE(refusal("{}") == "logprobs: saw {}, want content, or tokens");
  REQUIRE(refusal("[1]") == "logprobs: saw [1], want an object");
  REQUIRE(refusal("true") == "logprobs: saw true, want an object");
  std::string many;
  for (int i = 0; i < 257; ++i) many += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":-9";
  REQUIRE(refusal(R"({"tokens":["a"],"token_logprobs":[-1],"top_logprobs":[{)" + many + "}]}") ==
          "logprobs.top_logprobs[0]: saw 257 rivals, want at most 256");
}

TEST_CASE("NaN and numbers beyond a double are no JSON", "[sse][logprobs]") {
  for (const char* number : {"NaN", "-Infinity", "1e999"}) {
    const RequestRecord record =
        read_wanted(with(std::string(R"({"tokens":["a"],"token_logprobs":[)") + number + "]}") +
                    with("null", "x", "\"stop\"") + kDone);
    REQUIRE_FALSE(succeeded(record.outcome));
    REQUIRE(record.tokens.empty());
  }
}

TEST_CASE("A hole would shift the positions: tokens must be as many as the server counted",
          "[sse][logprobs]") {
  const auto counted = [](int tokens) {
    return read_wanted(with(kLists, "x", "\"stop\"") + usage_chunk(7, tokens) + kDone);
  };
  REQUIRE(counted(2).tokens.size() == 2);
  REQUIRE(counted(3).tokens.size() == 2);  // the end token may be left out
  REQUIRE(counted(4).tokens.empty());
  REQUIRE(counted(4).token_error ==
          "2 tokens with log-probabilities, the server counted 4");
  REQUIRE(counted(1).token_error ==
          "2 tokens with log-probabilities, the server counted 1");
}

TEST_CASE("A name that only looks like an id is text", "[sse][logprobs]") {
  for (const char* name : {"token_id:", "token_id:x", "token_id:-5", "token_id:1 ",
                           "token_id:99999999999999999999", "token_id"}) {
    const RequestRecord record =
        read_wanted(with(std::string(R"({"tokens":[")") + name + R"("],"token_logprobs":[-1]})",
                         "x", "\"stop\"") +
                    kDone);
    REQUIRE(record.tokens.size() == 1);
    REQUIRE(record.tokens[0].id == -1);
    REQUIRE(record.tokens[0].text == name);
  }
}

TEST_CASE("Random changes give every token of the answer or none, never a crash",
          "[sse][logprobs]") {
  Rng rng(44);
  const std::string sample =
      with(kLists) +
      with(R"({"content":[{"id":5,"token":"\ufffd","bytes":[195],"logprob":-0.5,)"
           R"("top_logprobs":[{"token":"token_id:7","logprob":-0.5},{"token":"b","bytes":null,"logprob":-9999.0}]}]})",
           "y", "\"stop\"") +
      kDone;
  for (int round = 0; round < 6000; ++round) {
    std::string body = sample;
    edit_randomly(body, rng, 4, "{}[]\":,-0.e9n");
    const RequestRecord record = read_wanted(body, rng.below(2) == 0);
    REQUIRE((record.tokens.empty() || record.token_error.empty()));
    for (const ScoredToken& token : record.tokens) {
      REQUIRE(token.logprob <= 0);
      REQUIRE(token.logprob >= -9999);
      for (std::size_t i = 0; i < token.top.size(); ++i) {
        REQUIRE(token.top[i].logprob <= 0);
        REQUIRE((i == 0 || token.top[i].logprob <= token.top[i - 1].logprob));
      }
    }
  }
}
