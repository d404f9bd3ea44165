#include <filesystem>
#include <fstream>
#include <sstream>

#include "../catch.hpp"
#include "../quality/temp_dir.hpp"
#include "cli/grader_check.hpp"
#include "cli/plugin_pass.hpp"
#include "cli/score_answers.hpp"
#include "core/error.hpp"
#include "quality/sandbox.hpp"

using namespace abgate;
using namespace abgate::cli;

namespace {

SuiteItem python_item(const std::string& id, const std::string& reference) {
  SuiteItem item;
  item.id = item.cluster = id;
  item.language = "python";
  item.category = "x";
  item.prompt = "def f(a):\n";
  item.reference = reference;
  item.tests = "def check(candidate):\n    assert candidate(1) == 2";
  item.entry_point = "f";
  return item;
}

/// A session whose plan asks these items in its quality pass.
Session session_of(const std::vector<SuiteItem>& items) {
  Session s;
  s.quality = Suite{};
  s.quality->name = "tried";
  s.quality->path = "tried.jsonl";
  s.quality->items = items;
  s.plan.cells.emplace_back();
  s.plan.cells[0].kind = CellKind::quality;
  for (std::size_t i = 0; i < items.size(); ++i) {
    s.plan.prompts.emplace_back();
    s.plan.prompts[i].id = items[i].id;
    s.plan.cells[0].requests.emplace_back();
    s.plan.cells[0].requests[i].item = static_cast<std::uint32_t>(i);
  }
  return s;
}

bool sandboxed() {
  std::string why;
  const bool works = quality::make_best_sandbox(why) != nullptr;
  if (!works) WARN("skipped: " << why);
  return works;
}

std::string refusal(const Session& session, const std::string& cache) {
  try {
    return check_grader(session, cache, [](const std::string&) {}, {}).line;
  } catch (const Error& e) {
    CHECK(e.code() == ExitCode::void_run);
    return e.what();
  }
}

}  // namespace

TEST_CASE("The tests of a suite must pass its references and fail its stubs before a run",
          "[grader]") {
  if (!sandboxed()) return;
  const TempDir dir;
  const std::string cache = dir.at("verdicts.jsonl");
  const auto good = python_item("good", "    return a + 1\n");
  CHECK_THAT(refusal(session_of({good}), cache),
             ContainsSubstring("1 of 1 references pass, 1 of 1 stubs fail"));
  CHECK(std::filesystem::file_size(cache) > 0);

  const auto wrong = python_item("wrong", "    return a - 1\n");
  const std::string line = refusal(session_of({good, wrong}), cache);
  CHECK_THAT(line, ContainsSubstring("VOID"));
  CHECK_THAT(line, ContainsSubstring("wrong: the reference does not pass: assert_fail"));
  CHECK_THAT(line, ContainsSubstring("nothing was sent"));
  CHECK(line.find('\n') == std::string::npos);

  auto lax = python_item("lax", "    return a + 1\n");
  lax.tests = "def check(candidate):\n    pass";
  CHECK_THAT(refusal(session_of({lax}), ""), ContainsSubstring("lax: the stub does not fail"));

  // Only what the plan sends is tried, and nothing where no item has tests.
  Session partly = session_of({good, wrong});
  partly.plan.cells[0].requests.pop_back();
  CHECK_THAT(refusal(partly, cache), ContainsSubstring("1 of 1 references pass"));
  auto plain = good;
  plain.tests.clear();
  CHECK(refusal(session_of({plain}), cache).empty());
  CHECK(refusal(Session{}, cache).empty());
}

TEST_CASE("Criteria that the suite has nothing for are warned of", "[grader]") {
  auto item = python_item("a", "    return a\n");
  item.tests.clear();
  item.language = "cobol";
  Session session = session_of({item});
  session.scenario.criteria.resize(2);
  session.scenario.criteria[0].id = "p";
  session.scenario.criteria[0].metric = "quality.pass1";
  session.scenario.criteria[1].id = "s";
  session.scenario.criteria[1].metric = "quality.syntax_valid";
  const auto warnings = suite_warnings(session);
  REQUIRE(warnings.size() == 2);
  CHECK_THAT(warnings[0], ContainsSubstring("criteria[p].metric"));
  CHECK_THAT(warnings[0], ContainsSubstring("want an item with tests"));
  CHECK_THAT(warnings[1], ContainsSubstring("parser"));
  session.quality->items[0].tests = "x";
  session.quality->items[0].language = "bash";
  CHECK(suite_warnings(session).empty());
}

TEST_CASE("Answers are executed and parsed wherever that can be done, and the rest is said",
          "[grader]") {
  if (!sandboxed()) return;
  Suite suite;
  suite.items = {python_item("py", "    return a + 1\n"), python_item("rs", "1")};
  suite.items[1].language = "java";
  suite.items[1].tests = "fn main() {}";
  std::vector<ItemScore> scores;
  for (std::uint32_t repeat = 0; repeat < 2; ++repeat) {
    for (const SuiteItem& item : suite.items) {
      ItemScore s;
      s.item = item.id;
      s.repeat = repeat;
      s.answered = true;
      s.completion = repeat == 0 ? item.reference : "    return (\n";
      scores.push_back(s);
    }
  }
  QualityConfig config;
  config.repeats = 2;
  const TempDir dir;
  const auto notes = add_executed(scores, suite, config, verdict_files(dir.path()));
  std::string all;
  for (const auto& note : notes) all += note + "\n";
  CAPTURE(all);
  CHECK(scores[0].scores.at("pass1") == 1);
  CHECK(scores[2].scores.at("pass1") == 0);
  CHECK(scores[0].scores.at("pass_at_k") == 1);
  CHECK(scores[2].scores.at("syntax_valid") == 0);
  CHECK(scores[1].scores.empty());
  CHECK_THAT(all, ContainsSubstring("pass1: the answers to 1 item were executed"));
  CHECK_THAT(all, ContainsSubstring("pass1: not measured for 1 item: java is not executed"));
  CHECK_THAT(all, ContainsSubstring("syntax_valid: not measured for 2 answers: no parser for java"));
  CHECK(std::filesystem::exists(dir.at("executions.cache")));
  CHECK(std::filesystem::exists(dir.at("syntax.cache")));
}

TEST_CASE("A scorer is tried before the load and refused in one line", "[plugin]") {
  const TempDir dir;
  Session session = session_of({python_item("a", "    return a\n")});
  session.scenario.path = dir.at("s.yaml");
  session.scenario.quality.scorer.command = {"./none.sh"};
  const Note quiet = [](const std::string&) {};
  try {
    check_scorer(session, quiet, {});
    FAIL("accepted");
  } catch (const Error& e) {
    CHECK(e.code() == ExitCode::bad_scenario);
    CHECK_THAT(e.what(), ContainsSubstring("./none.sh: no such program; nothing was sent"));
  }
  session.scenario.quality.scorer.command.clear();
  CHECK_NOTHROW(check_scorer(session, quiet, {}));
}

TEST_CASE("Stored scores that are damaged are one clear line", "[plugin]") {
  const TempDir dir;
  store::StoredRun run;
  run.path = dir.path();
  run.cells.push_back(
      {dir.at("raw/quality/000-baseline.jsonl.gz"), "quality/000-baseline", Arm::baseline, false});
  ScorerConfig config;
  config.command = {"x"};
  std::vector<ItemScore> scores(1);
  scores[0].item = "a";
  scores[0].answered = true;
  auto notes = add_plugin_scores(run, config, scores);
  REQUIRE(notes.size() == 1);
  CHECK_THAT(notes[0], ContainsSubstring("plugin: not measured (baseline): the scorer was not run"));

  const std::string header =
      R"({"plugin_scores":1,"metric":"m","higher_is_better":true,"error":"","scores":1})";
  dir.write("scores/plugin.jsonl",
            header + "\n" + R"({"id":"a","arm":"baseline","repeat":0,"score":0.5})" + "\n");
  CHECK(add_plugin_scores(run, config, scores).empty());
  CHECK(scores[0].scores.at("plugin") == 0.5);
  // A recording of one arm counts as the side that is asked of it.
  run.cells[0].arm = scores[0].arm = Arm::candidate;
  scores[0].scores.clear();
  CHECK(add_plugin_scores(run, config, scores).empty());
  CHECK(scores[0].scores.at("plugin") == 0.5);

  dir.write("scores/plugin.jsonl", header + "\n{\"id\":\"a\"}\n");
  CHECK_THROWS_WITH(add_plugin_scores(run, config, scores), ContainsSubstring("plugin.jsonl:2"));
  dir.write("scores/plugin.jsonl", header + "\n");
  CHECK_THROWS_WITH(add_plugin_scores(run, config, scores), ContainsSubstring("want 1, as the first"));
}
