// Workloads and the shapes of their load.

#include "catch.hpp"
#include "sample.hpp"

using namespace abgate;
using namespace abgate::config;
using Catch::Matchers::Contains;

namespace {

std::string with_workload(const std::string& text) {
  return refusal(kSample, {"workload={" + text + "}"});
}

std::string with_point(const std::string& text) {
  return refusal(kSample, {"points=[{id: p, " + text + "}]"});
}

}  // namespace

TEST_CASE("A ramp has stages; it bounds its block", "[config]") {
  const Scenario s = sample(
      {"points=[{id: up, arrival: ramp, rate: 1/s, stages: [{duration: 1m, target: 8/s}, {target: "
       "2/s}, {duration: 30s, target: 0/s}]}]"});
  const LoadPoint& p = s.points.at(0);
  REQUIRE(p.arrival == Arrival::ramp);
  REQUIRE(p.rate == 1);
  REQUIRE(p.stages.size() == 3);
  REQUIRE(p.stages[0].duration == std::chrono::minutes(1));
  REQUIRE(p.stages[1].duration == Duration{0});
  REQUIRE(p.stages[1].target == 2);
  REQUIRE(p.stages[2].target == 0);
  REQUIRE(p.concurrency == 0);

  REQUIRE_THAT(with_point("arrival: ramp"), Contains("points.0.stages: saw nothing"));
  REQUIRE_THAT(with_point("arrival: ramp, stages: [{target: 3/s}]"),
               Contains("saw jumps only, want a stage with a duration"));
  REQUIRE_THAT(with_point("arrival: ramp, stages: [{duration: 3s, target: 0/s}]"),
               Contains("saw rate 0 throughout"));
  REQUIRE_THAT(with_point("arrival: ramp, stages: [{duration: 3s}]"),
               Contains("points.0.stages.0"));
  REQUIRE_THAT(with_point("arrival: ramp, stages: [{duration: 3s, target: -1/s}]"),
               Contains("target"));
  REQUIRE_THAT(with_point("concurrency: 4, requests: 9, stages: [{duration: 3s, target: 1/s}]"),
               Contains("only with arrival: ramp"));
}

TEST_CASE("A trace brings its own times", "[config]") {
  const Scenario s = sample({"workload={kind: trace, file: t.csv, format: azure, window_from: 10m, "
                             "window_length: 10m, natural: true}",
                             "points=[{id: t, arrival: trace, time_scale: 10}]"});
  REQUIRE(s.workload.kind == PromptSource::Kind::trace);
  REQUIRE(s.workload.format == TraceKind::azure);
  REQUIRE(s.workload.window_from == std::chrono::minutes(10));
  REQUIRE(s.workload.window_length == Duration(std::chrono::minutes(10)));
  REQUIRE(s.workload.natural);
  REQUIRE(s.points.at(0).time_scale == 10);

  REQUIRE_THAT(with_point("arrival: trace, rate: 3/s"), Contains("brings its own times"));
  REQUIRE_THAT(with_point("arrival: trace, time_scale: 0"), Contains("above 0"));
  REQUIRE_THAT(with_point("arrival: poisson, rate: 3/s, requests: 3, time_scale: 2"),
               Contains("only with arrival: trace"));
  REQUIRE_THAT(with_point("arrival: constant, rate: 0/s, requests: 3"),
               Contains("saw 0, want the rate of an open loop, above 0"));
  REQUIRE_THAT(with_workload("kind: trace"), Contains("workload.file: saw nothing"));
  REQUIRE_THAT(with_workload("kind: trace, file: a.csv, format: parquet"),
               Contains("workload.format"));
}

TEST_CASE("Keys of another kind of workload are refused", "[config]") {
  const std::string made = "kind: synthetic, input_tokens: 64, output_tokens: 8, ";
  REQUIRE(with_workload(made + "turns: 3, think_time: 2s") == "accepted");
  REQUIRE_THAT(with_workload(made + "file: a.csv"), Contains("kind: trace, sharegpt"));
  REQUIRE_THAT(with_workload(made + "window_from: 1s"), Contains("only with kind: trace"));
  REQUIRE_THAT(with_workload(made + "think_time: 2s"), Contains("sessions: true or turns"));
  REQUIRE_THAT(with_workload(made + "natural: true"), Contains("only with kind: trace"));
  REQUIRE_THAT(with_workload("kind: jsonl, file: a.jsonl, turns: 3"),
               Contains("only with kind: synthetic"));
  REQUIRE_THAT(with_workload("kind: jsonl, file: a.jsonl, sessions: true"),
               Contains("only with kind: sharegpt"));
  REQUIRE_THAT(with_workload("suite: s.jsonl, file: a.jsonl"), Contains("workload.file"));
}

TEST_CASE("Shared prefixes need a cache that may share", "[config]") {
  const std::string made = "kind: synthetic, input_tokens: 64, output_tokens: 8, ";
  const std::string shared = made + "shared_prefix: {groups: 4, hit_rate: 50 %}";
  REQUIRE(with_workload(shared + ", cache: block") == "accepted");
  REQUIRE_THAT(with_workload(shared),
               Contains("workload.cache: saw cold, want cache: block"));
  REQUIRE_THAT(with_workload(made + "cache: block, shared_prefix: {groups: 4}"),
               Contains("hit_rate"));
  REQUIRE_THAT(with_workload(made + "cache: block, shared_prefix: {groups: 4, hit_rate: 1}"),
               Contains("a share between 0 and 1"));
  REQUIRE_THAT(with_workload(shared + ", cache: block, turns: 2"),
               Contains("no shared prefix with turns"));
}

TEST_CASE("Lengths may come from a file", "[config]") {
  const std::string empirical = "kind: synthetic, output_tokens: 8, input_tokens: {kind: empirical";
  REQUIRE(with_workload(empirical + ", file: l.txt}") == "accepted");
  REQUIRE_THAT(with_workload(empirical + "}"), Contains("one length a line"));
  REQUIRE_THAT(with_workload(empirical + ", file: l.txt, mean: 5}"), Contains("no mean"));
  REQUIRE_THAT(
      with_workload("kind: synthetic, output_tokens: 8, input_tokens: {mean: 5, file: l.txt}"),
      Contains("a file with kind: empirical"));
}

TEST_CASE("Classes have names, weights and sources of their own", "[config]") {
  const std::string made = "kind: synthetic, input_tokens: 64, output_tokens: 8";
  const Scenario s = sample({"workload={classes: [{name: fim, weight: 3, " + made +
                             "}, {name: chat, suite: s.jsonl}]}"});
  REQUIRE(s.workload.classes.size() == 2);
  REQUIRE(s.workload.classes[0].name == "fim");
  REQUIRE(s.workload.classes[0].weight == 3);
  REQUIRE(s.workload.classes[0].input_tokens.mean == 64);
  REQUIRE(s.workload.classes[1].kind == PromptSource::Kind::suite);
  REQUIRE(s.workload.classes[1].weight == 1);

  REQUIRE_THAT(with_workload("classes: [{name: a, " + made + "}, {name: a, " + made + "}]"),
               Contains("workload.classes.1.name: saw a a second time"));
  REQUIRE_THAT(with_workload("classes: [{name: a, weight: 0, " + made + "}]"),
               Contains("weight"));
  REQUIRE_THAT(with_workload("classes: [{" + made + "}]"), Contains("name"));
  REQUIRE_THAT(with_workload("classes: [{name: a, " + made + "}], suite: s.jsonl"),
               Contains("each class has its own"));
  REQUIRE_THAT(with_workload("classes: [{name: a}]"), Contains("path of a prompt suite"));
}

TEST_CASE("Exact lengths can be asked for in two ways", "[config]") {
  REQUIRE(sample().workload.exact_by == ExactBy::ignore_eos);
  REQUIRE(sample({"workload.exact_by=both"}).workload.exact_by == ExactBy::both);
  REQUIRE_THAT(refusal(kSample, {"workload.exact_by=eos"}), Contains("exact_by"));
}
