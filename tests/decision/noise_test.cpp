// Every criterion with an A/A analogue must clear what the baseline differed from itself.
#include "decision/noise.hpp"

#include <cmath>

#include "catch.hpp"
#include "fixture.hpp"

using namespace abgate;
using namespace abgate::decision;
using namespace abgate::decision::testing;

namespace {

/// Even blocks; the A/A control's TTFT and speed are off by a factor, below what spoils the run.
stats::Measurements even(double control, double candidate_ttft) {
  stats::Measurements m = healthy_run();
  for (stats::BlockArm& b : m.blocks) {
    const double jitter =
        1 + 0.0005 * (static_cast<double>(b.block % 3) - 1) * (b.arm == Arm::candidate ? 1 : 0);
    const double off = b.arm == Arm::control ? control : 1;
    for (std::size_t i = 0; i < b.requests.size(); ++i) {
      stats::RequestMetrics& r = b.requests[i];
      r.tpot = jitter * off / (b.arm == Arm::candidate ? 60.0 : 25.0);
      r.ttft = (b.arm == Arm::candidate ? candidate_ttft : 0.5) * jitter * off;
    }
  }
  return m;
}

Scenario only(Criterion c) {
  Scenario s = scenario();
  s.criteria = {std::move(c)};
  return s;
}

}  // namespace

TEST_CASE("a percentile limit must be cleared by the A/A shift as well", "[noise]") {
  Scenario s = scenario();
  const Scenario ttft = only(criterion(s, "ttft"));
  const auto judged = [&](double control, double candidate) {
    return judge(ttft, even(control, candidate), {}).criteria[0];
  };
  CHECK(judged(1.0, 0.995).result == Result::pass);
  CHECK(judged(1.008, 0.995).result == Result::inconclusive);
  CHECK(judged(1.008, 0.995).code == "within_noise");
  CHECK_THAT(judged(1.008, 0.995).reason, ContainsSubstring("two equal servers differed"));
  CHECK(judged(1.008, 0.90).result == Result::pass);
  CHECK(judged(1.0, 1.004).result == Result::fail);
  CHECK(judged(1.008, 1.004).result == Result::inconclusive);
  CHECK(judged(1.008, 1.10).result == Result::fail);
}

TEST_CASE("a level and a difference must be cleared by the A/A shift as well", "[noise]") {
  Scenario s = scenario();
  Criterion level = criterion(s, "speed");
  const auto code = [](const Criterion& c, double control) {
    return judge(only(c), even(control, 0.5), {}).criteria[0].code;
  };
  level.value = 59.8;
  CHECK(code(level, 1.0) == "bound_holds");
  CHECK(code(level, 1.008) == "within_noise");
  Criterion difference = level;
  difference.form = Form::difference;
  difference.value = 34.9;  // truly 35; 0.8 % of the baseline's 25 are 0.2
  CHECK(code(difference, 1.0) == "bound_holds");
  CHECK(code(difference, 1.008) == "within_noise");
  difference.value = 34.0;
  CHECK(code(difference, 1.008) == "bound_holds");
}

TEST_CASE("quality must clear what the baseline's second answers differed", "[noise]") {
  Scenario s = scenario();
  const Scenario quality = only(criterion(s, "quality"));
  // `worse` and `better` items that the control loses and wins against the baseline's first pass.
  const auto judged = [&](std::size_t worse, std::size_t better, bool control = true) {
    stats::Measurements m = healthy_run();
    set_outcomes(m, 440, 6, 6, 48);
    std::size_t lost = 0, won = 0;
    for (stats::QualityPair& p : m.quality) {
      if (!control) continue;
      const double first = p.baseline[kSimulatedScore];
      double again = first;
      if (first > 0.5 && lost < worse) again = 0, ++lost;
      if (first < 0.5 && won < better) again = 1, ++won;
      p.control[kSimulatedScore] = again;
    }
    return judge(quality, m, {}).criteria[0];
  };
  CHECK(judged(0, 0, false).result == Result::pass);
  CHECK(judged(0, 0).result == Result::pass);
  CHECK(judged(6, 6).result == Result::pass);  // it flips, but to both sides
  const CriterionResult shifted = judged(20, 0);
  CHECK(shifted.result == Result::inconclusive);
  CHECK(shifted.code == "within_noise");
  CHECK_THAT(shifted.reason, ContainsSubstring("second answers"));
}

TEST_CASE("a quality margin below the noise of the answers is refused", "[noise]") {
  Scenario s = scenario();
  Criterion c = criterion(s, "quality");
  c.value = 0.995;  // half a percent
  c.form = Form::ratio;
  const auto judged = [&](std::size_t flips, std::size_t gained) {
    stats::Measurements m = healthy_run();
    set_outcomes(m, 420, 20 + gained, 0, 60 - gained);
    std::size_t lost = 0, won = 0;
    for (stats::QualityPair& p : m.quality) {
      const double first = p.baseline[kSimulatedScore];
      double again = first;
      if (first > 0.5 && lost < flips) again = 0, ++lost;
      if (first < 0.5 && won < flips) again = 1, ++won;
      p.control[kSimulatedScore] = again;
    }
    return judge(only(c), m, {}).criteria[0];
  };
  CHECK(judged(0, 0).result == Result::pass);
  CHECK(judged(30, 0).result == Result::inconclusive);
  CHECK(judged(30, 0).code == "below_noise_floor");
  CHECK(judged(30, 40).result == Result::pass);  // clear of the floor
}
