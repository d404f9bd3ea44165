// What a probe shows about the objectives, and what brackets say about a ratio.

#include "catch.hpp"
#include "core/rng.hpp"
#include "decision/capacity.hpp"

using namespace abgate;
using namespace abgate::decision;
using namespace std::chrono_literals;

namespace {

/// Requests one after the other; every `slow_each`-th has a TTFT of 2 s, the others of 0.1 s.
stats::BlockArm block(std::size_t requests, std::size_t slow_each, std::uint32_t number = 0) {
  stats::BlockArm b;
  b.point = "c8";
  b.block = number;
  b.window.steady = true;
  for (std::size_t i = 0; i < requests; ++i) {
    stats::RequestMetrics r;
    r.index = static_cast<std::uint32_t>(i);
    r.success = true;
    r.start = static_cast<double>(i) * 0.1;
    r.ttft = slow_each > 0 && i % slow_each == slow_each - 1 ? 2.0 : 0.1;
    r.tpot = 0.02;
    r.e2e = r.ttft + 1;
    b.requests.push_back(r);
  }
  b.attempted = requests;
  b.request_rate = 10;
  return b;
}

Slo objectives() {
  Slo slo;
  slo.ttft = 1s;
  slo.tpot = 50ms;
  return slo;
}

std::vector<stats::BlockArm> blocks(std::size_t n, std::size_t requests, std::size_t slow_each) {
  std::vector<stats::BlockArm> out;
  for (std::size_t i = 0; i < n; ++i)
    out.push_back(block(requests, slow_each, static_cast<std::uint32_t>(i)));
  return out;
}

Bracket bracket(std::optional<double> held, std::optional<double> failed,
                BracketStatus status = BracketStatus::found) {
  Bracket b;
  b.held = held;
  b.failed = failed;
  b.status = status;
  return b;
}

}  // namespace

TEST_CASE("A probe holds with as many flawless requests as the exact test needs", "[decision][capacity]") {
  const ProbeRules rules;
  REQUIRE(rules.looks() == 3);
  REQUIRE(requests_to_hold(0.95, rules) == 80);
  REQUIRE(judge_slo_probe(blocks(2, 40, 0), objectives(), rules).answer == ProbeAnswer::holds);
  const SloProbe few = judge_slo_probe(blocks(2, 39, 0), objectives(), rules);
  REQUIRE(few.answer == ProbeAnswer::undecided);
  REQUIRE_THAT(few.why, ContainsSubstring("78 of 78"));
  REQUIRE(judge_slo_probe(blocks(1, 1000, 0), objectives(), rules).answer == ProbeAnswer::undecided);
}

TEST_CASE("A probe with many misses does not hold and says what was missed", "[decision][capacity]") {
  const SloProbe p = judge_slo_probe(blocks(2, 60, 4), objectives(), ProbeRules{});
  REQUIRE(p.answer == ProbeAnswer::fails);
  REQUIRE(p.missed_most() == "TTFT");
  REQUIRE(p.attainment() == Approx(0.75));
  REQUIRE((*p.met_ttft == Approx(0.75) && *p.met_tpot == 1 && !p.met_e2e));
  REQUIRE(*p.ttft == 2.0);
  REQUIRE((*p.lo < 0.75 && *p.hi > 0.75 && *p.hi < 0.95));
}

TEST_CASE("At the limit itself a probe does not decide", "[decision][capacity]") {
  REQUIRE(judge_slo_probe(blocks(4, 60, 20), objectives(), ProbeRules{}).answer ==
          ProbeAnswer::undecided);
}

TEST_CASE("Failed requests met nothing", "[decision][capacity]") {
  auto all = blocks(2, 60, 0);
  for (auto& b : all) {
    for (std::size_t i = 0; i < b.requests.size(); i += 3) {
      b.requests[i].success = false;
      ++b.failed;
    }
  }
  const SloProbe p = judge_slo_probe(all, objectives(), ProbeRules{});
  REQUIRE(p.answer == ProbeAnswer::fails);
  REQUIRE((p.failed == 40 && p.met == 80));
  REQUIRE(p.missed_most() == "failed requests");
  REQUIRE(!p.ttft);  // the 95th of 100 never came
}

TEST_CASE("Blocks that differ wildly need more of them", "[decision][capacity]") {
  auto all = blocks(2, 400, 0);
  all[1] = block(400, 13, 1);  // 0 and 7.5 % misses: pooled 3.75 %
  REQUIRE(judge_slo_probe(all, objectives(), ProbeRules{}).answer == ProbeAnswer::undecided);
}

TEST_CASE("An open loop is read once the server is under load", "[decision][capacity]") {
  auto b = block(100, 0);
  b.arrival = Arrival::poisson;
  const auto cut = settled(b);  // e2e 1.1 s, a request each 0.1 s
  REQUIRE(cut.requests.size() == 89);
  REQUIRE(cut.attempted == 89);
  for (auto& r : b.requests) r.e2e = 100;
  REQUIRE(settled(b).requests.size() == 50);
  b.arrival = Arrival::closed;
  REQUIRE(settled(b).requests.size() == 100);
}

TEST_CASE("A growing backlog never holds, whatever the requests of the block met", "[decision][capacity]") {
  auto all = blocks(2, 200, 0);
  for (auto& b : all) {
    b.arrival = Arrival::poisson;
    for (auto& r : b.requests) r.e2e = 0.2 + r.start;  // each waits longer than the one before
  }
  const SloProbe p = judge_slo_probe(all, objectives(), ProbeRules{});
  REQUIRE(p.growing);
  REQUIRE(p.answer == ProbeAnswer::undecided);
  REQUIRE_THAT(p.why, ContainsSubstring("growing"));
}

TEST_CASE("A client that was its own limit voids the block, a server's failures do not", "[decision][capacity]") {
  Scenario scenario;
  auto all = blocks(1, 40, 2);
  all[0].failed = 20;
  REQUIRE(client_findings(scenario, all).empty());
  all[0].health.client_cpu = 0.99;
  const auto findings = client_findings(scenario, all);
  REQUIRE(findings.size() == 1);
  REQUIRE(findings[0].id == "client_cpu");
}

TEST_CASE("The ratio of capacities is as wide as both brackets, and open where one is", "[decision][capacity]") {
  const OpenInterval r = capacity_ratio(bracket(2, 2.1), bracket(4, 4.2));
  REQUIRE((*r.lo == Approx(4 / 2.1) && *r.hi == Approx(2.1)));
  const OpenInterval open =
      capacity_ratio(bracket(2, 2.1), bracket(64, std::nullopt, BracketStatus::all_hold));
  REQUIRE((*open.lo == Approx(64 / 2.1) && !open.hi));
  const OpenInterval low =
      capacity_ratio(bracket(2, 2.1), bracket(std::nullopt, 1, BracketStatus::all_fail));
  REQUIRE((!low.lo && *low.hi == Approx(0.5)));
}

TEST_CASE("Sentences and exit codes of a search", "[decision][capacity]") {
  SloSearch s;
  s.slo = objectives();
  s.range.from = 1;
  s.range.to = 64;
  REQUIRE(objective_words(s.slo) == "95 % of requests with TTFT at most 1 s and TPOT at most 50 ms");
  s.arms = {{Arm::baseline, bracket(2, 2.1), {}, "TPOT"}, {Arm::candidate, bracket(4, 4.2), {}, ""}};
  REQUIRE(exit_code(s) == ExitCode::go);
  REQUIRE(capacity_sentence(s, s.arms[0], "FP16") ==
          "FP16 holds the objectives up to 2 req/s, and no longer at 2.10 req/s (most missed there: TPOT)");
  REQUIRE_THAT(ratio_sentence(s, "FP16", "AWQ"), ContainsSubstring("AWQ carries 1.90× to 2.10×"));
  REQUIRE(next_step(s).empty());

  s.arms[1].bracket = bracket(64, std::nullopt, BracketStatus::all_hold);
  REQUIRE(exit_code(s) == ExitCode::inconclusive);
  REQUIRE_THAT(capacity_sentence(s, s.arms[1], "AWQ"), ContainsSubstring("the highest load searched"));
  REQUIRE_THAT(next_step(s), ContainsSubstring("--to 256"));

  s.end = SearchEnd::client_limited;
  REQUIRE(exit_code(s) == ExitCode::void_run);
  s.end = SearchEnd::interrupted;
  REQUIRE(exit_code(s) == ExitCode::interrupted);
}
