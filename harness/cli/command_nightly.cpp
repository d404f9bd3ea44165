#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/drive.hpp"
#include "cli/grader_check.hpp"
#include "cli/history_check.hpp"
#include "cli/interrupt.hpp"
#include "cli/judge_run.hpp"
#include "cli/plugin_pass.hpp"
#include "cli/session.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"
#include "report/report.hpp"
#include "store/history.hpp"
#include "store/lock.hpp"

namespace abgate::cli {

namespace {

namespace fs = std::filesystem;

void make_folder(const std::string& path) {
  std::error_code ec;
  fs::create_directories(path, ec);
  if (ec)
    throw Error(ExitCode::void_run,
                fmt::format("--state: cannot make the folder {}: {}", path, ec.message()));
}

/// What must not change within a series of nights: a change starts a new one.
std::string series_key(const JudgedRun& judged) {
  std::string text = judged.manifest.host.cpu + "\n" + judged.manifest.plan_hash + "\n" +
                     judged.manifest.criteria_hash;
  for (const auto& facts : judged.manifest.servers) {
    text += fmt::format("\n{} {} {} {}", to_string(facts.arm), facts.version, facts.model,
                        facts.model_root);
  }
  for (const auto& memory : judged.measurements.memory) text += "\n" + memory.gpu;
  return fmt::format("{:016x}", fnv1a(text));
}

store::HistoryRun history_row(const JudgedRun& judged, ExitCode code) {
  store::HistoryRun row;
  row.run_id = judged.manifest.run_id;
  row.scenario = judged.manifest.scenario_name;
  row.scenario_hash = judged.manifest.scenario_hash;
  row.criteria_hash = judged.manifest.criteria_hash;
  row.series_key = series_key(judged);
  row.started = judged.manifest.started;
  row.finished = judged.manifest.finished;
  row.decision = std::string(to_string(judged.verdict.decision));
  row.exit_code = static_cast<int>(code);
  row.attempt = judged.manifest.attempt;
  row.tool_version = judged.manifest.tool_version;
  row.simulated = judged.measurements.simulated;
  for (const auto& c : judged.verdict.criteria) {
    row.criteria.push_back({c.criterion.id, std::string(to_string(c.result)), c.measured, c.bound});
  }
  for (const auto& m : judged.comparison.metrics) {
    store::HistoryValue value;
    value.metric = m.metric;
    value.stat = m.stat;
    value.point = m.point;
    value.baseline = m.baseline.value;
    value.candidate = m.candidate.value;
    value.ratio = m.ratio.value;
    value.ratio_lo = m.ratio.lo;
    value.ratio_hi = m.ratio.hi;
    value.n = m.ratio.n;
    row.values.push_back(std::move(value));
  }
  return row;
}

std::string history_json(const std::vector<store::HistoryRun>& rows) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& row : rows) {
    auto criteria = nlohmann::ordered_json::array();
    for (const auto& c : row.criteria) {
      criteria.push_back(
          {{"id", c.id},
           {"result", c.result},
           {"measured",
            c.measured ? nlohmann::ordered_json(*c.measured) : nlohmann::ordered_json()},
           {"bound", c.bound ? nlohmann::ordered_json(*c.bound) : nlohmann::ordered_json()}});
    }
    json.push_back({{"run_id", row.run_id},
                    {"scenario", row.scenario},
                    {"series_key", row.series_key},
                    {"started", row.started},
                    {"finished", row.finished},
                    {"decision", row.decision},
                    {"exit_code", row.exit_code},
                    {"attempt", row.attempt},
                    {"simulated", row.simulated},
                    {"criteria", std::move(criteria)}});
  }
  return json.dump(2) + "\n";
}

}  // namespace

ExitCode execute(const NightlyOptions& options, Streams io) {
  make_folder(options.state);
  const store::Lock lock(options.state + "/lock", fmt::format("nightly {}", utc_now_iso()));
  Interrupt interrupt;
  const Note note = [&](const std::string& line) {
    if (options.progress != ProgressStyle::none) io.err << line << "\n" << std::flush;
  };
  const Session session = prepare_to_drive(
      options.input, Arm::baseline, make_ask(),
      grader_first(note, interrupt.token()));
  check_criteria(session, io.err);
  DriveOptions drive_options;
  drive_options.out = options.state + "/runs";
  drive_options.progress = options.progress;
  drive_options.extend = [&](const std::string& run) {
    score_with_plugin(run, session.scenario, note, interrupt.token());
    return first_look_is_open(run);
  };
  make_folder(drive_options.out);
  store::History history(options.state + "/history.db");
  const DriveResult driven = drive(session, drive_options, interrupt.token(), io.err);
  score_with_plugin(driven.run, session.scenario, note, interrupt.token());
  JudgedRun judged = judge_run(store::load_run(driven.run));
  decision::HistoryRules rules;
  rules.min_effect = options.min_effect;
  rules.min_history = options.min_history;
  const HistoryCheck past = interrupt.requested()
                                ? HistoryCheck{}
                                : check_history(judged, series_key(judged),
                                                history.list(judged.manifest.scenario_name), rules);
  if (past.regressed || !past.sentences.empty()) {
    write_history_check(driven.run, past);
    judged = judge_run(store::load_run(driven.run));
  }
  write_reports(judged, driven.run);
  const ExitCode code =
      interrupt.requested() ? ExitCode::interrupted : decision::exit_code(judged.verdict);
  history.append(history_row(judged, code));
  io.out << report::console_summary(judged.input(), 120) << "\nReport: " << driven.run
         << "/report.md\n";
  return code;
}

ExitCode execute(const HistoryOptions& options, Streams io) {
  const std::string path = options.state + "/history.db";
  if (!fs::exists(path)) {
    throw DataError({path, 0, 0}, "", "no history",
                    "the --state folder of a nightly run (run `abgate nightly` first)");
  }
  const auto rows = store::History(path).list("", options.limit);
  if (options.json) {
    io.out << history_json(rows);
    return ExitCode::go;
  }
  io.out << fmt::format("{:<20} {:<14} {:>4}  {:<20} {}\n", "started", "verdict", "exit",
                        "scenario", "run");
  for (const auto& row : rows) {
    io.out << fmt::format("{:<20} {:<14} {:>4}  {:<20} {}{}\n", row.started, row.decision,
                          row.exit_code, row.scenario, row.run_id,
                          row.simulated ? " (simulated)" : "");
  }
  return ExitCode::go;
}

}  // namespace abgate::cli
