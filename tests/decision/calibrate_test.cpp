// A short, seeded version of `abgate calibrate judge`.
#include "decision/calibrate.hpp"
#include "catch.hpp"

using namespace abgate::decision;

namespace {

CalibrationOptions small(unsigned threads) {
  CalibrationOptions o;
  o.experiments = 25;
  o.seed = 5;
  o.threads = threads;
  o.power_curve = false;
  o.design.requests = 100;
  o.design.items = 500;
  return o;
}

}  // namespace

TEST_CASE("the judge keeps its error rates on known truths", "[calibrate]") {
  const CalibrationTable table = calibrate(small(2));
  std::size_t boundaries = 0;
  for (const CalibrationCell& c : table.cells) {
    CAPTURE(c.criterion, c.truth, c.go.value, c.no_go.value, c.inconclusive.value);
    CHECK(c.go.value + c.no_go.value + c.inconclusive.value == Approx(1));
    if (c.truth == "boundary") {
      ++boundaries;
      REQUIRE(c.false_go);
      CHECK(c.false_go->lo <= 0.05);  // the exact interval must contain the nominal level or less
    }
    if (c.false_no_go) CHECK(c.false_no_go->lo <= 0.01);
    if (c.truth == "aa") CHECK(c.go.value == 0);
    if (c.truth == "2.1x") CHECK(c.go.hi >= 0.9);
    if (c.truth == "far_inside") CHECK(c.go.hi >= 0.9);
    if (c.truth == "1%") CHECK(c.no_go.value == 1);
  }
  CHECK(boundaries == 6);
}

TEST_CASE("calibration does not depend on the number of threads", "[calibrate]") {
  CalibrationOptions one = small(1), three = small(3);
  one.experiments = three.experiments = 4;
  CHECK(to_json(calibrate(one)) == to_json(calibrate(three)));
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
