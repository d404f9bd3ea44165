#include "load/file_prompts.hpp"

#include <algorithm>
#include <map>

#include "catch.hpp"
#include "core/error.hpp"

using namespace abgate;
using namespace abgate::load;
using namespace std::chrono_literals;

namespace {

std::size_t words(const std::string& text) {
  return 1 + static_cast<std::size_t>(std::count_if(
                 text.begin(), text.end(), [](char c) { return c == ' ' || c == '\n'; }));
}

dataset::Trace small_trace() {
  dataset::Trace trace;
  trace.format = "mooncake";
  trace.block_tokens = 16;
  trace.rows = {{0s, 40, 5, {1, 2, 3}}, {1s, 48, 7, {1, 2, 9}}, {3s, 20, 1, {4, 2}}};
  return trace;
}

PromptSource trace_source() {
  PromptSource source;
  source.kind = PromptSource::Kind::trace;
  return source;
}

}  // namespace

TEST_CASE("Rows of a trace become prompts of their length, in their order, at their time",
          "[load]") {
  dataset::Trace trace = small_trace();
  trace.block_tokens = 0;
  for (auto& row : trace.rows) row.blocks.clear();
  const PromptSet set = make_trace_prompts(trace, trace_source(), Api::completions, 3);
  REQUIRE(set.prompts.size() == 3);
  REQUIRE(set.prompts[1].id == "row-000002");
  REQUIRE(words(set.prompts[0].text) == 40);
  REQUIRE(words(set.prompts[2].text) == 20);
  REQUIRE(set.max_tokens == std::vector<int>{5, 7, 1});
  REQUIRE(set.ignore_eos);
  REQUIRE(set.units[2].at == 3s);
  REQUIRE(set.classes.at(0).in_order);
  REQUIRE(set.prompts[0].text.substr(0, 20) != set.prompts[1].text.substr(0, 20));
}

TEST_CASE("Rows with the same block hashes in front begin with the same text", "[load]") {
  const PromptSet set = make_trace_prompts(small_trace(), trace_source(), Api::completions, 3);
  const std::string& a = set.prompts[0].text;
  const std::string& b = set.prompts[1].text;
  const auto same = static_cast<std::size_t>(
      std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
  REQUIRE(words(a) == 40);
  REQUIRE(words(b) == 48);
  REQUIRE(words(a.substr(0, same)) >= 32);
  REQUIRE(words(a.substr(0, same)) <= 34);
  // Another first block: nothing in front is shared, though the second hash is.
  REQUIRE(set.prompts[2].text.substr(0, 20) != a.substr(0, 20));
}

TEST_CASE("The words of a row follow the calibration", "[load]") {
  const PromptSet set =
      make_trace_prompts(small_trace(), trace_source(), Api::completions, 3, {2.0, 4.0});
  REQUIRE(words(set.prompts[0].text) == 8 + 8 + 2);  // blocks of 8 words; (8 - 4) / 2 at the end
  const PromptSet chat = make_trace_prompts(small_trace(), trace_source(), Api::chat, 3);
  REQUIRE(chat.prompts[0].messages.at(0).first == "user");
}

TEST_CASE("Natural lengths only limit", "[load]") {
  PromptSource source = trace_source();
  source.natural = true;
  REQUIRE_FALSE(make_trace_prompts(small_trace(), source, Api::chat, 3).ignore_eos);
}

TEST_CASE("A window too large for the memory is refused", "[load]") {
  dataset::Trace trace;
  trace.rows.assign(2000, {0s, 1'000'000, 1, {}});
  REQUIRE_THROWS_AS(make_trace_prompts(trace, trace_source(), Api::completions, 1), DataError);
}

TEST_CASE("Conversations give their first turn, or sessions", "[load]") {
  const std::vector<dataset::Conversation> talk{
      {"a", {{"system", "S"}, {"user", "U1"}, {"assistant", "A1"}, {"user", "U2"}}},
      {"b", {{"user", "V1"}}}};
  PromptSource source;
  source.kind = PromptSource::Kind::sharegpt;
  const PromptSet first = make_conversation_prompts(talk, source, Api::chat, 1);
  REQUIRE(first.prompts.size() == 2);
  REQUIRE(first.prompts[0].id == "a");
  REQUIRE(first.prompts[0].messages.size() == 2);
  REQUIRE_FALSE(first.ignore_eos);

  source.sessions = true;
  source.think_time = 4s;
  source.output_tokens.mean = 9;
  const PromptSet sessions = make_conversation_prompts(talk, source, Api::chat, 1);
  REQUIRE(sessions.prompts.size() == 3);
  REQUIRE(sessions.units[0].turns == 2);
  REQUIRE(sessions.prompts[1].id == "a/2");
  REQUIRE(sessions.prompts[1].messages.size() == 4);
  REQUIRE(sessions.classes.at(0).think_time == 4s);
  REQUIRE(sessions.ignore_eos);
  REQUIRE(sessions.max_tokens == std::vector<int>{9, 9, 9});

  source.max_turns = 1;
  REQUIRE(make_conversation_prompts(talk, source, Api::chat, 1).prompts.size() == 2);
  REQUIRE(make_conversation_prompts(talk, source, Api::completions, 1).prompts[0].text == "S\nU1");
}

TEST_CASE("Rows of prompts keep their lengths, exact where they are told", "[load]") {
  const std::vector<dataset::PromptRow> rows{{"1", "p", {}, 12}, {"2", "q", {}, std::nullopt}};
  PromptSource source;
  source.kind = PromptSource::Kind::jsonl;
  const PromptSet set = make_row_prompts(rows, source, Api::completions);
  REQUIRE(set.max_tokens == std::vector<int>{12, 0});
  REQUIRE(set.exact == std::vector<std::uint8_t>{1, 0});
  source.natural = true;
  REQUIRE(make_row_prompts(rows, source, Api::chat).exact == std::vector<std::uint8_t>{0, 0});
  const std::vector<dataset::PromptRow> chat{{"1", "", {{"user", "hi"}}, std::nullopt}};
  REQUIRE_THROWS_WITH(make_row_prompts(chat, source, Api::completions),
                      ContainsSubstring("a `prompt` for the completions API"));
}

TEST_CASE("A sample of a file takes every row with the same chance", "[load]") {
  std::map<int, int> times;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Sample<int> sample(5, seed);
    for (int i = 0; i < 20; ++i) sample.offer(i);
    REQUIRE(sample.offered() == 20);
    for (const int kept : sample.take()) ++times[kept];
  }
  for (int i = 0; i < 20; ++i) REQUIRE(times[i] == Approx(750).margin(5 * 24));
}
