#include <fmt/format.h>

#include <ostream>

#include "cli/attempts.hpp"
#include "cli/commands.hpp"
#include "cli/drive.hpp"
#include "cli/interrupt.hpp"
#include "cli/judge_run.hpp"
#include "cli/session.hpp"
#include "core/error.hpp"
#include "decision/extension.hpp"
#include "decision/lint.hpp"
#include "report/report.hpp"

namespace abgate::cli {

namespace {

/// The run so far, judged as if it had ended here: does it take the declared extension?
bool first_look_is_open(const std::string& folder) {
  store::StoredRun run = store::load_run(folder);
  run.done = true;
  run.manifest.interrupted = false;
  return decision::wants_extension(judge_run(run).verdict);
}

/// Criteria that cannot mean what they say are refused before any load; others are warned of.
void refuse_nonsense(const Session& session, Streams io) {
  for (const auto& finding : decision::lint(session.scenario, &session.plan)) {
    if (finding.fatal) {
      throw ScenarioError({session.scenario.path, finding.line, 0},
                          finding.key, finding.seen, finding.wanted);
    }
    io.err << "warning: " << decision::sentence_of(finding) << "\n";
  }
}

/// Judges a finished run folder, writes its reports and prints the summary.
ExitCode conclude(const DriveResult& driven, bool interrupted, Streams io) {
  const JudgedRun judged = judge_run(store::load_run(driven.run));
  write_reports(judged, driven.run);
  io.out << report::console_summary(judged.input(), 120) << "\nReport: " << driven.run
         << "/report.md\n";
  if (interrupted) {
    io.err << "abgate: interrupted; what was measured is in " << driven.run << "\n";
    return ExitCode::interrupted;
  }
  return decision::exit_code(judged.verdict.decision);
}

}  // namespace

ExitCode execute(const CompareOptions& options, Streams io) {
  Interrupt interrupt;
  const Session session = prepare(options.input);
  refuse_nonsense(session, io);
  if (session.scenario.mode == Mode::swapped) {
    throw Error(
        ExitCode::bad_scenario,
        "mode: saw swapped, want concurrent or interleaved here; for one GPU record each arm with "
        "`abgate record` and judge the two runs with `abgate judge RUN_A RUN_B`");
  }
  DriveOptions drive_options;
  drive_options.out = options.out;
  drive_options.progress = options.progress;
  drive_options.attempt = attempt_number(options.out, session.scenario, session.overrides);
  drive_options.extend = first_look_is_open;
  const DriveResult driven = drive(session, drive_options, interrupt.token(), io.err);
  return conclude(driven, interrupt.requested(), io);
}

ExitCode execute(const RecordOptions& options, Streams io) {
  const auto equals = options.arm.find('=');
  const std::string name = options.arm.substr(0, equals);
  if (equals == std::string::npos || (name != "baseline" && name != "candidate") ||
      equals + 1 == options.arm.size()) {
    throw Error(ExitCode::usage,
                describe({}, "--arm", options.arm, "baseline=URL or candidate=URL"));
  }
  ScenarioOptions input = options.input;
  (name == "baseline" ? input.baseline_url : input.candidate_url) = options.arm.substr(equals + 1);
  Interrupt interrupt;
  const Session session = prepare(input);
  DriveOptions drive_options;
  drive_options.out = options.out;
  drive_options.progress = options.progress;
  drive_options.only = name == "baseline" ? Arm::baseline : Arm::candidate;
  const DriveResult driven = drive(session, drive_options, interrupt.token(), io.err);
  io.out << fmt::format(
      "Recorded {}: {}\nNext: record the other arm with the same scenario, then\n  abgate judge "
      "RUN_OF_BASELINE RUN_OF_CANDIDATE\n",
      name, driven.run);
  if (interrupt.requested()) return ExitCode::interrupted;
  return driven.interrupted ? ExitCode::unavailable : ExitCode::go;
}

}  // namespace abgate::cli
