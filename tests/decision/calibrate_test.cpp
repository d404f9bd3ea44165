// A short, seeded version of `abgate calibrate judge`.
#include "decision/calibrate.hpp"
#include <cmath>

#include "catch.hpp"
#include "decision/shares.hpp"

using namespace abgate::decision;
using abgate::Rng;

namespace {

CalibrationOptions small(unsigned threads) {
  CalibrationOptions o;
  o.experiments = 200;
  o.seed = 5;
  o.threads = threads;
  o.power_curve = false;
  o.design.requests = 100;
  o.design.items = 500;
  return o;
}

/// A nominal rate and three standard errors of it over n experiments.
double at_most(double rate, std::size_t n) {
  return rate + 3 * std::sqrt(rate * (1 - rate) / static_cast<double>(n));
}

}  // namespace

TEST_CASE("the judge keeps its error rates on known truths", "[calibrate]") {
  const CalibrationTable table = calibrate(small(2));
  std::size_t boundaries = 0;
  for (const CalibrationCell& c : table.cells) {
    CAPTURE(c.criterion, c.truth, c.go.value, c.no_go.value, c.inconclusive.value);
    CHECK(c.go.value + c.no_go.value + c.inconclusive.value == Approx(1));
    CHECK(c.void_run.value <= at_most(0.001, c.experiments));  // nothing spoils an experiment
    if (c.truth == "boundary") {
      ++boundaries;
      REQUIRE(c.false_go);
      // 5 % and three standard errors of that rate over so few experiments.
      CHECK(c.false_go->value <= at_most(0.05, c.experiments));
    }
    if (c.false_no_go) CHECK(c.false_no_go->value <= at_most(0.01, c.experiments));
    if (c.truth == "aa") CHECK(c.go.value == 0);
    if (c.truth == "2.1x") CHECK(c.go.value >= 0.9);
    if (c.truth == "far_inside") CHECK(c.go.hi >= 0.9);
    if (c.truth == "1%") CHECK(c.no_go.value == 1);
  }
  CHECK(boundaries == 6);
}

TEST_CASE("calibration does not depend on the number of threads", "[calibrate]") {
  std::string first;
  for (const unsigned threads : {1U, 2U, 3U}) {
    CalibrationOptions o = small(threads);
    o.experiments = 7;  // not a multiple of either
    const CalibrationTable table = calibrate(o);
    const std::string bytes = to_json(table) + to_text(table);
    if (first.empty()) first = bytes;
    CHECK(bytes == first);
  }
}

TEST_CASE("the calibration's JSON has the published shape, null where a rate has no meaning",
          "[calibrate]") {
  CalibrationOptions o = small(1);
  o.experiments = 1;
  const std::string json = to_json(calibrate(o));
  for (const char* key :
       {"\"cells\"", "\"criterion\"", "\"truth\": \"boundary\"", "\"truth\": \"2.1x\"",
        "\"truth\": \"aa\"", "\"experiments\": 1", "\"go\"", "\"no_go\"", "\"inconclusive\"",
        "\"false_go\": null", "\"false_no_go\""}) {
    CHECK_THAT(json, ContainsSubstring(key));
  }
}

TEST_CASE("an experiment drawn into used storage is the experiment drawn into fresh storage",
          "[calibrate]") {
  World failing;
  failing.error_rate = 0.2;  // failed requests and dropped pairs must leave nothing behind
  Design design;
  design.requests = 30;
  design.items = 60;
  Rng first(3), second(4), again(4);
  abgate::stats::Measurements used = simulate(failing, {}, design, first);
  simulate({}, {}, design, second, used);
  const abgate::stats::Measurements fresh = simulate({}, {}, design, again);
  REQUIRE(used.blocks.size() == fresh.blocks.size());
  for (std::size_t b = 0; b < fresh.blocks.size(); ++b) {
    CHECK(used.blocks[b].failed == 0);
    CHECK(used.blocks[b].failures.empty());
    REQUIRE(used.blocks[b].requests.size() == fresh.blocks[b].requests.size());
    for (std::size_t i = 0; i < fresh.blocks[b].requests.size(); ++i) {
      CHECK(used.blocks[b].requests[i].ttft == fresh.blocks[b].requests[i].ttft);
      CHECK(used.blocks[b].requests[i].tpot == fresh.blocks[b].requests[i].tpot);
    }
  }
  REQUIRE(used.quality.size() == fresh.quality.size());
  for (std::size_t i = 0; i < fresh.quality.size(); ++i) {
    CHECK_FALSE(used.quality[i].dropped);
    CHECK(used.quality[i].item == fresh.quality[i].item);
    CHECK(used.quality[i].baseline == fresh.quality[i].baseline);
    CHECK(used.quality[i].candidate == fresh.quality[i].candidate);
  }
  CHECK(used.quality_failed[1] == 0);
}

TEST_CASE("the quick share tests say what the full statement says", "[calibrate]") {
  abgate::Rng rng(8);
  int below = 0, above = 0;
  for (int i = 0; i < 3000; ++i) {
    std::vector<abgate::stats::RunCount> runs(1 + rng.below(7));
    const double p = 0.15 * rng.uniform();
    for (auto& run : runs) {
      run.attempted = rng.below(20) == 0 ? 0 : 20 + rng.below(300);
      for (std::size_t k = 0; k < run.attempted; ++k) run.exceeding += rng.uniform() < p ? 1U : 0U;
    }
    const auto full = state_share(runs, 0.05, 0.05, 0.01);
    CHECK(share_is_below(runs, 0.05, 0.05) == full.below);
    CHECK(share_is_above(runs, 0.05, 0.01) == full.above);
    below += full.below;
    above += full.above;
  }
  CHECK(below > 100);
  CHECK(above > 100);
}
