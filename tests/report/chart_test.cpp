#include "report/chart.hpp"

#include "catch.hpp"
#include "report/svg.hpp"
#include "sample.hpp"

using namespace abgate;
using namespace abgate::report;
using namespace abgate::test;

namespace {
const Chart* find(const std::vector<Chart>& charts, const std::string& name) {
  for (const Chart& chart : charts) {
    if (chart.name == name) return &chart;
  }
  return nullptr;
}
}  // namespace

TEST_CASE("every chart has a conclusion, a title, a description and a table") {
  const Sample s = go_sample();
  const auto charts = make_charts(s.input());
  std::vector<std::string> names;
  for (const Chart& chart : charts) {
    names.push_back(chart.name);
    INFO(chart.name);
    REQUIRE(chart.alt.size() > 30);
    REQUIRE(chart.alt.back() == '.');
    REQUIRE_THAT(chart.svg, ContainsSubstring("<title id=\"" + chart.name + "-t\">") &&
                                ContainsSubstring("<desc id=") &&
                                ContainsSubstring("role=\"img\""));
    REQUIRE(chart.svg.size() < 50'000);
    REQUIRE(chart.csv.find('\n') != chart.csv.size() - 1);
    REQUIRE(chart.svg.find("nan") == std::string::npos);
    REQUIRE(chart.svg.find("SIMULATED") == std::string::npos);
  }
  REQUIRE(names == std::vector<std::string>{"forest", "blocks", "load", "sweep", "ttft-c8",
                                            "tpot-c8", "ttft-c32", "tpot-c32", "quality", "memory"});
}

TEST_CASE("the forest says ratio, interval and threshold") {
  const Sample s = go_sample();
  const auto charts = make_charts(s.input());
  REQUIRE_THAT(find(charts, "forest")->alt,
               ContainsSubstring("speed per stream ↑ at c8 2.12× [2.10, 2.13], threshold 2;"));
  REQUIRE_THAT(find(charts, "forest")->csv,
               ContainsSubstring("A/A stream_speed at c8,A/A,1.0005175178208565"));
}

TEST_CASE("a simulated run is stamped on every chart") {
  const Sample s = no_go_sample();
  for (const Chart& chart : make_charts(s.input()))
    REQUIRE_THAT(chart.svg, ContainsSubstring(">SIMULATED</text>"));
}

TEST_CASE("without data there is no chart") {
  const Sample s = empty_sample();
  REQUIRE(make_charts(s.input()).empty());
}

TEST_CASE("values that are missing or extreme draw no nonsense") {
  Sample s = go_sample();
  s.measurements.blocks[0].requests[0].ttft = stats::kUndefined;
  s.measurements.blocks[0].requests[1].ttft = 1e300;
  s.measurements.blocks[0].requests[2].ttft = 0;
  for (auto& m : s.comparison.metrics)
    m.baseline_blocks.assign(m.baseline_blocks.size(), stats::kUndefined);
  s.telemetry.gpu[0].memory_used_bytes.reset();
  s.comparison.metrics[0].ratio.value = stats::kUndefined;
  for (const Chart& chart : make_charts(s.input())) {
    INFO(chart.name);
    REQUIRE(chart.svg.find("nan") == std::string::npos);
    REQUIRE(chart.svg.find("inf") == std::string::npos);
  }
}

TEST_CASE("ticks are round, within range and not too many") {
  REQUIRE(Scale(0, 10, 0, 100).ticks(5) == std::vector<double>{0, 2, 4, 6, 8, 10});
  REQUIRE(Scale(-6, 3, 0, 100).ticks(4) == std::vector<double>{-5, -2.5, 0, 2.5});
  const auto log = Scale(0.05, 3, 0, 100, true).ticks();
  REQUIRE(log.size() == 4);
  for (std::size_t i = 0; i < 4; ++i)
    REQUIRE(log[i] == Approx(std::vector<double>{0.1, 0.3, 1, 3}[i]));
  for (const double hi : {1e-6, 0.3, 7.0, 1e9}) {
    const Scale scale(hi / 3, hi, 0, 100);
    REQUIRE(scale.ticks().size() >= 3);
    for (const double tick : scale.ticks()) REQUIRE(scale.contains(tick));
  }
  REQUIRE(Scale(5, 5, 0, 100).ticks().size() >= 2);
}

TEST_CASE("a scale maps its ends to the ends") {
  const Scale log(1, 100, 0, 200, true);
  REQUIRE(log(1) == Approx(0));
  REQUIRE(log(10) == Approx(100));
  REQUIRE(log(100) == Approx(200));
  const Scale down(0, 1, 300, 50);
  REQUIRE(down(0.5) == Approx(175));
}

TEST_CASE("names of charts are good file names") {
  REQUIRE(chart_name("ttft", "../c 8/é") == "ttft----c-8---");
}
