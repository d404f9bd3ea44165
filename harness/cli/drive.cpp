#include "cli/drive.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>

#include "cli/ask.hpp"
#include "cli/client_calibration.hpp"
#include "cli/grader_check.hpp"
#include "cli/host.hpp"
#include "cli/likelihood_pass.hpp"
#include "cli/limits.hpp"
#include "cli/plugin_pass.hpp"
#include "cli/preflight.hpp"
#include "cli/progress.hpp"
#include "cli/resume.hpp"
#include "cli/version.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"
#include "decision/judge.hpp"
#include "http/engine.hpp"
#include "observe/monitor.hpp"
#include "store/cell_reader.hpp"
#include "store/run_folder.hpp"

namespace abgate::cli {

namespace {

/// Consecutive cells of one arm without a single success after which the rest is not driven any
/// more.
constexpr int kDeadCells = 2;

std::vector<Arm> arms_of(const Step& step, std::optional<Arm> only) {
  std::vector<Arm> arms;
  for (const Arm arm : step.arms) {
    const bool same_server = only == Arm::baseline && arm == Arm::control;
    if (!only || arm == *only || same_server) arms.push_back(arm);
  }
  return arms;
}

CellRecord header_of(const Cell& cell, Arm arm) {
  CellRecord record;
  record.point = cell.point;
  record.kind = cell.kind;
  record.block = cell.block;
  record.arm = arm;
  record.load = cell.load;
  return record;
}

std::string cell_title(const Cell& cell, std::size_t blocks) {
  switch (cell.kind) {
    case CellKind::load:
      return fmt::format("{} block {}/{}", cell.point, cell.block + 1, blocks);
    case CellKind::aa:
      return fmt::format("{} noise floor (baseline twice) {}", cell.point, cell.block + 1);
    case CellKind::prime:
      return cell.point + " filling the prefix caches";
    case CellKind::quality:
      return fmt::format("quality pass {}", cell.block + 1);
  }
  return cell.point;
}

/// Everything of one run that lives while load runs.
class Drive {
 public:
  /// `resume`: what to take over; null for a new run.
  Drive(const Session& session, const DriveOptions& options, const Resume* resume,
        std::stop_token stop, std::ostream& err)
      : session_(session),
        options_(options),
        resume_(resume),
        stop_(std::move(stop)),
        view_(err, options.progress, isatty(STDERR_FILENO) == 1),
        engine_(session.scenario),
        folder_(store::RunFolder::create(options.out, utc_now_compact(), session.scenario.name,
                                         redactor())) {
    count_requests(false);
  }

  /// `grader`: what check_grader() said.
  DriveResult run(const Preflight& checked, std::optional<ClientCalibration> calibration,
                  const std::string& grader) {
    manifest_.calibration = std::move(calibration);
    manifest_.grader = grader;
    keep_verdicts();
    std::copy(checked.models.begin(), checked.models.end(), models_.begin());
    begin_manifest(checked);
    start_monitor();
    for (const auto& note : session_.notes) view_.note("note: " + note);
    for (const auto& note : checked.notes) view_.note("note: " + note);
    std::string error;
    try {
      for (const Step& step : session_.plan.steps) {
        if (stop_.stop_requested() || gone_) break;
        if (in_extension(step) && manifest_.look == 1 && !extend()) break;
        run_step(step);
      }
      read_back_texts();
    } catch (...) {  // what is measured must be closed properly even then
      finish(checked);
      throw;
    }
    finish(checked);
    return {folder_.path(), manifest_.interrupted};
  }

 private:
  /// The run folder starts with the verdicts that the check of the suite made: what answers as the
  /// reference does need not be executed again.
  void keep_verdicts() const {
    std::error_code none;  // no tests, or a cache that could not be written
    std::filesystem::copy_file(grader_cache(options_.out), folder_.path() + "/executions.cache",
                               none);
  }

  store::Redactor redactor() const {
    std::vector<std::string> secrets;
    for (const ArmConfig* arm : {&session_.scenario.baseline, &session_.scenario.candidate}) {
      for (std::string& secret : secrets_of(*arm)) secrets.push_back(std::move(secret));
    }
    return store::Redactor(std::move(secrets));
  }

  std::size_t blocks_now() const {
    return manifest_.look == 2 ? session_.scenario.blocks_at_most() : session_.scenario.blocks;
  }

  /// Steps of the declared extension come last in the plan.
  bool in_extension(const Step& step) const {
    const Cell& cell = session_.plan.cells[step.cell];
    return session_.scenario.extension && cell.kind == CellKind::load &&
           cell.block >= session_.scenario.blocks;
  }

  /// The second look, if the first did not decide: its cells are expected from now on.
  bool extend() {
    if (!options_.extend) return false;
    folder_.write_telemetry(telemetry(), manifest_.clock_zero);
    if (!options_.extend(folder_.path())) return false;
    manifest_.look = 2;
    expect(true);
    count_requests(true);
    folder_.write_manifest(manifest_);
    view_.note(fmt::format("note: the first look did not decide; the declared extension follows "
                           "({} more blocks, look 2 of 2)",
                           session_.scenario.blocks));
    return true;
  }

  void expect(bool extension) {
    for (const Step& step : session_.plan.steps) {
      if (in_extension(step) != extension) continue;
      const Cell& cell = session_.plan.cells[step.cell];
      for (const Arm arm : arms_of(step, options_.only)) {
        manifest_.expected.push_back(
            {cell_name(cell, arm), cell.kind, cell.point, cell.block, arm});
      }
    }
  }

  void count_requests(bool extension) {
    for (const Step& step : session_.plan.steps) {
      if (in_extension(step) != extension) continue;
      planned_ +=
          session_.plan.cells[step.cell].requests.size() * arms_of(step, options_.only).size();
    }
  }

  void begin_manifest(const Preflight& checked) {
    const Scenario& s = session_.scenario;
    manifest_.run_id = folder_.id();
    manifest_.tool_version = version_text();
    manifest_.scenario_name = s.name;
    manifest_.scenario_path = s.path;
    manifest_.scenario_source = s.source_text;
    manifest_.overrides = session_.overrides;
    std::string resolved = s.source_text;
    for (const auto& o : session_.overrides) resolved += "\n" + o;
    manifest_.scenario_hash = fmt::format("{:016x}", fnv1a(resolved));
    manifest_.criteria_hash = decision::hash_of(s.criteria);
    manifest_.plan_hash = session_.plan.hash;
    manifest_.mode = options_.only ? Mode::recorded : s.mode;
    manifest_.seeds = s.seeds;
    manifest_.host = host_facts();
    // Going on is no new attempt.
    manifest_.attempt = resume_ != nullptr ? resume_->manifest().attempt : options_.attempt;
    manifest_.started = utc_now_iso();
    manifest_.clock_zero = now();
    manifest_.servers = checked.facts;
    expect(false);
    manifest_.prompt_sizing = session_.prompt_sizing;
    for (const auto& [role, suite] : session_.suites)
      manifest_.suites.push_back(folder_.copy_suite(role, suite));
    manifest_.suites.insert(manifest_.suites.end(), session_.files.begin(), session_.files.end());
    if (session_.quality)
      manifest_.suites.push_back(folder_.copy_suite("quality", *session_.quality));
    folder_.write_manifest(manifest_);
  }

  void start_monitor() {
    std::vector<observe::MonitorTarget> targets;
    for (const Arm arm : {Arm::baseline, Arm::candidate}) {
      if (options_.only && arm != *options_.only) continue;
      const ArmConfig& config = session_.scenario.arm(arm);
      targets.push_back({arm, observe::metrics_url(config), config.gpu});
    }
    monitor_ = std::make_unique<observe::Monitor>(
        std::move(targets),
        [this](Arm arm, const std::string& url) {
          return fetch_text(session_.scenario.arm(arm), url);
        },
        [this](Arm arm, const std::string& label, std::string_view text) {
          folder_.write_scrape(store::safe_name(label) + "-" + std::string(to_string(arm)), text);
        });
  }

  void run_step(const Step& step) {
    const Cell& cell = session_.plan.cells[step.cell];
    const auto arms = arms_of(step, options_.only);
    if (take_over(cell, arms)) return;
    if (resume_ != nullptr && cell.kind == CellKind::quality) {
      run_rest(cell, arms, step.at_once);
    } else if (step.at_once) {
      run_arms(cell, arms);
    } else {
      for (const Arm arm : arms) {
        if (!stop_.stop_requested() && !gone_) run_arms(cell, {arm});
      }
    }
    folder_.write_telemetry(telemetry(), manifest_.clock_zero);
  }

  /// What is being written of a cell, by arm.
  struct Open {
    std::map<Arm, store::CellWriter> writers;
    std::map<Arm, std::size_t> successes, attempts;
  };

  void open(const Cell& cell, Arm arm, Open& to) {
    to.writers.emplace(arm, folder_.open_cell(header_of(cell, arm)));
    monitor_->mark("begin " + cell_name(cell, arm), arm);
  }

  void take(const Cell& cell, const RequestRecord& record, Open& to) {
    to.successes[record.arm] += succeeded(record.outcome) ? 1U : 0U;
    to.attempts[record.arm] += counts_as_attempt(record.outcome) ? 1U : 0U;
    ++done_;
    keep_output(cell, record);
    to.writers.at(record.arm).append(record, now());
  }

  void finish(const Cell& cell, const CellRecord& record, Open& to) {
    monitor_->mark("end " + cell_name(cell, record.arm), record.arm);
    to.writers.at(record.arm).finish(record);
    note_dead(record.arm, to.successes[record.arm], to.attempts[record.arm]);
  }

  void tell(const Cell& cell, const std::vector<Arm>& arms, Open& what) {
    if (options_.progress == ProgressStyle::plain ||
        options_.progress == ProgressStyle::automatic) {
      view_.note(summary(cell, arms, what.successes, what.attempts));
    }
  }

  void run_arms(const Cell& cell, const std::vector<Arm>& arms) {
    if (arms.empty()) return;
    Open to;
    for (const Arm arm : arms) open(cell, arm, to);
    const auto records = engine_.run(
        session_.plan, cell, arms, models_, stop_,
        [&](RequestRecord&& record) { take(cell, record, to); },
        [&](const load::Progress& progress) { show(cell, progress); });
    for (const CellRecord& record : records) finish(cell, record, to);
    tell(cell, arms, to);
  }

  /// Copies what the interrupted run has whole of these arms; false: the step is to be run. The
  /// arms of a load step are a pair, which is measured together or not at all.
  bool take_over(const Cell& cell, const std::vector<Arm>& arms) {
    if (resume_ == nullptr) return false;
    for (const Arm arm : arms) {
      if (resume_->whole_file(cell, arm).empty()) return false;
    }
    for (const Arm arm : arms) copy_cell(cell, arm);
    return true;
  }

  void copy_cell(const Cell& cell, Arm arm) {
    const std::string from = resume_->whole_file(cell, arm);
    const std::string to = folder_.path() + "/" + store::raw_file(header_of(cell, arm));
    std::filesystem::create_directories(std::filesystem::path(to).parent_path());
    std::filesystem::copy_file(from, to);
    for (RequestRecord& record : store::read_cell(to).requests) {
      record.arm = arm;
      ++done_;
      if (cell.kind == CellKind::quality) ++answers_taken_;
      keep_output(cell, record);
    }
    ++cells_taken_;
  }

  /// A quality cell that was cut short: the answers that are there are taken over, the others asked
  /// for; what both arms lack, at once.
  void run_rest(const Cell& cell, std::vector<Arm> arms, bool at_once) {
    std::erase_if(arms, [&](Arm arm) {
      if (resume_->whole_file(cell, arm).empty()) return false;
      copy_cell(cell, arm);
      return true;
    });
    Open to;
    std::map<Arm, CellRecord> sum;
    std::map<std::vector<Arm>, std::vector<std::uint32_t>> parts;
    std::map<std::uint32_t, std::vector<Arm>> lacking;
    for (const Arm arm : arms) {
      open(cell, arm, to);
      CellRecord before = resume_->part(cell, arm);
      for (RequestRecord& record : before.requests) {
        record.arm = arm;
        ++answers_taken_;
        take(cell, record, to);
      }
      for (const std::uint32_t index : missing_requests(cell, before)) {
        if (at_once) {
          lacking[index].push_back(arm);
        } else {
          parts[{arm}].push_back(index);
        }
      }
      sum[arm] = std::move(before);
    }
    for (const auto& [index, by] : lacking) parts[by].push_back(index);
    int number = 0;
    for (const auto& [by, indices] : parts) run_part(cell, by, indices, ++number, to, sum);
    for (const Arm arm : arms) {
      CellRecord record = sum[arm];
      record.arm = arm;
      record.interrupted = stop_.stop_requested();
      finish(cell, record, to);
    }
    tell(cell, arms, to);
  }

  void run_part(const Cell& cell, const std::vector<Arm>& arms,
                const std::vector<std::uint32_t>& indices, int number, Open& to,
                std::map<Arm, CellRecord>& sum) {
    if (stop_.stop_requested()) return;
    const Cell part = cell_of(cell, indices, number);
    const auto records = engine_.run(
        session_.plan, part, arms, models_, stop_,
        [&](RequestRecord&& record) {
          record.planned = cell.requests[indices.at(record.planned.index)];
          take(cell, record, to);
        },
        [&](const load::Progress& progress) { show(cell, progress); });
    for (const CellRecord& record : records) {
      CellRecord& so_far = sum[record.arm];
      so_far = joined(so_far, record);
    }
  }

  /// Says in the manifest what this run took over, once it is known.
  void note_resumed() {
    if (resume_ == nullptr) return;
    const Manifest& before = resume_->manifest();
    manifest_.resumed = before.resumed;
    manifest_.resumed.push_back(fmt::format(
        "run {} was interrupted ({}); {} finished cells and {} stored answers of it were taken "
        "over, everything else was asked from {} on",
        before.run_id,
        before.finished.empty() ? "it did not say when" : "at " + before.finished, cells_taken_,
        answers_taken_, manifest_.started));
  }

  std::string summary(const Cell& cell, const std::vector<Arm>& arms,
                      std::map<Arm, std::size_t>& successes,
                      std::map<Arm, std::size_t>& attempts) const {
    std::string out = fmt::format("{:>3.0f} %  {} done:", 100 * fraction(),
                                  cell_title(cell, blocks_now()));
    for (const Arm arm : arms)
      out += fmt::format(" {} {} of {} ok", to_string(arm), successes[arm], attempts[arm]);
    return out;
  }

  /// Teacher-forced log-probabilities, after the load: nothing of it shares the servers with them.
  void read_back_texts() {
    const LikelihoodConfig& config = session_.scenario.quality.likelihood;
    if (!config.enabled || !session_.quality || stop_.stop_requested() || gone_) return;
    LikelihoodPass pass{folder_.path(), {}, config, make_ask(),
                        [this](const std::string& line) { view_.note(line); }, redactor()};
    for (const Arm arm : {Arm::baseline, Arm::candidate, Arm::control}) {
      const bool asked = !options_.only || arm == *options_.only ||
                         (arm == Arm::control && *options_.only == Arm::baseline);
      if (!asked || (arm == Arm::control && !session_.scenario.quality.control)) continue;
      const Arm server = arm == Arm::control ? Arm::baseline : arm;
      pass.arms.push_back({arm, &session_.scenario.arm(server), models_[index_of(server)]});
    }
    run_likelihood(
        pass, reference_texts(*session_.quality, session_.plan, session_.scenario.quality), stop_);
    run_likelihood(pass, options_.only == Arm::candidate ? options_.outputs : outputs_, stop_);
  }

  /// Keeps a baseline's answer for being read back.
  void keep_output(const Cell& cell, const RequestRecord& record) {
    if (cell.kind != CellKind::quality || record.arm != Arm::baseline || record.text.empty() ||
        record.planned.repeat != 0 || !succeeded(record.outcome) ||
        session_.scenario.api != Api::completions ||
        outputs_.size() >= session_.scenario.quality.likelihood.outputs)
      return;
    const std::string& prompt = session_.plan.prompts[record.planned.item].text;
    const auto& items = session_.quality->items;
    const auto item = std::find_if(items.begin(), items.end(), [&](const SuiteItem& i) {
      return i.id == record.prompt_id;
    });
    if (item == items.end()) return;
    outputs_.push_back({LikelihoodTask::output, item->id, item->cluster, item->category,
                        item->language, prompt + record.text, prompt.size()});
  }

  void note_dead(Arm arm, std::size_t successes, std::size_t attempts) {
    int& dead = dead_cells_[index_of(arm)];
    dead = attempts > 0 && successes == 0 ? dead + 1 : 0;
    if (dead < kDeadCells || gone_) return;
    gone_ = true;
    view_.note(
        fmt::format("{}: not one request of the last {} cells succeeded; stopping here and judging "
                    "what there is",
                    to_string(arm), kDeadCells));
  }

  double fraction() const {
    return planned_ == 0 ? 1.0 : static_cast<double>(done_) / static_cast<double>(planned_);
  }

  void show(const Cell& cell, const load::Progress& progress) {
    RunProgress p;
    p.cell = cell_title(cell, blocks_now());
    p.elapsed_s = to_seconds(now() - manifest_.clock_zero);
    p.fraction = fraction();
    for (const Arm arm : kArms) {
      const auto& a = progress[index_of(arm)];
      if (!a) continue;
      ArmProgress shown;
      shown.arm = arm;
      shown.done = a->done;
      shown.total = cell.load.duration ? 0 : a->planned;
      shown.in_flight = a->in_flight;
      shown.failed = a->failed;
      shown.tokens_per_s = token_rate(arm, a->events, p.elapsed_s);
      if (a->ttft_p50) shown.ttft_p50_s = to_seconds(*a->ttft_p50);
      p.arms.push_back(shown);
    }
    view_.update(p, now());
  }

  /// Events a second since the last look.
  double token_rate(Arm arm, std::uint64_t events, double elapsed_s) {
    auto& [last_events, last_time, rate] = rates_[index_of(arm)];
    if (events < last_events) last_events = 0;  // a new cell
    const double dt = elapsed_s - last_time;
    if (dt > 0.2) {
      rate = static_cast<double>(events - last_events) / dt;
      last_events = events;
      last_time = elapsed_s;
    }
    return rate;
  }

  Telemetry telemetry() const {
    Telemetry t = monitor_->snapshot();
    if (resume_ != nullptr) t = joined(resume_->telemetry(), std::move(t));
    t.facts = manifest_.servers;
    return t;
  }

  /// The facts of the preflight once more: a deployment that changed under the load voids the run.
  void ask_again_after() {
    std::vector<std::string> notes;
    manifest_.servers_after =
        ask_again(session_.scenario, session_.plan, manifest_.servers, make_ask(), notes);
    for (const auto& note : notes) view_.note("note: " + note);
  }

  void finish(const Preflight& checked) {
    monitor_->stop();
    note_resumed();
    if (!stop_.stop_requested()) ask_again_after();
    folder_.write_telemetry(telemetry(), manifest_.clock_zero);
    manifest_.interrupted = stop_.stop_requested() || gone_;
    manifest_.finished = utc_now_iso();
    manifest_.servers = checked.facts;
    folder_.write_manifest(manifest_);
    folder_.finish();
    view_.finish();
  }

  const Session& session_;
  const DriveOptions& options_;
  const Resume* resume_;
  std::stop_token stop_;
  ProgressView view_;
  http::Engine engine_;
  store::RunFolder folder_;
  std::unique_ptr<observe::Monitor> monitor_;
  Manifest manifest_;
  std::array<std::string, kArmCount> models_;
  std::array<int, kArmCount> dead_cells_{};
  struct Rate {
    std::uint64_t events = 0;
    double time = 0;
    double rate = 0;
  };
  std::array<Rate, kArmCount> rates_{};
  std::vector<LikelihoodText> outputs_;
  std::size_t cells_taken_ = 0, answers_taken_ = 0;  ///< of the interrupted run
  std::size_t planned_ = 0;
  std::size_t done_ = 0;
  bool gone_ = false;
};

/// Two seconds at the load to come: what this machine adds belongs to the run's evidence.
ClientCalibration calibrate(const Session& session, bool one_arm, std::ostream& err) {
  CalibrationOptions how;
  how.seconds = 0.8;
  how.step_seconds = 0.3;
  how.max_steps = 3;
  how.budget = std::chrono::milliseconds(1700);
  CalibrationLoad load = calibration_load(session.scenario, session.plan, one_arm);
  // Both ends of every stream are in this process.
  const std::size_t pairs = machine_limits().descriptors_most / 2;
  load.streams = std::max<std::size_t>(1, std::min(load.streams, pairs - std::min(pairs, descriptors_for(0))));
  ClientCalibration c = calibrate_client(load, how);
  err << fmt::format("note: the client adds p50 {:.3f} ms, p99 {:.3f} ms to TTFT at {} streams and "
                     "{:.0f} events/s{}\n",
                     c.ttft_p50_ms, c.ttft_p99_ms, c.streams, c.events_per_second,
                     trusted(c) ? "" : ": not to be trusted at this rate");
  return c;
}

}  // namespace

DriveResult drive(const Session& session, const DriveOptions& options, std::stop_token stop,
                  std::ostream& err) {
  const bool one_arm = options.only.has_value();
  for (const std::string& note :
       ensure_limits(session.plan, one_arm, session.scenario.timeouts.total)) {
    err << "warning: " << note << "\n";
  }
  std::vector<Arm> arms{Arm::baseline, Arm::candidate};
  if (options.only) arms = {*options.only};
  const Note note = [&](const std::string& line) {
    if (options.progress != ProgressStyle::none) err << line << "\n" << std::flush;
  };
  std::optional<Resume> resume;
  if (!options.resume.empty()) resume.emplace(options.resume, session);
  const std::string grader = check_grader(session, grader_cache(options.out), note, stop);
  check_scorer(session, note, stop);
  if (stop.stop_requested())
    throw Error(ExitCode::interrupted, "interrupted before any request was sent");
  const Preflight checked = preflight(session.scenario, session.plan, arms, make_ask(), note);
  if (resume) resume->check_servers(checked);
  std::optional<ClientCalibration> calibration;
  if (options.calibrate && !stop.stop_requested()) {
    calibration = calibrate(session, one_arm, err);
  }
  return Drive(session, options, resume ? &*resume : nullptr, std::move(stop), err)
      .run(checked, std::move(calibration), grader);
}

}  // namespace abgate::cli
