#include <fmt/format.h>

#include <ostream>

#include "cli/commands.hpp"
#include "cli/judge_run.hpp"
#include "report/report.hpp"

namespace abgate::cli {

ExitCode execute(const JudgeOptions& options, Streams io) {
  store::StoredRun run = store::load_run(options.run);
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
