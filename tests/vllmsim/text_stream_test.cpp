#include "vllmsim/text_stream.hpp"

#include "catch.hpp"
#include "vllmsim/generation.hpp"

using namespace abgate::sim;

namespace {

struct Result {
  std::string text;
  std::vector<std::string> chunks;
  std::optional<std::string> stop;
};

Result feed(const std::vector<std::string>& tokens, StopRules rules) {
  TextStream stream(std::move(rules));
  Result result;
  for (std::size_t i = 0; i < tokens.size() && !result.stop; ++i) {
    result.stop = stream.push(tokens[i]);
    result.chunks.push_back(stream.take(result.stop || i + 1 == tokens.size()));
    result.text += result.chunks.back();
  }
  return result;
}

using Chunks = std::vector<std::string>;

}  // namespace

TEST_CASE("without stop strings every token's text comes at once") {
  REQUIRE(feed({"a", " b", "c"}, {}).chunks == Chunks{"a", " b", "c"});
}

TEST_CASE("with a stop string of n characters the text lags n-1 characters behind") {
  REQUIRE(feed({"ab", "cd", "ef"}, {{"XYZ"}}).chunks == Chunks{"", "ab", "cdef"});
}

TEST_CASE("a stop string across tokens cuts the text before it") {
  const Result result = feed({"x = 1", "\n", "\nde", "f g"}, {{"\n\ndef"}});
  REQUIRE(result.text == "x = 1");
  REQUIRE(result.stop == "\n\ndef");
}

TEST_CASE("a stop string may be kept in the output") {
  REQUIRE(feed({"x", "EN", "D!"}, {{"END"}, true}).text == "xEND");
}

TEST_CASE("the first stop string of the list wins, at its first place") {
  const Result result = feed({"aENDbSTOP"}, {{"STOP", "END"}});
  REQUIRE(result.stop == "STOP");
  REQUIRE(result.text == "aENDb");
}

TEST_CASE("stop strings do not count before min_tokens") {
  const Result early = feed({"END", "END", "z"}, {{"END"}, false, 2});
  REQUIRE_FALSE(early.stop);
  REQUIRE(feed({"a", "b", "END", "z"}, {{"END"}, false, 2}).stop == "END");
}

TEST_CASE("bytes of an unfinished code point wait for the rest") {
  const std::string rocket = "🚀";
  REQUIRE(feed({rocket.substr(0, 2), rocket.substr(2), "x"}, {}).chunks == Chunks{"", rocket, "x"});
  REQUIRE(feed({"a" + rocket.substr(0, 2)}, {}).text == "a");  // never finished: never sent
}

TEST_CASE("text held back is cut between code points") {
  const Result result = feed({"añb", "cd"}, {{"WXY"}});
  REQUIRE(result.chunks == Chunks{"a", "ñbcd"});
}

TEST_CASE("whole_code_points finds the last boundary") {
  REQUIRE(whole_code_points("") == 0);
  REQUIRE(whole_code_points("abc") == 3);
  REQUIRE(whole_code_points("ab\xC3") == 2);
  REQUIRE(whole_code_points("ab\xC3\xB1") == 4);
  REQUIRE(whole_code_points("\xF0\x9F\x9A") == 0);
  REQUIRE(whole_code_points("x\xF0\x9F\x9A\x80") == 5);
}

TEST_CASE("an answer ends with the end of sequence, which counts and has no text") {
  const Filler filler;
  GenerationPlan plan;
  plan.answered = true;
  plan.answer = "return 42";
  plan.max_tokens = 100;
  Generation generation(plan, filler);
  std::string text;
  GeneratedToken token;
  while (token.finish == Finish::none) {
    token = generation.next();
    text += token.text;
  }
  REQUIRE(text == "return 42");
  REQUIRE(token.finish == Finish::stop);
  REQUIRE(token.id == kEndOfText);
  REQUIRE(generation.count() == 5);  // "return" " " "4" "2" and the end
}

TEST_CASE("ignore_eos gives exactly max_tokens, min_tokens at least that many") {
  const Filler filler;
  GenerationPlan plan;
  plan.answered = true;
  plan.answer = "x";
  plan.max_tokens = 37;
  plan.ignore_eos = true;
  Generation forced(plan, filler);
  GeneratedToken token;
  while (token.finish == Finish::none) token = forced.next();
  REQUIRE(token.finish == Finish::length);
  REQUIRE(forced.count() == 37);

  plan.ignore_eos = false;
  plan.min_tokens = 20;
  Generation least(plan, filler);
  token = {};
  while (token.finish == Finish::none) token = least.next();
  REQUIRE(token.finish == Finish::stop);
  REQUIRE(least.count() == 21);
}

TEST_CASE("a stop token ends the answer and is named") {
  const Filler filler;
  GenerationPlan plan;
  plan.answered = true;
  plan.answer = "a;b";
  plan.stop_token_ids = {';'};
  Generation generation(plan, filler);
  REQUIRE(generation.next().finish == Finish::none);
  const GeneratedToken token = generation.next();
  REQUIRE(token.finish == Finish::stop);
  REQUIRE(token.stop_token == ';');
}

TEST_CASE("filler has the drawn length and repeats with its seed") {
  const Filler filler;
  GenerationPlan plan;
  plan.natural_length = 55;
  plan.max_tokens = 1000;
  plan.seed = 9;
  std::string first;
  for (int round = 0; round < 2; ++round) {
    Generation generation(plan, filler);
    std::string text;
    GeneratedToken token;
    while (token.finish == Finish::none) {
      token = generation.next();
      text += token.text;
    }
    REQUIRE(generation.count() == 56);
    if (round == 0) first = text;
    REQUIRE(text == first);
  }
}
