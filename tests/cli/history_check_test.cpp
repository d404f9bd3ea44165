#include "cli/history_check.hpp"

#include "../catch.hpp"
#include "core/error.hpp"
#include "store/samples.hpp"
#include "stored_run.hpp"

using namespace abgate;
using namespace abgate::cli;

namespace {

/// Nights of the small run's series: ratios of speed and quality as given.
std::vector<store::HistoryRun> nights(const std::vector<double>& speeds, double quality = 1.0) {
  std::vector<store::HistoryRun> out;
  for (std::size_t i = 0; i < speeds.size(); ++i) {
    store::HistoryRun run;
    run.run_id = "night-" + std::to_string(i);
    run.scenario = "small-run";
    run.series_key = "same";
    run.decision = "GO";
    store::HistoryValue v;
    v.metric = "stream_speed";
    v.stat = "mean";
    v.point = "c2";
    v.ratio = speeds[i];
    run.values = {v};
    run.criteria = {{"quality", "PASS", quality * (1 + 0.002 * static_cast<double>(i % 3)), {}}};
    out.push_back(std::move(run));
  }
  return out;
}

std::vector<double> steady(std::size_t n, double around) {
  std::vector<double> out;
  for (std::size_t i = 0; i < n; ++i)
    out.push_back(around * (1 + 0.01 * (static_cast<double>(i % 3) - 1)));
  return out;
}

}  // namespace

TEST_CASE("tonight is compared with the nights of its own series", "[cli][history]") {
  test::TempFolder folder;
  const std::string path = test::store_small_run(folder.path());
  const JudgedRun judged = judge_run(store::load_run(path));
  const double now = *judged.comparison.find("stream_speed", "mean", "c2")->ratio.value;

  CHECK_FALSE(check_history(judged, "same", nights(steady(20, now)), {}).regressed);
  CHECK(check_history(judged, "same", nights(steady(20, now)), {}).sentences.empty());

  std::vector<double> fell = steady(20, 1.3 * now);
  HistoryCheck found = check_history(judged, "same", nights(fell), {});
  CHECK_FALSE(found.regressed);
  REQUIRE(found.sentences.size() == 1);
  CHECK_THAT(found.sentences[0],
             ContainsSubstring("warning from history: stream_speed (mean) at c2"));

  fell.push_back(now);
  found = check_history(judged, "same", nights(fell), {});
  CHECK(found.regressed);
  CHECK_THAT(found.sentences.at(0), ContainsSubstring("regression against history"));

  // Another series, VOID nights and the run itself do not count.
  CHECK(check_history(judged, "other", nights(fell), {}).sentences.empty());
  auto spoiled = nights(fell);
  for (auto& run : spoiled) run.decision = "VOID";
  CHECK(check_history(judged, "same", spoiled, {}).sentences.empty());

  // Quality by its own ratio.
  found = check_history(judged, "same", nights(steady(20, now), 1.5), {});
  REQUIRE(found.sentences.size() == 1);
  CHECK_THAT(found.sentences[0], ContainsSubstring("quality.em_ws"));
}

TEST_CASE("what the history said is kept in the run folder and judged again offline",
          "[cli][history]") {
  test::TempFolder folder;
  const std::string path = test::store_small_run(folder.path());
  CHECK(read_history_check(path).sentences.empty());
  write_history_check(path, {true, {"regression against history: \"speed\" fell"}});
  const HistoryCheck back = read_history_check(path);
  CHECK(back.regressed);
  CHECK(back.sentences.at(0) == "regression against history: \"speed\" fell");
  const JudgedRun judged = judge_run(store::load_run(path));
  CHECK(judged.verdict.regressed);
  CHECK(std::find(judged.verdict.caveats.begin(), judged.verdict.caveats.end(),
                  back.sentences[0]) != judged.verdict.caveats.end());

  for (const char* broken : {"", "{", "[]", "{\"regressed\":1,\"sentences\":[]}",
                             "{\"regressed\":true,\"sentences\":[1]}"}) {
    test::spew(path + "/history.json", broken);
    CHECK_THROWS_AS(read_history_check(path), DataError);
  }
}
