// What must hold for every run: order, labels and threads change nothing; losing data never helps.
#include <algorithm>

#include "catch.hpp"
#include "fixture.hpp"

using namespace abgate;
using namespace abgate::decision;
using namespace abgate::decision::testing;

namespace {

/// Worst first, so that "never improves" is ">=".
int rank(Result r) {
  return r == Result::pass ? 2 : r == Result::inconclusive ? 1 : 0;
}
int rank(Decision d) {
  return d == Decision::go ? 3 : d == Decision::inconclusive ? 2 : d == Decision::no_go ? 1 : 0;
}

/// Runs around every criterion's threshold, so that a small change can tip a result.
stats::Measurements borderline(std::uint64_t seed) {
  Rng rng(seed);
  World w;
  w.candidate_speed = 50 + 6 * rng.uniform();
  w.candidate_beyond = 0.01 + 0.04 * rng.uniform();
  w.quality_ratio = 0.95 + 0.05 * rng.uniform();
  w.discordance = 0.08;
  w.error_rate = rng.uniform() < 0.3 ? 0.002 : 0;
  Design d;
  d.requests = 60;
  d.items = 300;
  return simulate(w, ScatterModel{}, d, rng);
}

Scenario shrunk() {
  Scenario s = scenario();
  criterion(s, "errors").min_n = 500;
  return s;
}

void check_no_better(const Verdict& before, const Verdict& after, const char* what) {
  CAPTURE(what, before.headline, after.headline);
  CHECK(rank(after.decision) <= rank(before.decision));
  for (std::size_t i = 0; i < before.criteria.size(); ++i) {
    CAPTURE(before.criteria[i].criterion.id, before.criteria[i].reason, after.criteria[i].reason);
    CHECK(rank(after.criteria[i].result) <= rank(before.criteria[i].result));
  }
}

std::string text_of(const Verdict& v) {
  std::string out = v.headline + v.scope + v.next_step + v.aa_line + v.criteria_hash;
  for (const CriterionResult& r : v.criteria)
    out += r.reason + r.next_step + r.method + std::string(to_string(r.result));
  for (const std::string& c : v.caveats) out += c;
  for (const Explanation& e : v.explanations) out += e.evidence;
  return out;
}

constexpr std::uint64_t kRuns = 25;

}  // namespace

TEST_CASE("one more failed request never improves a verdict", "[property]") {
  const Scenario s = shrunk();
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    const stats::Measurements m = borderline(seed);
    const Verdict before = judge(s, m, {});
    stats::Measurements appended = m;
    for (stats::BlockArm& b : appended.blocks) {
      if (b.arm != Arm::candidate) continue;
      b.requests.emplace_back().index = static_cast<std::uint32_t>(b.requests.size() - 1);
      ++b.attempted;
      ++b.failed;
      break;
    }
    check_no_better(before, judge(s, appended, {}), "appended");
    stats::Measurements turned = m;
    fail_requests(turned, 1);
    const Verdict after = judge(s, turned, {});
    CHECK(rank(after.decision) <= rank(before.decision));
    CHECK(result(after, "errors").result == Result::fail);
    CHECK(rank(result(after, "ttft").result) <= rank(result(before, "ttft").result));
  }
}

TEST_CASE("a mean does not pass because slow requests failed", "[property]") {
  Scenario s = scenario();
  s.criteria = {criterion(s, "speed")};
  stats::Measurements m = healthy_run();
  for (stats::BlockArm& b : m.blocks) {
    if (b.arm != Arm::candidate) continue;
    for (std::size_t i = 0; i < b.requests.size(); ++i)
      b.requests[i].tpot = i < 60 ? 1 / 30.0 : 1 / 60.0;
  }
  const Result with_slow = judge(s, m, {}).criteria[0].result;
  CHECK(with_slow != Result::pass);
  for (stats::BlockArm& b : m.blocks) {
    if (b.arm != Arm::candidate) continue;
    for (std::size_t i = 0; i < 58; ++i) {  // all but two of the slow ones fail
      b.requests[i] = {};
      ++b.failed;
    }
  }
  const Verdict v = judge(s, m, {});
  CHECK(v.criteria[0].result != Result::pass);
  CHECK(v.criteria[0].code == "failed_requests");
}

TEST_CASE("a missing value never improves a verdict", "[property]") {
  const Scenario s = shrunk();
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    const stats::Measurements m = borderline(seed);
    const Verdict before = judge(s, m, {});
    stats::Measurements lost = m;
    lost.quality[seed % lost.quality.size()].dropped = true;
    check_no_better(before, judge(s, lost, {}), "a pair not answered");
    lost = m;
    lost.quality[seed % lost.quality.size()].candidate.clear();
    check_no_better(before, judge(s, lost, {}), "a score missing");
    lost = m;
    lost.missing_cells = {"c8/006-candidate"};
    check_no_better(before, judge(s, lost, {}), "a cell missing");
    lost = m;
    lost.blocks.push_back(lost.blocks[seed % 12]);
    lost.blocks.back().block = 6;
    lost.blocks.back().requests.clear();
    lost.blocks.back().attempted = lost.blocks.back().failed = 0;
    check_no_better(before, judge(s, lost, {}), "an empty block");
    lost = m;
    lost.memory[1].used_peak_gb.reset();
    check_no_better(before, judge(s, lost, {}), "memory unknown");
  }
}

TEST_CASE("a lost pair counts as lost even where the candidate was wrong", "[property]") {
  Scenario s = scenario();
  s.criteria = {criterion(s, "quality")};
  stats::Measurements m = healthy_run();
  set_outcomes(m, 411, 22, 32, 35);
  REQUIRE(judge(s, m, {}).criteria[0].result == Result::inconclusive);
  m.quality[411 + 22].dropped = true;  // baseline right, candidate wrong
  m.quality[411 + 23].dropped = true;
  CHECK(judge(s, m, {}).criteria[0].result == Result::inconclusive);
}

TEST_CASE("more lost pairs than allowed leave quality undecided", "[property]") {
  stats::Measurements m = healthy_run();
  for (std::size_t i = 0; i < 3; ++i) m.quality[i].dropped = true;  // 0.6 %
  const CriterionResult r = result(judge(scenario(), m, {}), "quality");
  CHECK(r.result == Result::inconclusive);
  CHECK_THAT(r.reason, ContainsSubstring("3 of 500 pairs lost"));
}

TEST_CASE("the order of blocks, items and facts changes nothing", "[property]") {
  const Scenario s = shrunk();
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const stats::Measurements m = borderline(seed);
    stats::Measurements other = m;
    std::reverse(other.blocks.begin(), other.blocks.end());
    std::reverse(other.quality.begin(), other.quality.end());
    std::reverse(other.facts.begin(), other.facts.end());
    const Verdict a = judge(s, m, {}), b = judge(s, other, {});
    CHECK(a.decision == b.decision);
    for (std::size_t i = 0; i < a.criteria.size(); ++i) {
      CHECK(a.criteria[i].result == b.criteria[i].result);
      CHECK(a.criteria[i].reason == b.criteria[i].reason);
    }
  }
}

TEST_CASE("swapping the arms inverts the ratio and its bounds", "[property]") {
  Scenario s = scenario();
  s.criteria = {criterion(s, "speed_ratio")};
  s.criteria[0].value = 1;
  s.criteria[0].op = Op::ge;
  const stats::Measurements m = healthy_run();
  stats::Measurements swapped = m;
  for (stats::BlockArm& b : swapped.blocks) {
    if (b.kind == CellKind::load) b.arm = b.arm == Arm::baseline ? Arm::candidate : Arm::baseline;
  }
  const CriterionResult a = judge(s, m, {}).criteria[0], b = judge(s, swapped, {}).criteria[0];
  CHECK(*a.measured == Approx(1 / *b.measured).epsilon(1e-12));
  CHECK(*a.bound == Approx(1 / *b.other_bound).epsilon(1e-12));
  CHECK(a.result == Result::pass);
  CHECK(b.result == Result::fail);
}

TEST_CASE("equal input gives equal words", "[property]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CHECK(text_of(judge(shrunk(), borderline(seed), {})) ==
          text_of(judge(shrunk(), borderline(seed), {})));
  }
}

TEST_CASE("absurd numbers are survived", "[property]") {
  const double nan = stats::kUndefined, inf = std::numeric_limits<double>::infinity();
  for (const double bad : {nan, inf, -inf, 0.0, -1.0, 1e308}) {
    stats::Measurements m = healthy_run();
    for (stats::BlockArm& b : m.blocks) {
      for (stats::RequestMetrics& r : b.requests) r.tpot = r.ttft = bad;
      b.throughput = b.wall_seconds = bad;
    }
    m.memory[1].used_peak_gb = bad;
    for (stats::QualityPair& p : m.quality) p.candidate[kSimulatedScore] = bad;
    const Verdict v = judge(scenario(), m, {});
    CAPTURE(bad, v.headline);
    CHECK(v.decision != Decision::go);
  }
}
