#include "decision/extension.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "core/rng.hpp"
#include "decision/algebra.hpp"
#include "fixture.hpp"
#include "stats/distributions.hpp"
#include "stats/t_blocks.hpp"

using namespace abgate;
using namespace abgate::decision;
using namespace abgate::decision::testing;

namespace {

/// Share of experiments with a true ratio at the threshold that pass at either look.
double false_pass_rate(double first_alpha, double second_alpha, std::size_t experiments) {
  constexpr std::size_t kBlocks = 6;
  constexpr double kThreshold = 2.0;
  std::size_t passes = 0;
  for (std::size_t i = 0; i < experiments; ++i) {
    Rng rng(derive_seed(20240601, "two looks " + std::to_string(i)));
    std::vector<double> base, cand;
    const auto add_blocks = [&] {
      for (std::size_t k = 0; k < kBlocks; ++k) {
        const double noise = 0.02 * stats::normal_quantile(std::min(
                                        1 - 1e-12, std::max(1e-12, rng.uniform())));
        base.push_back(20);
        cand.push_back(20 * kThreshold * std::exp(noise));
      }
    };
    const auto passed = [&](double alpha) {
      const auto e = stats::t_log_ratio(base, cand, stats::level_for(alpha));
      return e.lo && acceptable(Op::ge, *e.lo, kThreshold);
    };
    add_blocks();
    bool pass = passed(first_alpha);
    if (!pass) {
      add_blocks();
      pass = passed(second_alpha);
    }
    passes += pass ? 1 : 0;
  }
  return static_cast<double>(passes) / static_cast<double>(experiments);
}

Verdict judged(stats::Measurements m, Scenario s = scenario(), unsigned look = 1) {
  JudgeContext context;
  context.looks = s.extension ? 2 : 1;
  context.look = look;
  return judge(s, m, {}, context);
}

}  // namespace

TEST_CASE("both looks together keep the error of a PASS at 5 %", "[extension]") {
  constexpr std::size_t kExperiments = 20000;
  const double limit = 0.05 + 3 * std::sqrt(0.05 * 0.95 / kExperiments);
  CHECK(false_pass_rate(alpha_at_look(0.05, 1, 2), alpha_at_look(0.05, 2, 2), kExperiments) <
        limit);
  // What the boundaries are for: two uncorrected looks err more often.
  CHECK(false_pass_rate(0.05, 0.05, kExperiments) > 0.07);
}

TEST_CASE("the extension is asked for where more blocks can decide, and only there",
          "[extension]") {
  Scenario s = scenario();
  s.extension = true;
  CHECK_FALSE(wants_extension(judged(healthy_run(), s)));  // GO
  stats::Measurements open = healthy_run();
  set_speeds(open, Arm::candidate, {50.6, 49.3, 50.2, 51.7, 48.9, 51.0});
  const Verdict undecided = judged(open, s);
  REQUIRE(undecided.decision == Decision::inconclusive);
  REQUIRE(result(undecided, "speed_ratio").result == Result::inconclusive);
  CHECK(wants_extension(undecided));

  stats::Measurements failing = open;
  fail_requests(failing, 1);
  CHECK_FALSE(wants_extension(judged(failing, s)));  // a NO-GO is a NO-GO
  stats::Measurements spoiled = open;
  spoiled.interrupted = true;
  CHECK_FALSE(wants_extension(judged(spoiled, s)));

  Verdict quality_only = undecided;
  for (CriterionResult& r : quality_only.criteria)
    r.result = r.criterion.metric.starts_with("quality.") ? Result::inconclusive : Result::pass;
  CHECK_FALSE(wants_extension(quality_only));  // more blocks bring no more items
}

TEST_CASE("the report says which look it is and what its bounds hold", "[extension]") {
  Scenario s = scenario();
  CHECK(look_sentence(s, 1).empty());
  s.extension = true;
  CHECK_THAT(look_sentence(s, 1),
             ContainsSubstring("Look 1 of 2, declared before any load (6 blocks, then at most 12)") &&
                 ContainsSubstring("z = 2.373") && ContainsSubstring("99.1 %"));
  CHECK_THAT(look_sentence(s, 2),
             ContainsSubstring("z = 1.678") && ContainsSubstring("No further look is allowed"));
  for (Criterion& c : s.criteria) c.alpha = 0.01;
  CHECK_THAT(look_sentence(s, 2), ContainsSubstring("both looks together at 99 %"));
  s.criteria.front().alpha = 0.05;
  CHECK_THAT(look_sentence(s, 2), ContainsSubstring("each criterion's own level"));
  CHECK_THAT(judged(healthy_run(), s, 2).scope, ContainsSubstring("at its own level one-sided"));
  s = scenario();
  s.extension = true;
  const Verdict v = judged(healthy_run(), s, 2);
  CHECK_THAT(v.scope, ContainsSubstring("Look 2 of 2"));
  for (const CriterionResult& r : v.criteria)
    CHECK(r.alpha_pass == alpha_at_look(r.criterion.alpha, 2, 2));
}

TEST_CASE("an attempt after others is a caveat with what repeating costs", "[extension]") {
  JudgeContext context;
  CHECK_FALSE(any_contains(judge(scenario(), healthy_run(), {}, context).caveats, "attempt"));
  context.attempt = 3;
  CHECK(any_contains(judge(scenario(), healthy_run(), {}, context).caveats,
                     "attempt 3: 2 runs with these criteria came before"));
  CHECK(any_contains(judge(scenario(), healthy_run(), {}, context).caveats, "14.3 %"));
}
