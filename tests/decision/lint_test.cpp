#include "decision/lint.hpp"

#include <algorithm>

#include "catch.hpp"
#include "fixture.hpp"

using namespace abgate;
using namespace abgate::decision;
using namespace abgate::decision::testing;

namespace {

Plan one_block_of_400() {
  Cell cell;
  cell.point = kSimulatedPoint;
  cell.requests.resize(400);
  Plan plan;
  plan.cells.push_back(cell);
  plan.steps.push_back({0, {Arm::baseline, Arm::candidate}, true});
  return plan;
}

Scenario clean() {
  Scenario s = scenario();
  s.candidate.gpu.kind = GpuSource::Kind::nvidia_smi;
  return s;
}

/// All findings of a scenario with one thing changed, as lines.
template <typename Change>
std::vector<std::string> found(Change change) {
  Scenario s = clean();
  change(s);
  std::vector<std::string> lines;
  for (const LintFinding& f : lint(s))
    lines.push_back((f.fatal ? "error " : "warning ") + sentence_of(f));
  return lines;
}

}  // namespace

TEST_CASE("the five criteria are clean", "[lint]") {
  CHECK(found([](Scenario&) {}).empty());
}

TEST_CASE("inverted directions are refused", "[lint]") {
  CHECK(any_contains(found([](Scenario& s) { criterion(s, "ttft").op = Op::gt; }),
                     "error criteria[ttft].op: saw > 1 , want < or <=: lower ttft is better"));
  CHECK(any_contains(found([](Scenario& s) { criterion(s, "speed").op = Op::lt; }),
                     "higher stream_speed is better"));
  CHECK(any_contains(found([](Scenario& s) { criterion(s, "quality").op = Op::lt; }),
                     "higher quality.em_ws is better"));
}

TEST_CASE("units of another metric are refused", "[lint]") {
  CHECK(any_contains(found([](Scenario& s) { criterion(s, "ttft").unit = "ms"; }),
                     "criteria[ttft].unit: saw ms, want s"));
  CHECK(any_contains(found([](Scenario& s) { criterion(s, "memory").unit = "GiB"; }),
                     "saw GiB, want GB"));
  CHECK(any_contains(found([](Scenario& s) { criterion(s, "speed_ratio").unit = "tok/s"; }),
                     "want no unit"));
}

TEST_CASE("unknown metrics, points, methods and statistics are refused", "[lint]") {
  CHECK(any_contains(found([](Scenario& s) { criterion(s, "ttft").metric = "tfft"; }),
                     "error criteria[ttft].metric: saw tfft"));
  CHECK(any_contains(found([](Scenario& s) { criterion(s, "ttft").point = "c99"; }),
                     "saw c99, want one of c8"));
  CHECK(any_contains(found([](Scenario& s) { criterion(s, "ttft").method = "guess"; }),
                     "want exceedance"));
  CHECK(any_contains(found([](Scenario& s) { criterion(s, "ttft").stat = "p42"; }),
                     "want mean, p50, p90, p95, p99 or max"));
  CHECK(any_contains(found([](Scenario& s) { criterion(s, "ttft").op = Op::eq; }),
                     "saw op = on a measured quantity"));
}

TEST_CASE("thresholds that cannot be meant are refused", "[lint]") {
  CHECK(any_contains(found([](Scenario& s) { criterion(s, "quality").value = 0.05; }),
                     "0.95 for a loss below 5 %"));
  CHECK(any_contains(found([](Scenario& s) {
                       Criterion& c = criterion(s, "errors");
                       c.metric = "error_rate";
                       c.op = Op::le;
                       c.value = 0.95;
                     }),
                     "would accept 95 % failures"));
  CHECK(any_contains(found([](Scenario& s) { criterion(s, "speed").alpha = 0.7; }),
                     "criteria[speed].alpha"));
  CHECK(any_contains(found([](Scenario& s) { criterion(s, "speed_ratio").value = 0; }),
                     "a ratio above 0"));
}

TEST_CASE("ids that occur twice are refused", "[lint]") {
  CHECK(any_contains(found([](Scenario& s) { criterion(s, "speed").id = "ttft"; }),
                     "criteria[ttft].id"));
}

TEST_CASE("criteria whose data are never measured are named", "[lint]") {
  CHECK(any_contains(found([](Scenario& s) { s.quality.suite.clear(); }), "a suite under quality"));
  CHECK(any_contains(found([](Scenario& s) { s.candidate.gpu.kind = GpuSource::Kind::none; }),
                     "warning criteria[memory].metric"));
  CHECK(any_contains(found([](Scenario& s) {
                       criterion(s, "ttft").metric = "slo_attainment",
                                    criterion(s, "ttft").op = Op::ge;
                     }),
                     "at least one objective under slo"));
  CHECK(any_contains(found([](Scenario& s) { s.blocks = 3; }), "saw 3 blocks, want at least 5"));
}

TEST_CASE("a scenario without must criteria is warned of", "[lint]") {
  CHECK(any_contains(found([](Scenario& s) { s.criteria.clear(); }),
                     "warning criteria: saw no criterion of level must"));
}

TEST_CASE("a plan that sends fewer requests than min_n is warned of", "[lint]") {
  Scenario s = clean();
  const Plan plan = one_block_of_400();
  const auto of_errors = [&] {
    std::vector<LintFinding> findings = lint(s, &plan);
    std::erase_if(findings, [](const LintFinding& f) { return !f.key.starts_with("criteria[errors]"); });
    return findings;
  };
  REQUIRE(of_errors().size() == 1);
  CHECK_THAT(sentence_of(of_errors().front()),
             ContainsSubstring("saw 1,000, want at most the 400 planned requests"));
  criterion(s, "errors").min_n = 400;
  CHECK(of_errors().empty());
}

TEST_CASE("a criterion that cannot pass with the plan is warned of, with the reason", "[lint]") {
  Scenario s = clean();
  const Plan plan = one_block_of_400();
  const std::vector<LintFinding> findings = lint(s, &plan);
  const auto speed = std::find_if(findings.begin(), findings.end(), [](const LintFinding& f) {
    return f.key.starts_with("criteria[speed]");
  });
  REQUIRE(speed != findings.end());
  CHECK_FALSE(speed->fatal);
  CHECK_THAT(sentence_of(*speed), ContainsSubstring("a criterion that cannot pass with this plan: 1 block "
                                                    "planned, at least 5 are wanted"));
}
