// Conversations, prompts and lengths.

#include "dataset/prompts.hpp"

#include "dataset/errors.hpp"
#include "dataset/fixtures.hpp"
#include "dataset/lengths.hpp"
#include "quality/temp_dir.hpp"

using namespace abgate;
using namespace abgate::dataset;

namespace {

std::vector<Conversation> conversations(const std::string& path, ConversationCounts& counts) {
  std::vector<Conversation> out;
  counts = for_each_conversation(path, [&](Conversation conversation) {
    out.push_back(std::move(conversation));
    return true;
  });
  return out;
}

std::vector<PromptRow> prompts(const std::string& path) {
  std::vector<PromptRow> out;
  const std::size_t count = for_each_prompt(path, [&](PromptRow row) {
    out.push_back(std::move(row));
    return true;
  });
  CHECK(count == out.size());
  return out;
}

std::string conversation_complaint(const std::string& text) {
  const TempDir dir;
  const std::string path = dir.write("f", text);
  return complaint(path,
                   [&] { for_each_conversation(path, [](const Conversation&) { return true; }); });
}
std::string prompt_complaint(const std::string& text) {
  const TempDir dir;
  const std::string path = dir.write("f", text);
  return complaint(path, [&] { for_each_prompt(path, [](const PromptRow&) { return true; }); });
}
std::string length_complaint(const std::string& text) {
  const TempDir dir;
  const std::string path = dir.write("f", text);
  return complaint(path, [&] { read_lengths(path); });
}

}  // namespace

TEST_CASE("ShareGPT's array: who never asks is skipped, an answer cut from its question left out",
          "[conversations]") {
  ConversationCounts counts;
  const auto read = conversations(fixture("sharegpt.json"), counts);
  CHECK(counts.read == 4);
  CHECK(counts.skipped == 2);
  REQUIRE(read.size() == 2);
  CHECK(read[0].id == "QWJhYvA_0");
  REQUIRE(read[0].turns.size() == 4);
  CHECK(read[0].turns[0].role == "user");
  CHECK(read[0].turns[0].content == "What does \"]\" close, and {what} opens it?");
  CHECK(read[0].turns[1].role == "assistant");
  CHECK(read[0].turns[2].content == "Thanks, \\ and ü?");
  CHECK(read[1].id == "i6IyJda_1");
  REQUIRE(read[1].turns.size() == 2);
  CHECK(read[1].turns[0].content == "Go on.");
}

TEST_CASE("Conversations as lines with roles, plain and gz", "[conversations]") {
  const TempDir dir;
  ConversationCounts counts;
  const auto read =
      conversations(dir.write_gz("c.gz", slurp(fixture("conversations.jsonl"))), counts);
  CHECK(counts.read == 2);
  CHECK(counts.skipped == 0);
  REQUIRE(read.size() == 2);
  CHECK(read[0].id == "7");
  REQUIRE(read[0].turns.size() == 3);
  CHECK(read[0].turns[0].role == "system");
  CHECK(read[1].id == "2");
}

TEST_CASE("A reader that is told to stop reads no further", "[conversations]") {
  const TempDir dir;
  const std::string path =
      dir.write("f", slurp(fixture("conversations.jsonl")) + "broken beyond the first\n");
  int calls = 0;
  const auto counts = for_each_conversation(path, [&](const Conversation&) { return ++calls < 1; });
  CHECK(calls == 1);
  CHECK(counts.read == 1);
  const std::string rows = dir.write("p", "{\"prompt\":\"a\"}\nbroken\n");
  CHECK(for_each_prompt(rows, [](const PromptRow&) { return false; }) == 1);
}

TEST_CASE("A broken conversation is named by row and field", "[conversations]") {
  const auto turns = [](const std::string& list) { return R"({"conversations":)" + list + "}"; };
  CHECK(conversation_complaint("") == ": saw an empty file, want conversations");
  CHECK(conversation_complaint("[]") == ": saw an empty file, want conversations");
  CHECK(conversation_complaint(R"({"id":"a"})") ==
        ":1: conversations: saw nothing, want a list of turns");
  CHECK(conversation_complaint(turns("7")) == ":1: conversations: saw 7, want a list of objects");
  CHECK(conversation_complaint(turns("[7]")) == ":1: saw 7, want a JSON object");
  CHECK(conversation_complaint("[" + turns(R"([{"from":"human","value":"a"}])") + "," +
                               turns(R"([{"from":"alien","value":"a"}])") + "]") ==
        ":2: from: saw alien, want human, gpt or system");
  CHECK(conversation_complaint(turns(R"([{"role":"tool","content":"a"}])")) ==
        ":1: role: saw tool, want user, assistant or system");
  CHECK(conversation_complaint(turns(R"([{"from":"human"}])")) ==
        ":1: value: saw nothing, want a string");
  CHECK(conversation_complaint(turns(R"([{"from":"human","value":null}])")) ==
        ":1: value: saw null, want a string");
  CHECK(conversation_complaint(turns(R"([{"value":"a"}])")) ==
        ":1: role: saw nothing, want a string");
  CHECK(conversation_complaint(turns(std::string(100'000, '['))) ==
        ":1:81: saw JSON nested deeper than 64 levels at byte 81, want one JSON object per line");
  CHECK(conversation_complaint(turns("[{\"from\":\"human\",\"value\":\"\xFF\"}]")) ==
        ":1:44: saw invalid UTF-8 at byte 44, want one JSON object per line");
  CHECK(conversation_complaint(turns(R"([{"from":"human","value":"a\u0000"}])")) ==
        ":1: value: saw a NUL character, want text without it");
}

TEST_CASE("Prompts as text or messages, lengths under three names", "[prompts]") {
  const auto rows = prompts(fixture("prompts.jsonl"));
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].id == "a");
  CHECK(rows[0].prompt == "def add(a, b):");
  CHECK(rows[0].messages.empty());
  CHECK(rows[0].output_tokens == 64);
  CHECK(rows[1].prompt.empty());
  REQUIRE(rows[1].messages.size() == 2);
  CHECK(rows[1].messages[0].role == "system");
  CHECK(rows[1].messages[1].content == "Sort a list.");
  CHECK(rows[1].output_tokens == 128);
  CHECK(rows[2].id == "3");
  CHECK(rows[2].output_tokens == 1);
  CHECK_FALSE(rows[3].output_tokens.has_value());
}

TEST_CASE("A broken prompt is named by row and field", "[prompts]") {
  const std::string tokens = ", want a whole number from 1 to 10000000";
  CHECK(prompt_complaint("") == ": saw an empty file, want rows with prompt or messages");
  CHECK(prompt_complaint(R"({"text":"a"})") == ":1: prompt: saw nothing, want prompt or messages");
  CHECK(prompt_complaint(R"({"prompt":""})") == ":1: prompt: saw an empty string, want text");
  CHECK(prompt_complaint(R"({"prompt":[1,2]})") == ":1: prompt: saw [1,2], want a string");
  CHECK(prompt_complaint(R"({"prompt":"a","messages":[]})") ==
        ":1: messages: saw prompt and messages, want one of them");
  CHECK(prompt_complaint(R"({"messages":[{"role":"oracle","content":"a"}]})") ==
        ":1: messages: saw the role oracle, want user, assistant or system");
  CHECK(prompt_complaint(R"({"prompt":"a","output_tokens":0})") ==
        ":1: output_tokens: saw 0" + tokens);
  CHECK(prompt_complaint(R"({"prompt":"a","output_len":"9"})") ==
        ":1: output_len: saw \"9\"" + tokens);
  CHECK(prompt_complaint(R"({"prompt":"a","max_tokens":10000001})") ==
        ":1: max_tokens: saw 10000001" + tokens);
  CHECK(prompt_complaint("{\"id\":\"x\",\"prompt\":\"a\"}\n\n{\"id\":\"x\",\"prompt\":\"b\"}") ==
        ":3: id: saw x, as in row 1, want an id that is used once");
  CHECK(prompt_complaint("{\"prompt\":\"a\"}\n{\"prompt\":\"b") ==
        ":2:13: saw broken JSON at byte 13, want one JSON object per line");
}

TEST_CASE("Lengths, one a line", "[lengths]") {
  CHECK(read_lengths(fixture("lengths.txt")) == std::vector<int>{13, 90, 13});
  const std::string wanted = ", want a whole number of tokens from 1 to 10000000";
  CHECK(length_complaint("") == ": saw an empty file, want one length a line");
  CHECK(length_complaint("\n \n") == ": saw an empty file, want one length a line");
  CHECK(length_complaint("5\n0\n") == ":2:1: saw 0" + wanted);
  CHECK(length_complaint("tokens\n5\n") == ":1:1: saw tokens" + wanted);
  CHECK(length_complaint("5\n-5\n") == ":2:1: saw -5" + wanted);
  CHECK(length_complaint("5 6\n") == ":1:1: saw 5 6" + wanted);
  CHECK(length_complaint("2.5\n") == ":1:1: saw 2.5" + wanted);
  CHECK(length_complaint("10000001\n") == ":1:1: saw 10000001" + wanted);
  CHECK(length_complaint("\xFF\n") == ":1:1: saw invalid UTF-8" + wanted);
}
