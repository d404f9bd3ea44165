#include "quality/score.hpp"

#include "catch.hpp"
#include "quality/parallel.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

Suite two_items() {
  Suite suite;
  for (const char* id : {"a", "b"}) {
    SuiteItem item;
    item.id = id;
    item.cluster = "c";
    item.category = "k";
    item.language = "python";
    item.prompt = "l1\nl2\ndef f(x):\n";
    item.reference = "    return x\n";
    suite.items.push_back(item);
  }
  suite.items[1].reference.clear();
  return suite;
}

RequestRecord answer(const std::string& prompt, Arm arm, const std::string& text,
                     std::uint32_t repeat = 0) {
  RequestRecord record;
  record.prompt_id = prompt;
  record.arm = arm;
  record.text = text;
  record.planned.repeat = repeat;
  record.outcome = Completed{"stop"};
  record.usage = Usage{10, 5, {}};
  return record;
}

}  // namespace

TEST_CASE("Records become scores by item, arm and repeat, each with what the report needs",
          "[quality]") {
  const std::vector<RequestRecord> records{
      answer("b", Arm::candidate, "x"),
      answer("a", Arm::candidate, "    return x\n\nprint(1)\n", 1),
      answer("a", Arm::candidate, "    return y\n"), answer("a", Arm::baseline, "    return x\n"),
      answer("stranger", Arm::baseline, "x")};
  const std::vector<ItemScore> scores = score(two_items(), records, 2);
  REQUIRE(scores.size() == 4);
  REQUIRE(scores[0].arm == Arm::baseline);
  REQUIRE(scores[0].scores.at("em_strict") == 1);
  REQUIRE(scores[0].scores.at("edit_similarity") == 1);
  REQUIRE(scores[0].scores.at("degenerate_rate") == 0);
  REQUIRE(scores[0].output_tokens == 5);
  REQUIRE(scores[0].context == "l1\nl2\ndef f(x):\n");
  REQUIRE(scores[1].repeat == 0);
  REQUIRE(scores[1].scores.at("em_ws") == 0);
  REQUIRE(scores[1].scores.at("identifier_f1") == 0);
  REQUIRE(scores[2].repeat == 1);
  REQUIRE(scores[2].completion == "    return x\n");
  REQUIRE(scores[2].cut_rule == "dedent");
  REQUIRE(scores[2].scores.at("em_strict") == 1);
  // Without a reference nothing is compared.
  REQUIRE(scores[3].item == "b");
  REQUIRE(scores[3].scores == std::map<std::string, double>{{"degenerate_rate", 0}});
}

TEST_CASE("A failed request is an unanswered item; one that was never attempted is none",
          "[quality]") {
  RequestRecord failed = answer("a", Arm::baseline, "half of it");
  failed.outcome = StreamError{"truncated", ""};
  RequestRecord unsent = answer("a", Arm::candidate, "");
  unsent.outcome = NotSent{"interrupted"};
  RequestRecord warm = answer("a", Arm::candidate, "x");
  warm.planned.phase = Phase::warmup;
  const std::vector<ItemScore> scores = score(two_items(), {failed, unsent, warm});
  REQUIRE(scores.size() == 1);
  REQUIRE_FALSE(scores[0].answered);
  REQUIRE(scores[0].scores.empty());
  REQUIRE(score(two_items(), {}).empty());
}

TEST_CASE("The number of threads changes nothing", "[quality]") {
  Suite suite = two_items();
  std::vector<RequestRecord> records;
  for (std::uint32_t r = 0; r < 50; ++r)
    records.push_back(answer("a", Arm::baseline, std::string(r, 'x'), r));
  const auto one = score(suite, records, 1), many = score(suite, records, 4);
  REQUIRE(one.size() == many.size());
  for (std::size_t i = 0; i < one.size(); ++i) REQUIRE(one[i].scores == many[i].scores);
}

TEST_CASE("A parallel loop visits each index once and rethrows what a body threw", "[quality]") {
  std::vector<int> seen(1000, 0);
  parallel_for(seen.size(), 4, [&](std::size_t i) { ++seen[i]; });
  REQUIRE(std::count(seen.begin(), seen.end(), 1) == 1000);
  REQUIRE_THROWS_WITH(parallel_for(10, 3,
                                   [](std::size_t i) {
                                     if (i == 7) throw std::runtime_error("seven");
                                   }),
                      ContainsSubstring("seven"));
  parallel_for(0, 3, [](std::size_t) { throw std::runtime_error("never"); });
}
