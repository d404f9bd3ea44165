#include <fmt/format.h>

#include <ostream>

#include "cli/commands.hpp"
#include "cli/judge_run.hpp"
#include "cli/plugin_pass.hpp"
#include "config/scenario_file.hpp"
#include "core/error.hpp"
#include "report/report.hpp"

namespace abgate::cli {

namespace {

void rescore(const std::string& folder, Streams io) {
  const Manifest manifest = store::load_run(folder).manifest;
  const Scenario scenario =
      config::parse_scenario(manifest.scenario_source, manifest.scenario_path, manifest.overrides,
                             config::Secrets::leave_as_written);
  if (scenario.quality.scorer.command.empty())
    throw Error(ExitCode::usage, describe({}, "--rescore", folder + " without a scorer",
                                          "a run whose scenario has quality.scorer"));
  score_with_plugin(
      folder, scenario, [&](const std::string& line) { io.err << line << "\n"; }, {}, true);
}

}  // namespace

ExitCode execute(const JudgeOptions& options, Streams io) {
  store::StoredRun run = store::load_run(options.run);
  if (options.rescore) {
    for (const std::string& one : {options.run, options.other_run})
      if (!one.empty()) rescore(one, io);
  }
  std::string folder = options.run;
  if (!options.other_run.empty()) {
    run = store::merge_runs(run, store::load_run(options.other_run));
    folder = options.other_run + "/judged-with-" + store::load_run(options.run).manifest.run_id;
  }
  const JudgedRun judged = judge_run(run, options.criteria, options.threads);
  // Other criteria give another verdict: it must not replace the run's own.
  if (!options.criteria.empty()) folder += "/judged-" + judged.verdict.criteria_hash;
  write_reports(judged, folder);
  io.out << report::console_summary(judged.input(), 120) << "\nReport: " << folder
         << "/report.md\n";
  return decision::exit_code(judged.verdict);
}

ExitCode execute(const ReportCommandOptions& options, Streams io) {
  const JudgedRun judged = judge_run(store::load_run(options.run));
  for (const auto& file : write_reports(judged, options.run, options.formats))
    io.out << file << "\n";
  return ExitCode::go;
}

}  // namespace abgate::cli
