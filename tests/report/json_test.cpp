#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "catch.hpp"
#include "report/report.hpp"
#include "sample.hpp"
#include "schema.hpp"
#include "source_dir.hpp"

using namespace abgate;
using namespace abgate::report;
using namespace abgate::test;

namespace {
std::string schema() {
  std::ifstream in(source_dir() + "/harness/report/verdict.schema.json");
  REQUIRE(in);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}
}  // namespace

TEST_CASE("verdict.json satisfies its published schema") {
  for (const Sample& s : {go_sample(), no_go_sample(), quality_sample(), empty_sample(), hostile_sample()}) {
    REQUIRE(schema_fault(schema(), verdict_json(s.input())) == "");
  }
}

TEST_CASE("verdict.json says what a resumed run took over") {
  using nlohmann::json;
  Sample s = go_sample();
  CHECK_FALSE(json::parse(verdict_json(s.input()))["run"].contains("resumed"));
  s.manifest.resumed = {"run a was interrupted", "run b was interrupted"};
  const json said = json::parse(verdict_json(s.input()));
  CHECK(said["run"]["resumed"] == json(s.manifest.resumed));
  CHECK(schema_fault(schema(), said.dump()) == "");
  json broken = said;
  broken["run"]["resumed"] = "yes";
  CHECK_THAT(schema_fault(schema(), broken.dump()), ContainsSubstring("resumed"));
}

TEST_CASE("the schema notices what is wrong") {
  using nlohmann::json;
  const json good = json::parse(verdict_json(go_sample().input()));
  const auto fault = [&](const std::function<void(json&)>& change) {
    json broken = good;
    change(broken);
    return schema_fault(schema(), broken.dump());
  };
  REQUIRE(fault([](json&) {}).empty());
  REQUIRE_THAT(fault([](json& j) { j["decision"] = "MAYBE"; }), ContainsSubstring("/decision"));
  REQUIRE_THAT(fault([](json& j) { j.erase("criteria"); }),
               ContainsSubstring("lacks \"criteria\""));
  REQUIRE_THAT(fault([](json& j) { j["criteria"][0]["measured"] = "41.7"; }),
               ContainsSubstring("/criteria/0/measured"));
  REQUIRE_THAT(fault([](json& j) { j["criteria"][0]["extra"] = 1; }),
               ContainsSubstring("unexpected extra"));
  REQUIRE_THAT(fault([](json& j) { j["schema"] = "abgate-verdict/2"; }), ContainsSubstring("want"));
}

TEST_CASE("verdict.json holds the numbers in full and no NaN") {
  Sample s = go_sample();
  s.verdict.criteria[0].bound = stats::kUndefined;
  s.comparison.metrics[0].ratio.value = std::numeric_limits<double>::infinity();
  const auto json = nlohmann::json::parse(verdict_json(s.input()));
  REQUIRE(json["decision"] == "GO");
  REQUIRE(json["exit_code"] == 0);
  REQUIRE(json["criteria"][2]["measured"] == 2.1152226573108157);
  REQUIRE(json["criteria"][2]["op"] == ">=");
  REQUIRE(json["criteria"][0]["bound"].is_null());
  REQUIRE(json["metrics"][0]["ratio"]["value"].is_null());
  REQUIRE(json["arms"]["candidate"]["requests"]["attempted"] == 2400);
  REQUIRE(json["simulated"] == false);
}

TEST_CASE("no password of a URL reaches any file") {
  const Sample s = go_sample();  // its baseline has http://operator:hunter2@…
  for (const File& file : render(s.input(), {"md", "html", "json", "junit", "prom"}))
    REQUIRE(file.bytes.find("hunter2") == std::string::npos);
}
