#include <fmt/format.h>

#include <ostream>

#include "cli/ask.hpp"
#include "cli/attempts.hpp"
#include "cli/commands.hpp"
#include "cli/drive.hpp"
#include "cli/grader_check.hpp"
#include "cli/interrupt.hpp"
#include "cli/judge_run.hpp"
#include "cli/likelihood_pass.hpp"
#include "cli/plugin_pass.hpp"
#include "cli/session.hpp"
#include "core/error.hpp"
#include "report/report.hpp"

namespace abgate::cli {

namespace {

Note note_to(std::ostream& err, ProgressStyle style) {
  return [&err, style](const std::string& line) {
    if (style != ProgressStyle::none) err << line << "\n" << std::flush;
  };
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
  return decision::exit_code(judged.verdict);
}

}  // namespace

ExitCode execute(const CompareOptions& options, Streams io) {
  Interrupt interrupt;
  const Note note = note_to(io.err, options.progress);
  const Session session =
      prepare_to_drive(options.input, Arm::baseline, make_ask(),
                       grader_first(note, interrupt.token()));
  check_criteria(session, io.err);
  if (session.scenario.mode == Mode::swapped) {
    throw Error(
        ExitCode::bad_scenario,
        "mode: saw swapped, want concurrent or interleaved here; for one GPU record each arm with "
        "`abgate record` and judge the two runs with `abgate judge RUN_A RUN_B`");
  }
  DriveOptions drive_options;
  drive_options.out = options.out;
  drive_options.progress = options.progress;
  drive_options.calibrate = options.calibrate;
  drive_options.attempt = attempt_number(options.out, session.scenario, session.overrides);
  drive_options.resume = options.resume;
  drive_options.extend = [&](const std::string& run) {
    score_with_plugin(run, session.scenario, note, interrupt.token());
    return first_look_is_open(run);
  };
  const DriveResult driven = drive(session, drive_options, interrupt.token(), io.err);
  score_with_plugin(driven.run, session.scenario, note, interrupt.token());
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
  const Arm arm = name == "baseline" ? Arm::baseline : Arm::candidate;
  if (!options.outputs_of.empty() && arm == Arm::baseline) {
    throw Error(ExitCode::usage, describe({}, "--outputs-of", "it with --arm baseline=…",
                                          "it with --arm candidate=…: a baseline reads its own"));
  }
  const Note note = note_to(io.err, options.progress);
  const Session session = prepare_to_drive(input, arm, make_ask(),
                                           grader_first(note, interrupt.token()));
  check_criteria(session, io.err);
  if (session.scenario.extension) {
    throw Error(ExitCode::bad_scenario,
                "extension: saw true, want false here: an extension follows the first look while "
                "both servers are up, and a recording drives one; add --set extension=false, or "
                "use `abgate compare`");
  }
  DriveOptions drive_options;
  drive_options.out = options.out;
  drive_options.progress = options.progress;
  drive_options.only = arm;
  drive_options.attempt =
      attempt_number(options.out, session.scenario, session.overrides, drive_options.only);
  drive_options.calibrate = options.calibrate;
  if (!options.outputs_of.empty()) drive_options.outputs = output_texts(options.outputs_of);
  const DriveResult driven = drive(session, drive_options, interrupt.token(), io.err);
  score_with_plugin(driven.run, session.scenario, note, interrupt.token());
  io.out << fmt::format(
      "Recorded {}: {}\nNext: record the other arm with the same scenario, then\n  abgate judge "
      "RUN_OF_BASELINE RUN_OF_CANDIDATE\n",
      name, driven.run);
  if (interrupt.requested()) return ExitCode::interrupted;
  return driven.interrupted ? ExitCode::unavailable : ExitCode::go;
}

}  // namespace abgate::cli
