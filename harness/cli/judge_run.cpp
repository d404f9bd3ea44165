#include "cli/judge_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <thread>

#include "cli/answer_pairs.hpp"
#include "cli/history_check.hpp"
#include "cli/likelihood_pass.hpp"
#include "cli/plugin_pass.hpp"
#include "cli/score_answers.hpp"
#include "config/scenario_file.hpp"
#include "core/error.hpp"
#include "decision/extension.hpp"
#include "decision/judge.hpp"
#include "observe/fingerprint.hpp"
#include "quality/score.hpp"
#include "report/report.hpp"
#include "report/vllm_bench.hpp"
#include "stats/compare.hpp"
#include "stats/measure.hpp"
#include "store/run_folder.hpp"

namespace abgate::cli {

namespace {

Scenario scenario_of(const Manifest& manifest, const std::string& criteria) {
  Scenario scenario = config::parse_scenario(manifest.scenario_source, manifest.scenario_path,
                                             manifest.overrides, config::Secrets::leave_as_written);
  if (!criteria.empty()) scenario.criteria = config::load_criteria(criteria, scenario);
  scenario.mode = manifest.mode == Mode::recorded ? Mode::recorded : scenario.mode;
  return scenario;
}

void append(std::vector<RequestRecord>& to, std::vector<RequestRecord>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// Every score of the answers, with what is not measured.
std::vector<ItemScore> all_scores(const store::StoredRun& run, const QualityConfig& config,
                                  const std::vector<RequestRecord>& answers, unsigned threads,
                                  std::vector<std::string>& notes) {
  Suite suite;
  if (!load_quality_suite(run, suite)) return {};
  auto scores = quality::score(suite, answers, threads);
  notes = add_executed(scores, suite, config, verdict_files(run.path), threads);
  for (std::string& note : add_plugin_scores(run, config.scorer, scores))
    notes.push_back(std::move(note));
  return scores;
}

}  // namespace

ScoredRun score_run(const store::StoredRun& run, const QualityConfig& config) {
  std::vector<RequestRecord> answers;
  store::for_each_cell(run, [&](CellRecord&& cell) {
    if (cell.kind == CellKind::quality) append(answers, std::move(cell.requests));
  });
  ScoredRun out;
  out.scores = all_scores(run, config, answers, 0, out.notes);
  return out;
}

namespace {

/// Only these files need the raw records a second time, and only who asks for them waits.
std::vector<report::File> vllm_bench_files(const std::string& folder, const JudgedRun& judged) {
  report::VllmBench bench(judged.manifest, judged.scenario);
  store::for_each_cell(store::load_run(folder), [&](CellRecord&& cell) { bench.add(cell); });
  return bench.files();
}

}  // namespace

bool first_look_is_open(const std::string& folder) {
  store::StoredRun run = store::load_run(folder);
  run.done = true;
  run.manifest.interrupted = false;
  return decision::wants_extension(judge_run(run).verdict);
}

JudgedRun judge_run(const store::StoredRun& run, const std::string& criteria, unsigned threads) {
  if (std::filesystem::exists(run.path + "/search.json"))
    throw DataError({run.path, 0, 0}, "", "the run of a search, which has no verdict",
                    "abgate search report " + run.path);
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  JudgedRun out;
  out.manifest = run.manifest;
  out.telemetry = run.telemetry;
  out.scenario = scenario_of(run.manifest, criteria);

  stats::MeasureInput input;
  std::vector<RequestRecord> answers;
  store::for_each_cell(
      run,
      [&](CellRecord&& cell) {
        input.cells.push_back(stats::measure_cell(cell));
        if (cell.kind == CellKind::quality) append(answers, std::move(cell.requests));
      },
      threads);
  std::vector<std::string> notes;
  input.scores = all_scores(run, out.scenario.quality, answers, threads, notes);
  auto answer_pairs = read_answer_pairs(run, input.scores);
  input.telemetry = run.telemetry;
  for (const auto& expected : run.manifest.expected) input.expected.push_back(expected.name);
  out.measurements = stats::measure(std::move(input), out.scenario);
  out.measurements.quality_notes = std::move(notes);
  out.measurements.likelihood =
      read_likelihood(run, out.scenario.quality.likelihood.whole_document);
  std::move(answer_pairs.begin(), answer_pairs.end(),
            std::back_inserter(out.measurements.likelihood));
  out.measurements.interrupted = out.measurements.interrupted || run.manifest.interrupted;

  stats::CompareOptions compare;
  compare.slo = out.scenario.slo;
  if (!out.scenario.quality.scorer.higher_is_better) compare.lower_is_better = {"plugin"};
  out.comparison = stats::compare(out.measurements, compare);
  decision::JudgeContext context;
  context.threads = threads;
  context.attempt = static_cast<std::size_t>(std::max(1, run.manifest.attempt));
  context.looks = out.scenario.extension ? 2 : 1;
  context.look = out.scenario.extension ? std::clamp(run.manifest.look, 1U, 2U) : 1U;
  context.fingerprint_changes =
      observe::fingerprint_changes(run.manifest.servers, run.manifest.servers_after, run.telemetry);
  if (run.manifest.merged_from.empty()) {
    HistoryCheck past = read_history_check(run.path);
    context.regressed = past.regressed;
    context.history = std::move(past.sentences);
  }
  context.unchecked = observe::fingerprint_gaps(run.manifest.servers, run.manifest.servers_after);
  out.verdict = decision::judge(out.scenario, out.measurements, out.comparison, context);
  return out;
}

std::vector<std::string> write_reports(const JudgedRun& judged, const std::string& folder,
                                       const std::vector<std::string>& formats) {
  std::filesystem::create_directories(folder);
  const auto out = store::RunFolder::open(folder);
  const auto& wanted = formats.empty() ? judged.scenario.report.formats : formats;
  auto files = report::render(judged.input(), wanted);
  if (std::find(wanted.begin(), wanted.end(), "vllm-bench") != wanted.end() &&
      std::filesystem::exists(folder + "/manifest.json")) {
    for (auto& file : vllm_bench_files(folder, judged)) files.push_back(std::move(file));
  }
  std::vector<std::string> written;
  for (const auto& file : files) {
    out.write(file.path, file.bytes);
    written.push_back(folder + "/" + file.path);
  }
  return written;
}

}  // namespace abgate::cli
