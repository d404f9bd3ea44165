#include "cli/arguments.hpp"

#include <algorithm>

#include "catch.hpp"
#include "core/error.hpp"

using namespace abgate;
using namespace abgate::cli;

namespace {
template <typename T>
T parsed(const std::vector<std::string>& arguments) {
  const auto result = parse_arguments(arguments);
  if (const auto* stop = std::get_if<Stop>(&result)) FAIL(stop->text);
  return std::get<T>(std::get<Command>(result));
}
Stop stopped(const std::vector<std::string>& arguments) {
  return std::get<Stop>(parse_arguments(arguments));
}
using Strings = std::vector<std::string>;
}  // namespace

TEST_CASE("compare takes a scenario, endpoints and overrides", "[cli]") {
  const auto o =
      parsed<CompareOptions>({"compare", "s.yaml", "--baseline", "http://a", "--candidate",
                              "http://b", "--set", "blocks=3", "--set", "name=x", "--out", "o"});
  REQUIRE(o.input.scenario == "s.yaml");
  REQUIRE(o.out == "o");
  REQUIRE(overrides(o.input) ==
          Strings{"baseline.url=http://a", "candidate.url=http://b", "blocks=3", "name=x"});
}

TEST_CASE("Flags of vllm bench serve become overrides of the first load point", "[cli]") {
  auto o =
      parsed<CompareOptions>({"compare", "s.yaml", "--request-rate", "2.5", "--burstiness", "0.5",
                              "--num-prompts", "100", "--max-concurrency", "16", "--seed", "9",
                              "--ignore-eos", "--goodput", "ttft:200", "e2el:2000"});
  REQUIRE(overrides(o.input) ==
          Strings{"points.0.rate=2.5", "points.0.arrival=gamma", "points.0.burstiness=0.5",
                  "points.0.concurrency=16", "points.0.requests=100", "seeds.base=9",
                  "sampling.ignore_eos=true", "slo.ttft=200ms", "slo.e2e=2000ms"});
  o = parsed<CompareOptions>({"compare", "s.yaml", "--request-rate", "inf"});
  REQUIRE(overrides(o.input) == Strings{"points.0.arrival=closed"});
  o = parsed<CompareOptions>({"compare", "s.yaml", "--request-rate", "3"});
  REQUIRE(overrides(o.input) == Strings{"points.0.rate=3", "points.0.arrival=poisson"});
}

TEST_CASE("A flag with a wrong value says which, what was seen and what was wanted", "[cli]") {
  ScenarioOptions o;
  o.bench.request_rate = "fast";
  REQUIRE_THROWS_WITH(overrides(o), "--request-rate: saw fast, want a number above 0");
  o.bench.request_rate = "-1";
  REQUIRE_THROWS_WITH(overrides(o), "--request-rate: saw -1, want a number above 0");
  o = {};
  o.bench.goodput = {"ttlt:5"};
  REQUIRE_THROWS_WITH(overrides(o), "--goodput: saw ttlt:5, want ttft:MS, tpot:MS or e2el:MS");
  o = {};
  o.bench.burstiness = 2;
  REQUIRE_THROWS_WITH(overrides(o), "--burstiness: saw 2, want --request-rate beside it");
}

TEST_CASE("Usage errors end with 64 and one line; help and version with 0", "[cli]") {
  REQUIRE(stopped({}).code == ExitCode::usage);
  REQUIRE(stopped({"comapre"}).code == ExitCode::usage);
  REQUIRE(stopped({"compare"}).code == ExitCode::usage);
  const Stop unknown = stopped({"compare", "s.yaml", "--nope"});
  REQUIRE(unknown.code == ExitCode::usage);
  REQUIRE(std::count(unknown.text.begin(), unknown.text.end(), '\n') == 1);
  REQUIRE(stopped({"--help"}).code == ExitCode::go);
  REQUIRE_THAT(stopped({"compare", "--help"}).text, ContainsSubstring("Examples:"));
  REQUIRE_THAT(stopped({"--version"}).text, ContainsSubstring("abgate 0."));
}

TEST_CASE("Every command's help has examples", "[cli]") {
  REQUIRE(command_names().size() >= 10);
  for (const auto& name : command_names()) {
    INFO(name);
    REQUIRE_THAT(help_text(name), ContainsSubstring("Examples:"));
  }
}

TEST_CASE("the client's calibration takes a scenario, and a comparison can go without one", "[cli]") {
  const auto o = parsed<CalibrateClientOptions>({"calibrate", "client", "--scenario", "s.yaml"});
  REQUIRE(o.input.scenario == "s.yaml");
  REQUIRE(o.search);
  REQUIRE(parsed<CompareOptions>({"compare", "s.yaml"}).calibrate);
  REQUIRE_FALSE(parsed<CompareOptions>({"compare", "s.yaml", "--no-calibration"}).calibrate);
  REQUIRE_FALSE(parsed<RecordOptions>({"record", "s.yaml", "--arm", "baseline=http://a", "--no-calibration"})
                    .calibrate);
}

TEST_CASE("calibrate judge takes a size, a seed, threads and a chart", "[cli]") {
  const auto o = parsed<CalibrateJudgeOptions>({"calibrate", "judge", "--experiments", "10",
                                                "--seed", "4", "--threads", "2", "--chart",
                                                "p.svg", "--json"});
  REQUIRE(o.experiments == 10);
  REQUIRE(o.seed == 4);
  REQUIRE(o.threads == 2);
  REQUIRE(o.chart == "p.svg");
  REQUIRE(o.json);
  // No experiment has no rate.
  REQUIRE(stopped({"calibrate", "judge", "--experiments", "0"}).code == ExitCode::usage);
}
