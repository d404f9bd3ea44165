// Files of answers, pass@k from repeats, and the verdicts of parsers that are kept.

#include <filesystem>

#include "catch.hpp"
#include "core/error.hpp"
#include "quality/answers_file.hpp"
#include "quality/execute.hpp"
#include "quality/syntax.hpp"
#include "temp_dir.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

Suite suite_ab() {
  Suite suite;
  suite.name = "ab";
  for (const char* id : {"a", "b"}) {
    SuiteItem item;
    item.id = id;
    suite.items.push_back(item);
  }
  return suite;
}

std::string refusal(const TempDir& dir, const std::string& text) {
  try {
    read_answers(dir.write("answers.jsonl", text), suite_ab());
    return "accepted";
  } catch (const DataError& e) {
    return e.what();
  }
}

ItemScore executed(Arm arm, const std::string& item, std::uint32_t repeat, bool pass) {
  ItemScore s;
  s.arm = arm;
  s.item = item;
  s.repeat = repeat;
  s.answered = true;
  s.scores["pass1"] = pass ? 1 : 0;
  return s;
}

}  // namespace

TEST_CASE("Answers of a file: the lines of one id are its repeats", "[answers]") {
  const TempDir dir;
  const auto answers = read_answers(
      dir.write_gz("a.jsonl.gz", "{\"id\":\"a\",\"completion\":\"1\"}\n{\"task_id\":\"b\","
                                 "\"completion\":\"2\"}\n{\"id\":\"a\",\"completion\":\"\"}\n"),
      suite_ab());
  REQUIRE(answers.size() == 3);
  CHECK(answers[2].prompt_id == "a");
  CHECK(answers[2].planned.repeat == 1);
  CHECK(answers[1].text == "2");
  CHECK(succeeded(answers[0].outcome));
}

TEST_CASE("A broken file of answers is one clear line", "[answers]") {
  const TempDir dir;
  CHECK_THAT(refusal(dir, "{\"id\":\"z\",\"completion\":\"1\"}\n"),
             ContainsSubstring("answers.jsonl:1: id: saw z, want an item of suite ab"));
  CHECK_THAT(refusal(dir, "{\"id\":\"a\"}\n"), ContainsSubstring("completion"));
  CHECK_THAT(refusal(dir, "{\"completion\":\"1\"}\n"), ContainsSubstring("id"));
  CHECK_THAT(refusal(dir, "{\"id\":\"a\",\"completion\":7}\n"), ContainsSubstring("completion"));
  CHECK_THAT(refusal(dir, "not json\n"), ContainsSubstring("answers.jsonl:1"));
  CHECK_THAT(refusal(dir, "{\"id\":\"a\",\"completion\":\"1\",\"repeat\":0}\n{\"id\":\"a\","
                          "\"completion\":\"1\",\"repeat\":0}\n"),
             ContainsSubstring("a second time"));
  CHECK_THAT(refusal(dir, ""), ContainsSubstring("answer"));
}

TEST_CASE("pass@k counts the repeats of one arm", "[answers]") {
  std::vector<ItemScore> scores;
  for (std::uint32_t r = 0; r < 5; ++r) {
    scores.push_back(executed(Arm::baseline, "a", r, r < 2));
    scores.push_back(executed(Arm::candidate, "a", r, false));
  }
  scores.push_back(executed(Arm::baseline, "b", 0, true));
  scores.push_back(executed(Arm::baseline, "c", 0, true));
  scores.back().scores.clear();  // not executed
  CHECK(add_pass_at_k(scores, 3) == 1);
  CHECK(scores[0].scores.at("pass_at_k") == Approx(pass_at_k(5, 2, 3)));
  CHECK(scores[0].scores.at("pass_at_k") == Approx(0.9));  // 1 - C(3,3)/C(5,3)
  CHECK(scores[1].scores.at("pass_at_k") == 0);
  CHECK(scores[10].scores.count("pass_at_k") == 0);
  CHECK(scores[11].scores.empty());
  CHECK(add_pass_at_k(scores, 1) == 0);
  CHECK(scores[0].scores.at("pass_at_k") == Approx(0.4));
}

TEST_CASE("What a parser said is kept, and one text that kills it spoils no other", "[syntax]") {
  std::string why;
  const auto sandbox = make_best_sandbox(why);
  if (!sandbox || find_program("bash").empty()) {
    WARN("skipped: " << why);
    return;
  }
  Suite suite;
  SuiteItem item;
  item.id = "x";
  item.kind = ItemKind::fim;
  item.language = "bash";
  item.reference = "true\n";
  suite.items = {item};
  std::vector<ItemScore> scores(2);
  for (ItemScore& s : scores) s.item = "x", s.answered = true;
  scores[0].completion = "echo $((1))\n";
  scores[1].completion = "if\n";
  const TempDir dir;
  CHECK(add_syntax(scores, suite, *sandbox, 1, dir.at("syntax.cache")).empty());
  CHECK(scores[0].scores.at("syntax_valid") == 1);
  CHECK(scores[1].scores.at("syntax_valid") == 0);

  class Never : public Sandbox {
   public:
    Tier tier() const override { return Tier::none; }
    std::string description() const override { return ""; }
    SandboxResult run(const SandboxJob&) const override { return {}; }
  };
  for (ItemScore& s : scores) s.scores.clear();
  CHECK(add_syntax(scores, suite, Never{}, 1, dir.at("syntax.cache")).empty());
  CHECK(scores[0].scores.at("syntax_valid") == 1);
  CHECK(scores[1].scores.at("syntax_valid") == 0);

  /// Fails whenever a text holds KILL, as a parser that crashes.
  class Fragile : public Sandbox {
   public:
    explicit Fragile(const Sandbox& real) : real_(real) {}
    Tier tier() const override { return real_.tier(); }
    std::string description() const override { return ""; }
    SandboxResult run(const SandboxJob& job) const override {
      for (const auto& [name, text] : job.files) {
        if (text.find("KILL") != std::string::npos && name != "check.sh") return {};
      }
      return real_.run(job);
    }

   private:
    const Sandbox& real_;
  };
  for (ItemScore& s : scores) s.scores.clear();
  scores.push_back(scores[0]);
  scores[2].completion = "KILL\n";
  const auto left = add_syntax(scores, suite, Fragile(*sandbox), 1);
  CHECK(left.size() == 1);
  CHECK(scores[0].scores.at("syntax_valid") == 1);
  CHECK(scores[1].scores.at("syntax_valid") == 0);
  CHECK(scores[2].scores.empty());
}
