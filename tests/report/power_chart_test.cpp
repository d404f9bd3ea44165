#include "report/power_chart.hpp"

#include "catch.hpp"

using namespace abgate;
using namespace abgate::report;

namespace {
decision::CalibrationCell cell(std::string criterion, std::string truth, double go) {
  decision::CalibrationCell c;
  c.criterion = std::move(criterion);
  c.truth = std::move(truth);
  c.experiments = 100;
  c.go = {go, go / 2, (1 + go) / 2};
  return c;
}
}  // namespace

TEST_CASE("the power curve has every true ratio in order, and nothing else") {
  decision::CalibrationTable table;
  table.cells = {cell("memory", "boundary", 0.9), cell("speed_ratio", "2.1x", 0.975),
                 cell("speed_ratio", "boundary", 0.05), cell("speed_ratio", "aa", 0.0),
                 cell("speed_ratio", "1.94x", 0.01)};
  const Chart chart = power_chart(table);
  REQUIRE(chart.csv ==
          "true_ratio,p_go,lo,hi,experiments,required\n"
          "1.94,0.01,0.005,0.505,100,2\n"
          "2,0.05,0.025,0.525,100,2\n"
          "2.1,0.975,0.4875,0.9875,100,2\n");
  REQUIRE_THAT(chart.alt, ContainsSubstring("6 blocks, at least 2 required: 1.94× 1.0 %; "
                                            "2.00× 5.0 %; 2.10× 97.5 %."));
  REQUIRE_THAT(chart.svg, ContainsSubstring("required 2×") && ContainsSubstring("<path d=\"M"));
  REQUIRE(chart.svg.find("nan") == std::string::npos);
}

TEST_CASE("a calibration without varied ratios says so instead of drawing a curve") {
  const Chart chart = power_chart({});
  REQUIRE(chart.alt == "No cell of the calibration varies the true ratio.");
  REQUIRE(chart.svg.find("nan") == std::string::npos);
}
