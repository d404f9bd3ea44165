// From a stored run to its verdict: neither threads, nor the order of records, nor the unit that a
// threshold is written in can change it.
#include "cli/judge_run.hpp"

#include <filesystem>
#include <map>

#include "../catch.hpp"
#include "report/report.hpp"
#include "store/samples.hpp"
#include "stored_run.hpp"

using namespace abgate;
using namespace abgate::cli;

namespace {

/// Every file that a judge writes, by its name.
std::map<std::string, std::string> judged_files(const std::string& run, unsigned threads) {
  std::map<std::string, std::string> out;
  const JudgedRun judged = judge_run(store::load_run(run), "", threads);
  for (const auto& file : report::render(judged.input(), {"md", "html", "json", "junit", "prom"})) {
    out[file.path] = file.bytes;
  }
  return out;
}

std::string with_criteria(const test::TempFolder& folder, const std::string& run,
                          const std::string& criteria) {
  const std::string source = store::load_run(run).manifest.scenario_source;
  const std::string path = folder / "criteria.yaml";
  test::spew(path, source.substr(0, source.find("criteria:")) + "criteria:\n" + criteria);
  return path;
}

}  // namespace

TEST_CASE("a judge on 1, 2 and 4 threads writes the same bytes", "[cli][property]") {
  for (const std::uint64_t seed : {7U, 8U}) {
    test::TempFolder folder;
    const std::string run = test::store_small_run(folder.path(), {seed, false});
    const auto one = judged_files(run, 1);
    REQUIRE(one.count("report.md") == 1);
    REQUIRE(one.count("verdict.json") == 1);
    // The parts that run on threads are all in it: scores of answers, the crossover's bootstrap.
    CHECK_THAT(one.at("verdict.json"), ContainsSubstring("\"crossover\""));
    CHECK_THAT(one.at("verdict.json"), ContainsSubstring("crosses at"));
    CHECK_THAT(one.at("verdict.json"), ContainsSubstring("quality.edit_similarity"));
    for (const unsigned threads : {2U, 4U, 0U}) {
      const auto other = judged_files(run, threads);
      REQUIRE(other.size() == one.size());
      for (const auto& [name, bytes] : one) {
        CAPTURE(threads, name);
        CHECK((other.at(name) == bytes));
      }
    }
  }
}

TEST_CASE("the order in which a cell's records were stored changes nothing", "[cli][property]") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    test::TempFolder sent, shuffled;
    const std::string a = test::store_small_run(sent.path(), {seed, false});
    const std::string b = test::store_small_run(shuffled.path(), {seed, true});
    REQUIRE(test::slurp(a + "/raw/c8/000-candidate.jsonl.gz") !=
            test::slurp(b + "/raw/c8/000-candidate.jsonl.gz"));
    const auto one = judged_files(a, 2), other = judged_files(b, 2);
    for (const auto& [name, bytes] : one) {
      CAPTURE(seed, name);
      CHECK((other.at(name) == bytes));
    }
  }
}

TEST_CASE("the unit that a threshold is written in changes nothing", "[cli][property]") {
  test::TempFolder folder;
  const std::string run = test::store_small_run(folder.path());
  struct Pair {
    const char *one, *other;
  };
  const std::vector<Pair> pairs{
      {"metric: ttft, stat: p95, point: c8, op: \"<\", value: 0.5 s",
       "metric: ttft, stat: p95, point: c8, op: \"<\", value: 500 ms"},
      {"metric: ttft, stat: mean, point: c8, op: \"<\", value: 260 ms",
       "metric: ttft, stat: mean, point: c8, op: \"<\", value: 0.26 s"},
      {"metric: tpot, stat: p95, point: c2, op: \"<\", value: 12 ms",
       "metric: tpot, stat: p95, point: c2, op: \"<\", value: 12000 us"},
      {"metric: gpu_memory_used, op: \"<\", value: 60 GB",
       "metric: gpu_memory_used, op: \"<\", value: 60000 MB"},
      {"metric: gpu_memory_used, op: \"<\", value: 60 GiB",
       "metric: gpu_memory_used, op: \"<\", value: 64.42450944 GB"},
      {"metric: quality.em_ws, form: ratio, op: \">\", value: 0.9",
       "metric: quality.em_ws, form: ratio, op: \">\", value: 90 %"},
      {"metric: stream_speed, form: ratio, point: c2, op: \">=\", value: 2",
       "metric: stream_speed, form: ratio, point: c2, op: \">=\", value: 2x"},
      {"metric: error_rate, op: \"<\", value: 0.02", "metric: error_rate, op: \"<\", value: 2 %"}};
  for (const Pair& p : pairs) {
    const auto verdict = [&](const char* text) {
      const std::string criteria =
          with_criteria(folder, run, "  - {id: x, " + std::string(text) + "}\n");
      return judge_run(store::load_run(run), criteria, 1).verdict;
    };
    const decision::Verdict a = verdict(p.one), b = verdict(p.other);
    CAPTURE(p.one, p.other);
    CHECK(a.decision == b.decision);
    CHECK(a.criteria[0].result == b.criteria[0].result);
    CHECK(a.criteria[0].reason == b.criteria[0].reason);
    CHECK(a.headline == b.headline);
  }
}
