#include "cli/drive.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <ostream>

#include "cli/ask.hpp"
#include "cli/cache_file.hpp"
#include "cli/client_calibration.hpp"
#include "cli/drive_plan.hpp"
#include "cli/grader_check.hpp"
#include "cli/likelihood_pass.hpp"
#include "cli/limits.hpp"
#include "cli/plugin_pass.hpp"
#include "cli/preflight.hpp"
#include "cli/progress.hpp"
#include "cli/resume.hpp"
#include "cli/run_parts.hpp"
#include "core/error.hpp"
#include "http/engine.hpp"
#include "store/cell_reader.hpp"
#include "store/run_folder.hpp"

namespace abgate::cli {

namespace {

/// Consecutive cells of one arm without a single success after which the rest is not driven any
/// more.
constexpr int kDeadCells = 2;

/// Everything of one run that lives while load runs.
class Drive {
 public:
  /// `resume`: what to take over; null for a new run.
  Drive(const Session& session, const DriveOptions& options, const Preflight& checked,
        const Resume* resume, std::stop_token stop, std::ostream& err)
      : session_(session),
        options_(options),
        plan_(session.scenario, session.plan, options.only),
        resume_(resume),
        stop_(std::move(stop)),
        view_(err, options.progress, isatty(STDERR_FILENO) == 1),
        granted_(as_granted(session.scenario, checked)),
        engine_(granted_),
        folder_(store::RunFolder::create(options.out, utc_now_compact(), session.scenario.name,
                                         redactor_of(session.scenario))) {}

  /// `grader`: what check_grader() said.
  DriveResult run(const Preflight& checked, std::optional<ClientCalibration> calibration,
                  const GraderCheck& grader) {
    manifest_.calibration = std::move(calibration);
    manifest_.grader = grader.line;
    keep_verdicts(grader.verdicts);
    std::copy(checked.models.begin(), checked.models.end(), models_.begin());
    begin_manifest(checked);
    monitor_ = start_monitor(session_.scenario, plan_.servers(), folder_);
    for (const auto& note : session_.notes) view_.note("note: " + note);
    for (const auto& note : checked.notes) view_.note("note: " + note);
    try {
      for (const Step& step : plan_.steps()) {
        if (stop_.stop_requested() || gone_) break;
        if (plan_.in_extension(step) && manifest_.look == 1 && !extend()) break;
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
  void keep_verdicts(const std::string& verdicts) const {
    if (!verdicts.empty()) std::ofstream(folder_.path() + "/executions.cache") << verdicts;
  }

  std::size_t blocks_now() const {
    return manifest_.look == 2 ? session_.scenario.blocks_at_most() : session_.scenario.blocks;
  }

  /// The second look, if the first did not decide: its cells are expected from now on.
  bool extend() {
    if (!options_.extend) return false;
    // A look that was taken is not taken twice.
    const bool taken = resume_ != nullptr && resume_->manifest().look == 2;
    folder_.write_telemetry(telemetry(), manifest_.clock_zero);
    if (!taken && !options_.extend(folder_.path())) return false;
    manifest_.look = 2;
    expect(true);
    folder_.write_manifest(manifest_);
    view_.note(fmt::format("note: the first look {}did not decide; the declared extension follows "
                           "({} more blocks, look 2 of 2)",
                           taken ? "of the interrupted run " : "", session_.scenario.blocks));
    return true;
  }

  void expect(bool extension) {
    for (auto& cell : plan_.expected(extension)) manifest_.expected.push_back(std::move(cell));
    planned_ += plan_.requests(extension);
  }

  void begin_manifest(const Preflight& checked) {
    Manifest m = first_manifest(session_.scenario, session_.overrides, session_, checked, folder_);
    m.calibration = std::move(manifest_.calibration);
    m.grader = std::move(manifest_.grader);
    manifest_ = std::move(m);
    manifest_.plan_hash = session_.plan.hash;
    if (options_.only) manifest_.mode = Mode::recorded;
    // Going on is no new attempt.
    manifest_.attempt = resume_ != nullptr ? resume_->manifest().attempt : options_.attempt;
    expect(false);
    if (session_.quality)
      manifest_.suites.push_back(folder_.copy_suite("quality", *session_.quality));
    folder_.write_manifest(manifest_);
  }

  void run_step(const Step& step) {
    const Cell& cell = plan_.cell(step);
    const auto arms = plan_.arms(step);
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
    for (RequestRecord& record : store::read_cell(to, store::Tokens::skip).requests) {
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
        "run {} was interrupted ({}); {} finished cells and {} stored answers{} of it were taken "
        "over, everything else was asked from {} on",
        before.run_id,
        before.finished.empty() ? "it did not say when" : "at " + before.finished, cells_taken_,
        answers_taken_,
        texts_taken_ > 0 ? fmt::format(" and {} texts read back", texts_taken_) : "",
        manifest_.started));
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
                        [this](const std::string& line) { view_.note(line); },
                        redactor_of(session_.scenario), {}};
    if (resume_ != nullptr) pass.before = resume_->likelihood();
    for (const Arm arm : {Arm::baseline, Arm::candidate, Arm::control}) {
      const bool asked = !options_.only || arm == *options_.only ||
                         (arm == Arm::control && *options_.only == Arm::baseline);
      if (!asked || (arm == Arm::control && !session_.scenario.quality.control)) continue;
      const Arm server = arm == Arm::control ? Arm::baseline : arm;
      pass.arms.push_back({arm, &session_.scenario.arm(server), models_[index_of(server)]});
    }
    texts_taken_ = run_likelihood(
        pass, reference_texts(*session_.quality, session_.plan, session_.scenario.quality), stop_);
    texts_taken_ +=
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
    if (auto text = output_text(*session_.quality, prompt, record)) outputs_.push_back(*text);
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
    p.arms = arm_lines(cell, progress, p.elapsed_s, rates_);
    view_.update(p, now());
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
  const DrivePlan plan_;
  const Resume* resume_;
  std::stop_token stop_;
  ProgressView view_;
  const Scenario granted_;
  http::Engine engine_;
  store::RunFolder folder_;
  std::unique_ptr<observe::Monitor> monitor_;
  Manifest manifest_;
  std::array<std::string, kArmCount> models_;
  std::array<int, kArmCount> dead_cells_{};
  EventRates rates_{};
  std::vector<LikelihoodText> outputs_;
  std::size_t cells_taken_ = 0, answers_taken_ = 0, texts_taken_ = 0;  ///< of the interrupted run
  std::size_t planned_ = 0;
  std::size_t done_ = 0;
  bool gone_ = false;
};

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
  const GraderCheck grader = check_grader(session, verdict_cache_file(note), note, stop);
  check_scorer(session, note, stop);
  if (stop.stop_requested())
    throw Error(ExitCode::interrupted, "interrupted before any request was sent");
  Preflight checked = preflight(session.scenario, session.plan, arms, make_ask(), note);
  if (resume) resume->check_servers(checked);
  if (resume) resume->check_logprobs(checked);
  std::optional<ClientCalibration> calibration;
  if (options.calibrate && !stop.stop_requested()) {
    calibration = calibrate_before_run(session.scenario, session.plan, one_arm);
    err << calibration_words(*calibration) << "\n";
  }
  return Drive(session, options, checked, resume ? &*resume : nullptr, std::move(stop), err)
      .run(checked, std::move(calibration), grader);
}

}  // namespace abgate::cli
