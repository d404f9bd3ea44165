// Reports of searches: every format says the answer, and nothing that is unknown looks known.

#include <nlohmann/json.hpp>

#include "../catch.hpp"
#include "report/search.hpp"

using namespace abgate;
using namespace abgate::report;
using namespace std::chrono_literals;
using decision::BracketStatus;
using decision::ProbeAnswer;

namespace {

Scenario scenario() {
  Scenario s;
  s.name = "s";
  s.baseline.label = "FP16";
  s.candidate.label = "A|WQ <b>";
  return s;
}

decision::SloProbe probe(Arm arm, double value, std::size_t met, ProbeAnswer answer) {
  decision::SloProbe p;
  p.arm = arm;
  p.point = "r1";
  p.value = value;
  p.answer = answer;
  p.blocks = 2;
  p.attempted = 120;
  p.met = met;
  p.lo = static_cast<double>(met) / 130;
  p.hi = std::min(1.0, static_cast<double>(met) / 110);
  p.met_ttft = static_cast<double>(met) / 120;
  p.ttft = 0.4;
  p.served = value;
  return p;
}

decision::SloSearch search() {
  decision::SloSearch s;
  s.slo.ttft = 1s;
  s.range.from = 0.5;
  s.range.to = 64;
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    const double at = arm == Arm::baseline ? 2 : 6;
    decision::ArmCapacity a;
    a.arm = arm;
    a.bracket.status = BracketStatus::found;
    a.bracket.held = at;
    a.bracket.failed = at * 1.05;
    a.limit = "TTFT";
    a.probes = {probe(arm, at * 1.05, 60, ProbeAnswer::fails), probe(arm, at, 120, ProbeAnswer::holds)};
    s.arms.push_back(a);
  }
  return s;
}

std::string file(const std::vector<File>& files, const std::string& path) {
  for (const File& f : files) {
    if (f.path == path) return f.bytes;
  }
  FAIL("no " + path);
  return "";
}

}  // namespace

TEST_CASE("A capacity report says brackets, ratio and every probe", "[report][search]") {
  const auto files = render_search(search(), Manifest{}, scenario());
  const std::string md = file(files, "report.md");
  REQUIRE_THAT(md, ContainsSubstring("up to 2 req/s, and no longer at 2.10 req/s"));
  REQUIRE_THAT(md, ContainsSubstring("2.86"));  // 6 / 2.1
  REQUIRE_THAT(md, ContainsSubstring("3.15"));  // 6.3 / 2
  REQUIRE(md.find("A|WQ") == std::string::npos);
  const auto json = nlohmann::json::parse(file(files, "result.json"));
  REQUIRE((json.at("found") == true && json.at("exit_code") == 0));
  REQUIRE(json.at("arms").at(1).at("held") == 6);
  REQUIRE(json.at("arms").at(1).at("probes").size() == 2);
  REQUIRE(json.at("objectives").at("tpot_s").is_null());
  const std::string svg = file(files, "charts/attainment.svg");
  REQUIRE(svg.find("nan") == std::string::npos);
  REQUIRE(svg.find("<b>") == std::string::npos);
  REQUIRE(file(files, "report.html").find("<b>") == std::string::npos);
  REQUIRE(svg.find("SIMULATED") == std::string::npos);
  REQUIRE_THAT(console_text(search(), scenario()), ContainsSubstring("FP16 holds the objectives"));
}

TEST_CASE("What a search could not show is null, and its end says why", "[report][search]") {
  decision::SloSearch s = search();
  s.simulated = true;
  s.end = decision::SearchEnd::client_limited;
  s.end_value = 12;
  s.findings = {{"client_cpu", true, "the client used 99 % of a core", "use a faster machine"}};
  s.arms[1].bracket = {};
  s.arms[1].probes.clear();
  const auto files = render_search(s, Manifest{}, scenario());
  const auto json = nlohmann::json::parse(file(files, "result.json"));
  REQUIRE((json.at("exit_code") == 30 && json.at("found") == false));
  REQUIRE((json.at("arms").at(1).at("held").is_null() && json.at("capacity_ratio").at("lo").is_null()));
  const std::string md = file(files, "report.md");
  REQUIRE_THAT(md, ContainsSubstring("our own machine was the limit"));
  REQUIRE_THAT(md, ContainsSubstring("SIMULATED"));
  REQUIRE_THAT(md, ContainsSubstring("nothing could be shown"));
  REQUIRE_THAT(file(files, "charts/attainment.svg"), ContainsSubstring("SIMULATED"));
}

TEST_CASE("A search whose deployment changed is void, and says what changed", "[report][search]") {
  decision::SloSearch s = search();
  s.end = decision::SearchEnd::changed;
  s.findings = {{"fingerprint", true, "the version 0.11.2 became 0.11.3", ""}};
  Manifest manifest;
  manifest.calibration = ClientCalibration{.streams = 8, .events_per_second = 400, .ttft_p99_ms = 0.25};
  const auto files = render_search(s, manifest, scenario());
  const auto json = nlohmann::json::parse(file(files, "result.json"));
  REQUIRE((json.at("exit_code") == 30 && json.at("found") == false));
  const std::string md = file(files, "report.md");
  REQUIRE_THAT(md, ContainsSubstring("# VOID: a deployment changed during the search"));
  REQUIRE_THAT(md, ContainsSubstring("the version 0.11.2 became 0.11.3. What follows may be of two"));
  REQUIRE_THAT(md, ContainsSubstring("p99 0.250 ms at 8 streams"));
  REQUIRE_THAT(console_text(s, scenario()), ContainsSubstring("keep both deployments as they are"));
}

TEST_CASE("A crossover report says where, with the fitted law beside it", "[report][search]") {
  decision::CrossoverSearch s;
  s.range.from = 1;
  s.range.to = 64;
  for (const auto& [n, ratio] : {std::pair(1.0, 2.0), {64.0, 0.7}, {8.0, 1.2}, {12.0, 0.9}}) {
    decision::RatioProbe p;
    p.value = n;
    p.answer = ratio > 1 ? ProbeAnswer::holds : ProbeAnswer::fails;
    p.ratio.value = ratio;
    p.ratio.lo = ratio * 0.98;
    p.ratio.hi = ratio * 1.02;
    p.ratio.n = 3;
    p.baseline = {10 * n, 10 * n, stats::kUndefined};
    p.candidate = {10 * n * ratio, 10 * n * ratio, stats::kUndefined};
    s.probes.push_back(p);
  }
  s.bracket.status = BracketStatus::found;
  s.bracket.held = 8;
  s.bracket.failed = 12;
  s.fit = decision::fit_probes(s.probes, 0.9, 1);
  const auto files = render_search(s, Manifest{}, scenario());
  REQUIRE_THAT(file(files, "report.md"), ContainsSubstring("up to 8 streams"));
  const auto json = nlohmann::json::parse(file(files, "result.json"));
  REQUIRE((json.at("answer") == "crosses" && json.at("wins_up_to") == 8 && json.at("not_from") == 12));
  REQUIRE(json.at("probes").at(0).at("baseline").at(2).is_null());
  for (const char* chart : {"charts/ratio.svg", "charts/levels.svg"})
    REQUIRE(file(files, chart).find("nan") == std::string::npos);
  REQUIRE_THAT(console_text(s, scenario()), ContainsSubstring("wins up to 8 streams"));
}
