// The arms' answers side by side, from a run folder.
#include "cli/answer_pairs.hpp"

#include <algorithm>

#include "../catch.hpp"
#include "cli/judge_run.hpp"
#include "report/report.hpp"
#include "store/cell_reader.hpp"
#include "store/cell_writer.hpp"
#include "store/samples.hpp"
#include "stored_run.hpp"

using namespace abgate;
using namespace abgate::cli;

namespace {

/// The item's second score is as good as any for its cluster.
std::vector<ItemScore> items_of(const store::StoredRun& run) {
  std::vector<ItemScore> out;
  for (const store::CellFile& file : run.cells) {
    if (file.name != "quality/000-baseline") continue;
    for (const RequestRecord& r : store::read_cell(file.path).requests) {
      ItemScore score;
      score.item = r.prompt_id;
      score.cluster = "cluster of " + r.prompt_id;
      out.push_back(score);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("every answer of the baseline is paired, in the plan's order, whatever the files' order",
          "[logprobs]") {
  test::TempFolder sent, shuffled;
  const auto a = store::load_run(test::store_small_run(sent.path(), {3, false}));
  const auto b = store::load_run(test::store_small_run(shuffled.path(), {3, true}));
  const auto one = read_answer_pairs(a, items_of(a)), other = read_answer_pairs(b, items_of(a));
  REQUIRE(one.size() == 200);
  REQUIRE(other.size() == one.size());
  std::size_t diverged = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    REQUIRE(one[i].lost.empty());
    REQUIRE(one[i].item == other[i].item);
    REQUIRE(one[i].cluster == "cluster of " + one[i].item);
    REQUIRE(one[i].candidate_agreement.kl_lower == other[i].candidate_agreement.kl_lower);
    REQUIRE(one[i].candidate_agreement.divergence == other[i].candidate_agreement.divergence);
    diverged += one[i].candidate_agreement.divergence ? 1U : 0U;
  }
  CHECK(diverged > 10);
  CHECK(diverged < 80);
}

TEST_CASE("a run that did not ask has no pairs, and lost answers say why", "[logprobs]") {
  test::TempFolder folder;
  store::StoredRun run = store::load_run(test::store_small_run(folder.path()));
  const auto items = items_of(run);
  const auto logprobs = run.manifest.logprobs;
  run.manifest.logprobs.reset();
  CHECK(read_answer_pairs(run, items).empty());
  run.manifest.logprobs = logprobs;
  // The candidate's answers anew: one failed, one came without, one broken, one never asked.
  const auto file = std::find_if(run.cells.begin(), run.cells.end(), [](const auto& f) {
    return f.name == "quality/000-candidate";
  });
  CellRecord cell = store::read_cell(file->path);
  cell.requests[0].outcome = TimedOut{Stage::total};
  cell.requests[0].tokens.clear();
  cell.requests[1].tokens.clear();
  cell.requests[2].tokens.clear();
  cell.requests[2].token_error = "logprobs: saw 7, want a list";
  cell.requests.erase(cell.requests.begin() + 3);
  store::CellWriter writer(file->path, cell);
  for (const RequestRecord& r : cell.requests) writer.append(r, TimePoint{});
  writer.finish(cell);
  const auto pairs = read_answer_pairs(run, items);
  REQUIRE(pairs.size() == 200);
  CHECK(pairs[0].lost == "candidate: timed_out total");
  CHECK(pairs[1].lost == "candidate: no log-probabilities came with the answer");
  CHECK(pairs[2].lost == "candidate: logprobs: saw 7, want a list");
  CHECK(pairs[3].lost == "candidate: not asked");
  CHECK(pairs[4].lost.empty());
}

TEST_CASE("the judge shows what the answers' log-probabilities say", "[logprobs]") {
  test::TempFolder folder;
  const JudgedRun judged = judge_run(store::load_run(test::store_small_run(folder.path())));
  REQUIRE(judged.comparison.likelihood.size() == 1);
  const auto& summary = judged.comparison.likelihood[0];
  CHECK(summary.task == LikelihoodTask::answer);
  CHECK(summary.texts == 200);
  CHECK(*summary.candidate.same_top.value < 1);
  std::string report;
  for (const auto& file : report::render(judged.input(), {"md"})) {
    if (file.path == "report.md") report = file.bytes;
  }
  CHECK_THAT(report, ContainsSubstring("### The arms' own answers, up to where they part"));
  CHECK_THAT(report, ContainsSubstring("3 of the 20 most likely tokens wanted"));
}
