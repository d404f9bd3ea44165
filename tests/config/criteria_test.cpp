// Criteria that cannot mean what they say.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "catch.hpp"
#include "config/sample.hpp"

using namespace abgate;
using namespace abgate::config;

namespace {

/// The refusal of one more criterion beside the sample's.
std::string verdict_on(const std::string& criterion,
                       const std::vector<std::string>& overrides = {}) {
  return refusal(kSample + "  - {id: extra, " + criterion + "}\n", overrides);
}

struct Case {
  const char* criterion;
  const char* said;
};

void require_refusals(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const std::string said = verdict_on(c.criterion);
    INFO(c.criterion << "\n" << said);
    CHECK(said.rfind("s.yaml:25:", 0) == 0);
    CHECK_THAT(said, ContainsSubstring(c.said));
  }
}

}  // namespace

TEST_CASE("Criteria that mean something are accepted", "[config]") {
  for (const char* good :
       {"metric: ttft, stat: p99, op: '<=', value: 2 s",
        "metric: tpot, op: '<', value: 25 ms, point: r4",
        "metric: throughput, form: ratio, op: '>', value: 1",
        "metric: stream_speed, stat: p50, op: '>=', value: 40 tok/s",
        "metric: error_rate, op: '<', value: 1 %", "metric: restarts, op: '==', value: 0",
        "metric: errors, op: '<=', value: 3 req", "metric: slo_attainment, op: '>=', value: 0.95",
        "metric: quality.pass1, form: difference, op: '>', value: -5 %",
        "metric: quality.flip_rate, op: '<', value: 15 %",
        "metric: quality.ppl_ratio, op: '<', value: 1.05",
        "metric: gpu_memory_used, form: ratio, op: '<', value: 0.7",
        "metric: output_tokens, form: ratio, op: '<', value: 1.1",
        "metric: ttft, form: difference, op: '<', value: 100 ms",
        "metric: e2e, op: '<', value: 1 m, missing: fail, alpha: 0.01"}) {
    INFO(good);
    REQUIRE(verdict_on(good) == "accepted");
  }
}

TEST_CASE("A perplexity criterion needs the log-probabilities that it is made of", "[config]") {
  CHECK_THAT(verdict_on("metric: quality.ppl_ratio, op: '<', value: 1.05",
                        {"quality.likelihood.enabled=false"}),
             ContainsSubstring("want quality.likelihood: {enabled: true}"));
}

TEST_CASE("Unknown metrics, statistics, points and levels are refused with a suggestion",
          "[config]") {
  require_refusals(
      {{"metric: tttf, op: '<', value: 1 s", "(did you mean \"ttft\"?)"},
       {"metric: quality.em, op: '>', value: 1", "(did you mean \"quality.em_strict\"?)"},
       {"metric: quality.em_s, op: '>', value: 1", "did you mean"},
       {"metric: ttft, stat: p999, op: '<', value: 1 s", "(did you mean \"p99\"?)"},
       {"metric: ttft, op: '<', value: 1 s, point: c9",
        "saw c9, want c8 or r4 (did you mean \"c8\"?)"},
       {"metric: ttft, op: '<', value: 1 s, level: should", "want must or target"},
       {"metric: ttft, op: '!=', value: 1 s",
        "want one of \"<\", \"<=\", \">\", \">=\", \"==\" in quotes"},
       {"metric: ttft, op: '<'", "criteria.5.value: saw nothing"},
       {"op: '<', value: 1", "criteria.5.metric: saw nothing"},
       {"metric: ttft, value: 1 s", "criteria.5.op: saw nothing"}});
}

TEST_CASE("Directions that are inverted are refused", "[config]") {
  require_refusals(
      {{"metric: ttft, op: '>', value: 1 s",
        "saw > on ttft, where lower is better, want \"<\" or \"<=\""},
       {"metric: stream_speed, op: '<=', value: 40 tok/s",
        "where higher is better, want \">\" or \">=\""},
       {"metric: error_rate, op: '>=', value: 0.95", "where lower is better"},
       {"metric: throughput, form: ratio, op: '<', value: 2", "where higher is better"},
       {"metric: quality.em_ws, form: difference, op: '<', value: 0.05", "where higher is better"},
       {"metric: ttft, op: '==', value: 1 s", "which never holds, want \"<=\""},
       {"metric: quality.em_ws, op: '==', value: 1", "which never holds, want \">=\""}});
}

TEST_CASE("Units of something else, or none where one is needed, are refused", "[config]") {
  require_refusals(
      {{"metric: ttft, op: '<', value: 1", "saw 1 without a unit, want a number for ttft in s, ms"},
       {"metric: ttft, op: '<', value: 1 GB", "saw 1 GB, want a number for ttft in s, ms"},
       {"metric: gpu_memory_used, op: '<', value: 60", "in GB, GiB"},
       {"metric: gpu_memory_used, op: '<', value: 60 s", "saw 60 s"},
       {"metric: stream_speed, op: '>=', value: 40 req/s", "in tok/s"},
       {"metric: throughput, form: ratio, op: '>', value: 2 tok/s", "a plain number for a ratio"},
       {"metric: quality.em_ws, op: '>', value: 95 points", "in %"},
       {"metric: ttft, op: '<', value: fast", "saw fast"},
       {"metric: ttft, op: '<', value: [1 s]", "saw a list"},
       {"metric: ttft, op: '<', value: 1 s, unit: ms", "saw ms beside 1 s, want one unit"},
       {"metric: ttft, op: '<', value: 1, unit: GB", "saw GB"},
       {"metric: errors, op: '==', value: 0 GB", "saw 0 GB"}});
}

TEST_CASE("Thresholds that nothing meets or everything meets are refused", "[config]") {
  require_refusals(
      {{"metric: quality.em_ws, op: '>', value: 1", "can be met: it lies between 0 and 1"},
       {"metric: quality.em_ws, op: '>=', value: 1.2", "can be met"},
       {"metric: quality.em_ws, op: '>=', value: 0", "can be missed"},
       {"metric: quality.em_ws, op: '>=', value: 95", "can be met"},
       {"metric: error_rate, op: '<', value: 0", "can be met"},
       {"metric: error_rate, op: '<=', value: 1", "can be missed"},
       {"metric: errors, op: '<', value: 0", "can be met: it is never below 0"},
       {"metric: errors, op: '==', value: -1", "can be met"},
       {"metric: errors, op: '==', value: 0.5", "a whole number"},
       {"metric: ttft, op: '<', value: 0 s", "can be met"},
       {"metric: gpu_memory_used, op: '<', value: -1 GB", "can be met"},
       {"metric: throughput, form: ratio, op: '>=', value: 0", "can be missed"},
       {"metric: ttft, form: ratio, op: '<', value: 0", "can be met"},
       {"metric: quality.em_ws, form: difference, op: '>', value: 1", "between -1 and 1"},
       {"metric: quality.em_ws, form: difference, op: '>', value: -2", "can be missed"}});
}

TEST_CASE("Statistics and forms that the metric does not have are refused", "[config]") {
  require_refusals(
      {{"metric: stream_speed, stat: p95, op: '>=', value: 40 tok/s", "use tpot with p95"},
       {"metric: gpu_memory_used, stat: mean, op: '<', value: 60 GB",
        "saw mean of gpu_memory_used, want max"},
       {"metric: errors, stat: p95, op: '==', value: 0", "want sum"},
       {"metric: throughput, stat: p50, op: '>', value: 40 tok/s", "want mean"},
       {"metric: errors, form: ratio, op: '<', value: 2",
        "saw ratio of errors, a count whose baseline is 0"},
       {"metric: error_rate, form: difference, op: '<', value: 0.1", "want form: candidate"},
       {"metric: quality.flip_rate, form: ratio, op: '<', value: 2", "form: candidate"},
       {"metric: quality.ppl_ratio, form: ratio, op: '<', value: 1.05",
        "already compares the arms"},
       {"metric: quality.em_ws, op: '>', value: 0.5, point: c8", "belongs to the whole run"},
       {"metric: gpu_memory_used, op: '<', value: 60 GB, point: c8", "belongs to the whole run"},
       {"metric: ttft, op: '<', value: 1 s, alpha: 0", "above 0"},
       {"metric: ttft, op: '<', value: 1 s, alpha: 0.9", "from 0 to 0.5"},
       {"metric: ttft, op: '<', value: 1 s, min_n: -1", "a whole number"}});
}

TEST_CASE("Missing data never pass", "[config]") {
  require_refusals(
      {{"metric: ttft, op: '<', value: 1 s, missing: pass",
        "want inconclusive or fail: data that are missing never pass"},
       {"metric: ttft, op: '<', value: 1 s, missing: ignore", "want inconclusive or fail"}});
}

TEST_CASE("A percentile needs enough planned requests for a bound to exist", "[config]") {
  // ln 0.05 / ln 0.95 = 58.4 and ln 0.05 / ln 0.99 = 298.07: 59 and 299 requests.
  const std::string p99 = "metric: ttft, stat: p99, op: '<', value: 2 s";
  REQUIRE(verdict_on(p99) == "accepted");  // 6 × 50 = 300
  REQUIRE_THAT(
      verdict_on(p99, {"points.c8.requests=49"}),
      ContainsSubstring(
          "saw p99 of 294 requests (6 blocks × 49 at point c8), want at least 299 requests"));
  REQUIRE(verdict_on(p99 + ", point: r4", {"points.c8.requests=49"}) ==
          "accepted");  // bounded by time: not known
  REQUIRE_THAT(verdict_on("metric: ttft, stat: p90, op: '<', value: 2 s",
                          {"blocks=1", "points.c8.requests=28", "criteria.ttft.stat=mean"}),
               ContainsSubstring("at least 29 requests"));
  REQUIRE_THAT(verdict_on(p99 + ", alpha: 0.01"), ContainsSubstring("at least 459 requests"));
}

TEST_CASE("Criteria whose data the scenario never collects are refused", "[config]") {
  REQUIRE_THAT(refusal(kSample, {"quality=null"}),
               ContainsSubstring("quality.em_ws without a quality pass"));
  REQUIRE_THAT(refusal(kSample, {"candidate.gpu=null"}),
               ContainsSubstring("gpu_memory_used without a source"));
  REQUIRE_THAT(
      verdict_on("metric: gpu_memory_used, form: ratio, op: '<', value: 1", {"baseline.gpu=null"}),
      ContainsSubstring("without the baseline's memory"));
  REQUIRE_THAT(verdict_on("metric: slo_attainment, op: '>', value: 0.9", {"slo=null"}),
               ContainsSubstring("without objectives"));
}

TEST_CASE("Ids are unique and something must hold", "[config]") {
  REQUIRE_THAT(verdict_on("metric: errors, op: '==', value: 0", {"criteria.extra.id=ttft"}),
               ContainsSubstring("saw ttft a second time"));
  REQUIRE_THAT(refusal(kSample, {"criteria=[]"}),
               ContainsSubstring("saw no criterion of level must"));
  REQUIRE_THAT(
      refusal(kSample, {"criteria=[{id: a, level: target, metric: errors, op: \"==\", value: 0}]"}),
      ContainsSubstring("saw no criterion of level must"));
}

TEST_CASE("A stored run can be judged by the criteria of another file", "[config]") {
  const std::string path =
      (std::filesystem::temp_directory_path() /
       ("abgate-criteria-" + std::to_string(static_cast<long>(::getpid())) + ".yaml"))
          .string();
  const auto criteria_of = [&](const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
    return load_criteria(path, sample());
  };
  const auto criteria =
      criteria_of("criteria:\n  - {id: slow, metric: ttft, op: '<', value: 2 s, point: r4}\n");
  REQUIRE(criteria.size() == 1);
  REQUIRE((criteria[0].id == "slow" && criteria[0].value == 2));
  REQUIRE(criteria_of(kSample).size() == 5);
  REQUIRE_THROWS_WITH(criteria_of("name: x\n"),
                      path + ":1:1: criteria: saw nothing, want a list of criteria");
  REQUIRE_THROWS_WITH(
      criteria_of("criteria:\n  - {id: a, metric: ttft, op: '<', value: 2 s, point: c99}\n"),
      ContainsSubstring("criteria.0.point: saw c99"));
  std::filesystem::remove(path);
  REQUIRE_THROWS_AS(load_criteria("no-such-file.yaml", sample()), ScenarioError);
}

TEST_CASE("A scorer of one's own must be declared, and asked in its direction", "[config]") {
  const std::string own = "metric: quality.plugin, op: '>=', value: 0.5";
  CHECK_THAT(verdict_on(own, {}), ContainsSubstring("quality.plugin without a scorer"));
  CHECK(verdict_on(own, {"quality.scorer={command: [score.py]}"}) == "accepted");
  CHECK_THAT(verdict_on(own, {"quality.scorer={command: [score.py], higher_is_better: false}"}),
             ContainsSubstring("lower is better"));
  CHECK(verdict_on("metric: quality.plugin, form: difference, op: '<', value: 0.05",
                   {"quality.scorer={command: [score.py], higher_is_better: false}"}) ==
        "accepted");
  CHECK_THAT(verdict_on(own, {"quality.scorer={command: []}"}), ContainsSubstring("command"));
  CHECK_THAT(verdict_on(own, {"quality.scorer={metric: x}"}), ContainsSubstring("command"));
  CHECK_THAT(verdict_on(own, {"quality.scorer={command: score.py}"}),
             ContainsSubstring("command"));
  CHECK_THAT(verdict_on(own, {"quality.scorer={command: [x], timeout: 0s}"}),
             ContainsSubstring("timeout"));
  const std::string passk = "metric: quality.pass_at_k, op: '>=', value: 0.5";
  CHECK_THAT(verdict_on(passk, {}), ContainsSubstring("quality.repeats"));
  CHECK(verdict_on(passk, {"quality.repeats=5", "quality.pass_k=3"}) == "accepted");
  CHECK_THAT(verdict_on(passk, {"quality.repeats=5", "quality.pass_k=6"}),
             ContainsSubstring("at most quality.repeats"));
}
