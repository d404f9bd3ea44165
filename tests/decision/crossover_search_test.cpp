// Who wins at one load, and where that turns.

#include "catch.hpp"
#include "core/rng.hpp"
#include "decision/crossover_search.hpp"

using namespace abgate;
using namespace abgate::decision;

namespace {

std::vector<stats::BlockArm> pairs(double ratio, std::size_t blocks, double noise, std::uint64_t seed,
                                   double level = 100) {
  Rng rng(seed);
  std::vector<stats::BlockArm> out;
  for (std::uint32_t k = 0; k < blocks; ++k) {
    for (const Arm arm : {Arm::baseline, Arm::candidate}) {
      stats::BlockArm b;
      b.point = "c8";
      b.block = k;
      b.arm = arm;
      b.attempted = 10;
      b.window.steady = true;
      b.throughput = level * (arm == Arm::candidate ? ratio : 1) * std::exp(noise * rng.normal());
      for (int i = 0; i < 10; ++i) {
        stats::RequestMetrics r;
        r.success = true;
        r.ttft = 1 / b.throughput;
        b.requests.push_back(r);
      }
      out.push_back(std::move(b));
    }
  }
  return out;
}

ProbeRules rules() {
  ProbeRules r;
  r.first_blocks = 3;
  r.max_blocks = 12;
  return r;
}

/// A search whose truth is a ratio that falls with load; noise of 1 % a block.
CrossoverSearch search(double (*ratio)(double), double from = 1, double to = 128) {
  CrossoverSearch s;
  s.rules = rules();
  s.range.from = from;
  s.range.to = to;
  s.range.whole = s.range.ends_first = true;
  BracketSearch bracket(s.range);
  std::uint64_t seed = 1;
  while (const auto at = bracket.next()) {
    RatioProbe p;
    for (std::size_t k = 3; k <= 12; k *= 2) {
      p = judge_ratio_probe(pairs(ratio(*at), k, 0.01, ++seed, 100 * *at / (1 + 0.02 * *at)),
                            "throughput", 1, s.rules);
      if (p.answer != ProbeAnswer::undecided) break;
    }
    p.value = *at;
    bracket.answer(*at, p.answer);
    s.probes.push_back(p);
  }
  s.bracket = bracket.result();
  s.fit = fit_probes(s.probes, 0.9, 1);
  return s;
}

}  // namespace

TEST_CASE("A probe is won, lost or open by the interval of its blocks", "[decision][crossover]") {
  REQUIRE(judge_ratio_probe(pairs(1.2, 3, 0.002, 1), "throughput", 1, rules()).answer == ProbeAnswer::holds);
  REQUIRE(judge_ratio_probe(pairs(0.8, 3, 0.002, 2), "throughput", 1, rules()).answer == ProbeAnswer::fails);
  const RatioProbe equal = judge_ratio_probe(pairs(1.0, 6, 0.05, 3), "throughput", 1, rules());
  REQUIRE(equal.answer == ProbeAnswer::undecided);
  REQUIRE_THAT(equal.why, ContainsSubstring("contains 1"));
  // Winning by half as much again is another question.
  REQUIRE(judge_ratio_probe(pairs(1.2, 3, 0.002, 1), "throughput", 1.5, rules()).answer == ProbeAnswer::fails);
}

TEST_CASE("Where less is better the ratio is turned round", "[decision][crossover]") {
  const RatioProbe p = judge_ratio_probe(pairs(2, 3, 0.002, 1), "ttft", 1, rules());
  REQUIRE(p.answer == ProbeAnswer::holds);
  REQUIRE(*p.ratio.value == Approx(2).epsilon(0.01));
}

TEST_CASE("An arm that answers nothing loses", "[decision][crossover]") {
  auto blocks = pairs(1.5, 3, 0.002, 1);
  for (auto& b : blocks) {
    if (b.arm != Arm::candidate) continue;
    b.failed = b.attempted;
    b.throughput = stats::kUndefined;
    b.requests.clear();
  }
  const RatioProbe p = judge_ratio_probe(blocks, "throughput", 1, rules());
  REQUIRE(p.answer == ProbeAnswer::fails);
  REQUIRE_THAT(p.why, ContainsSubstring("succeeded"));
}

TEST_CASE("A crossing is bracketed and the fitted law agrees", "[decision][crossover]") {
  const CrossoverSearch s = search([](double n) { return 2.5 / (1 + n / 16.0); });  // 1 at 24
  REQUIRE(s.answer() == CrossoverAnswer::crosses);
  REQUIRE((*s.bracket.held <= 24 && *s.bracket.failed >= 24));
  REQUIRE(*s.bracket.failed - *s.bracket.held <= 4);
  REQUIRE(exit_code(s) == ExitCode::go);
  REQUIRE_THAT(crossover_sentence(s, "FP16", "AWQ"), ContainsSubstring("AWQ wins up to"));
  REQUIRE(s.fit.has_value());
  REQUIRE(s.fit->concurrency.value.has_value());
  REQUIRE_THAT(fit_sentence(s), ContainsSubstring("crosses at"));
}

TEST_CASE("The other answers", "[decision][crossover]") {
  const CrossoverSearch wins = search([](double) { return 1.3; });
  REQUIRE(wins.answer() == CrossoverAnswer::wins_everywhere);
  REQUIRE_THAT(next_step(wins), ContainsSubstring("--to 512"));
  const CrossoverSearch loses = search([](double) { return 0.7; });
  REQUIRE(loses.answer() == CrossoverAnswer::loses_everywhere);
  REQUIRE(exit_code(loses) == ExitCode::go);
  const CrossoverSearch turned = search([](double n) { return n < 20 ? 0.8 : 1.3; });
  REQUIRE(turned.answer() == CrossoverAnswer::starts_winning);

  CrossoverSearch open;
  open.rules = rules();
  open.range.to = 64;
  REQUIRE(open.answer() == CrossoverAnswer::cannot_tell);
  REQUIRE(exit_code(open) == ExitCode::inconclusive);
  REQUIRE_THAT(crossover_sentence(open, "FP16", "AWQ"), ContainsSubstring("cannot be told"));
  REQUIRE_THAT(next_step(open), ContainsSubstring("--max-blocks 24"));
}
