#include <cmath>
#include <string>

#include "../catch.hpp"
#include "core/error.hpp"
#include "quality/prompt_logprobs.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

std::string refusal(LogprobDialect dialect, const std::string& body) {
  try {
    read_logprobs(dialect, "http://a/v1", body);
    return "accepted";
  } catch (const DataError& e) {
    return e.what();
  }
}

bool mentions(const std::string& line, const std::string& part) {
  return line.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("vLLM's prompt_logprobs are read by token id, the position's own token first",
          "[likelihood]") {
  const auto tokens = read_logprobs(LogprobDialect::vllm, "u", R"({"choices":[{"text":" x",
    "prompt_logprobs":[null,
      {"90":{"logprob":-1.5,"rank":3,"decoded_token":" b"},"7":{"logprob":-0.5,"rank":1,"decoded_token":" c"}},
      {"5":{"logprob":-9999.0,"rank":900,"decoded_token":"d"}}]}]})");
  REQUIRE(tokens.size() == 3);
  CHECK(std::isnan(tokens[0].logprob));
  CHECK(tokens[1].id == 90);
  CHECK(tokens[1].text == " b");
  CHECK(tokens[1].logprob == -1.5);
  REQUIRE(tokens[1].top.size() == 2);
  CHECK(tokens[1].top[0].id == 7);
  CHECK(tokens[2].logprob == -9999.0);
}

TEST_CASE("The token ids decide which entry is the position's own, whatever the order",
          "[likelihood]") {
  const auto tokens = read_logprobs(LogprobDialect::vllm, "u", R"({"choices":[{
    "prompt_token_ids":[3,90],
    "prompt_logprobs":[null,{"7":{"logprob":-0.5},"90":{"logprob":-1.5}}]}]})");
  CHECK(tokens[0].id == 3);
  CHECK(tokens[1].id == 90);
  CHECK(tokens[1].logprob == -1.5);
}

TEST_CASE("An echo is cut where the prompt ends", "[likelihood]") {
  const auto tokens = read_logprobs(LogprobDialect::echo, "u", R"({"choices":[{"logprobs":{
    "tokens":["a"," b"," new"],"token_logprobs":[null,-0.25,-1.0],
    "top_logprobs":[null,{" b":-0.25," z":-2.0},{" new":-1.0}]}}],"usage":{"prompt_tokens":2}})");
  REQUIRE(tokens.size() == 2);
  CHECK(tokens[1].text == " b");
  CHECK(tokens[1].top[1].text == " z");
  // Without usage the one generated token is dropped.
  CHECK(read_logprobs(LogprobDialect::echo, "u", R"({"choices":[{"logprobs":{
    "tokens":["a","b","c"],"token_logprobs":[null,-1,-1],"top_logprobs":null}}]})")
            .size() == 2);
}

TEST_CASE("SGLang's pairs and triples are read", "[likelihood]") {
  const auto tokens = read_logprobs(LogprobDialect::sglang, "u", R"({"text":"x","meta_info":{
    "input_token_logprobs":[[null,1,null],[-0.5,2," b"]],
    "input_top_logprobs":[null,[[-0.4,9],[-0.5,2]]]}})");
  REQUIRE(tokens.size() == 2);
  CHECK(tokens[1].id == 2);
  CHECK(tokens[1].top[0].id == 9);
}

TEST_CASE("Answers without usable log-probabilities are one clear line", "[likelihood]") {
  const auto vllm = LogprobDialect::vllm, echo = LogprobDialect::echo, sglang = LogprobDialect::sglang;
  CHECK(mentions(refusal(vllm, "<html>"), "want JSON"));
  CHECK(mentions(refusal(vllm, "[]"), "want an object"));
  CHECK(mentions(refusal(vllm, R"({"error":{"message":"Only no echo is supported"}})"),
                 "Only no echo is supported"));
  CHECK(mentions(refusal(vllm, R"({"choices":[{"prompt_logprobs":null}]})"),
                 "choices[0].prompt_logprobs: saw nothing, want a list"));
  CHECK(mentions(refusal(vllm, R"({"choices":[]})"), "choices"));
  CHECK(mentions(refusal(vllm, R"({"choices":[7]})"), "choices"));
  CHECK(mentions(refusal(vllm, R"({"choices":[{"prompt_logprobs":[null]}]})"), "at least 2 tokens"));
  CHECK(mentions(refusal(vllm, R"({"choices":[{"prompt_logprobs":[null,{"x":{"logprob":-1}}]}]})"),
                 "a token id"));
  CHECK(mentions(refusal(vllm, R"({"choices":[{"prompt_logprobs":[null,{"1":{"logprob":2.5}}]}]})"),
                 "at most 0"));
  CHECK(mentions(refusal(vllm, R"({"choices":[{"prompt_logprobs":[null,null]}]})"), "map"));
  CHECK(mentions(refusal(echo, R"({"choices":[{"logprobs":null}]})"), "want an object"));
  CHECK(mentions(refusal(echo, R"({"choices":[{"logprobs":{"tokens":["a"],"token_logprobs":[]}}]})"),
                 "lists of one length"));
  CHECK(mentions(
      refusal(echo, R"({"choices":[{"logprobs":{"tokens":["a",1,"b"],"token_logprobs":[null,-1,-1]}}]})"),
      "tokens[1]"));
  CHECK(mentions(refusal(sglang, R"({"meta_info":{}})"), "input_token_logprobs"));
  CHECK(mentions(refusal(sglang, R"({"meta_info":{"input_token_logprobs":[[null,1],["x",2]]}})"),
                 "input_token_logprobs[1][0]"));
  for (const auto dialect : kLogprobDialects) {
    const std::string whole =
        R"({"choices":[{"prompt_logprobs":[null,{"1":{"logprob":-1}}],"logprobs":{"tokens":["a","b"],"token_logprobs":[null,-1]}}]})";
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
      INFO(cut);
      CHECK(refusal(dialect, whole.substr(0, cut)) != "accepted");
    }
  }
}

TEST_CASE("A canary that does not repeat is not trusted", "[likelihood]") {
  std::vector<ScoredToken> a(3);
  a[0].text = "a", a[1].text = "b", a[2].text = "c";
  a[1].logprob = -1, a[2].logprob = -2;
  auto b = a;
  CHECK(disagreement(a, b).empty());
  b[2].logprob = -2.03;
  CHECK(disagreement(a, b).empty());
  b[2].logprob = -3;
  CHECK(mentions(disagreement(a, b), "0.5 nat"));
  b[2].text = "d";
  CHECK(mentions(disagreement(a, b), "token 2"));
  b.pop_back();
  CHECK(mentions(disagreement(a, b), "3 tokens, then 2"));
}

TEST_CASE("Tokens are found in their text, in front of it and not at all", "[likelihood]") {
  std::vector<ScoredToken> t(4);
  t[0].text = "<s>", t[1].text = "ab", t[2].text = "c", t[3].text = "d";
  CHECK(token_offsets(t, "abcd") == std::vector<std::size_t>{0, 0, 2, 3});
  t[2].text = "\xEF\xBF\xBD";
  const auto lost = token_offsets(t, "ab\xC3\xA9");
  CHECK(lost[2] == std::string::npos);
  CHECK(lost[3] == std::string::npos);
  t[0].text = "";  // vLLM names no text for the first token
  t[1].text = "b", t[2].text = "c";
  CHECK(token_offsets(t, "abcd") == std::vector<std::size_t>{0, 1, 2, 3});
}

TEST_CASE("A body asks for one token and every prompt position", "[likelihood]") {
  const std::string vllm = logprob_body(LogprobDialect::vllm, "m", "a\"\n", 20);
  CHECK(mentions(vllm, R"("prompt_logprobs":20)"));
  CHECK(mentions(vllm, R"("max_tokens":1)"));
  CHECK(mentions(vllm, R"("prompt":"a\"\n")"));
  CHECK(mentions(logprob_body(LogprobDialect::echo, "m", "a", 5), R"("echo":true)"));
  CHECK(mentions(logprob_body(LogprobDialect::sglang, "m", "a", 5), R"("logprob_start_len":0)"));
}
