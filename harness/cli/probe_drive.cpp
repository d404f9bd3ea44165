#include "cli/probe_drive.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>

#include "cli/ask.hpp"
#include "cli/client_calibration.hpp"
#include "cli/limits.hpp"
#include "cli/preflight.hpp"
#include "cli/progress.hpp"
#include "cli/prompt_sizing.hpp"
#include "cli/run_parts.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"
#include "http/engine.hpp"
#include "load/plan.hpp"
#include "stats/measure.hpp"
#include "store/cell_reader.hpp"

namespace abgate::cli {

namespace {

/// The scenario of one block of one probe. Its seeds are its own, so that no probe meets prompts,
/// salts or arrivals of another; both arms of it get the same.
Scenario block_scenario(const Scenario& scenario, const LoadPoint& load, std::uint32_t block) {
  Scenario out = scenario;
  out.points = {load};
  out.blocks = 1;
  out.extension = false;
  out.aa_blocks = 0;
  out.quality = QualityConfig{};
  out.quality.fim_template = scenario.quality.fim_template;
  out.criteria.clear();
  const std::string name = fmt::format("probe {} {}", load.id, block);
  for (auto* seed : {&out.seeds.base, &out.seeds.prompts, &out.seeds.schedule})
    *seed = derive_seed(*seed, name);
  return out;
}

std::string cell_path(const std::string& folder, const LoadPoint& load, std::uint32_t block,
                      Arm arm) {
  CellRecord cell;
  cell.point = load.id;
  cell.block = block;
  cell.arm = arm;
  return folder + "/" + store::raw_file(cell);
}

/// From the files, whether they were written a second or a year ago.
std::optional<std::vector<stats::BlockArm>> measured(const std::string& folder,
                                                     const LoadPoint& load, std::uint32_t block,
                                                     std::span<const Arm> arms) {
  std::vector<stats::BlockArm> out;
  for (const Arm arm : arms) {
    const std::string path = cell_path(folder, load, block, arm);
    if (!std::filesystem::exists(path)) return std::nullopt;
    out.push_back(stats::measure_cell(store::read_cell(path)));
    out.back().arm = arm;
  }
  return out;
}

}  // namespace

struct ProbeDrive::Impl {
  Impl(Scenario the_scenario, std::vector<std::string> the_overrides,
       const ProbeDriveOptions& the_options, std::stop_token the_stop, std::ostream& err)
      : scenario(std::move(the_scenario)),
        overrides(std::move(the_overrides)),
        options(the_options),
        stop(std::move(the_stop)),
        view(err, options.progress, isatty(STDERR_FILENO) == 1),
        checked(check()),
        engine(scenario),
        folder(store::RunFolder::create(options.out, utc_now_compact(),
                                        scenario.name + "-" + kind_name(), redactor_of(scenario))) {
    std::copy(checked.models.begin(), checked.models.end(), models.begin());
    begin_manifest();
    monitor = start_monitor(scenario, options.settings.arms, folder);
    for (const auto& text : first_session.notes) view.note("note: " + text);
    for (const auto& text : checked.notes) view.note("note: " + text);
    if (manifest.calibration) view.note(calibration_words(*manifest.calibration));
  }

  std::string kind_name() const {
    return options.settings.kind == SearchSettings::Kind::slo ? "slo" : "crossover";
  }

  /// The first probe's session stands for all of them.
  Preflight check() {
    const Ask ask = make_ask();
    if (makes_text_up(scenario.workload))
      sizing = measure_prompt_sizing(scenario, options.settings.arms.front(), ask);
    const double first = options.settings.range.start.value_or(options.settings.range.from);
    const LoadPoint load = probe_load(scenario, options.settings, first, 1);
    first_session = prepare(block_scenario(scenario, load, 0), overrides, sizing);
    return preflight(first_session.scenario, first_session.plan, options.settings.arms, ask);
  }

  void begin_manifest() {
    manifest = first_manifest(scenario, overrides, first_session, checked, folder);
    // Each probe's own audit tells whether the client kept up with it; this is the machine at rest.
    if (options.calibrate && !stop.stop_requested()) {
      const bool one_arm = options.settings.kind == SearchSettings::Kind::slo;
      manifest.calibration = calibrate_before_run(first_session.scenario, first_session.plan, one_arm);
    }
    if (options.settings.arms.size() == 1) manifest.mode = Mode::recorded;
    folder.write("search.json", encode_settings(options.settings));
    folder.write_manifest(manifest);
  }

  /// In crossover searches the arms drive as the scenario's mode says; in the others there is one.
  void drive(const Plan& plan, const Cell& cell, std::span<const Arm> arms) {
    const bool at_once = arms.size() > 1 && scenario.mode == Mode::concurrent;
    if (at_once) {
      run_arms(plan, cell, arms);
      return;
    }
    std::vector<Arm> order(arms.begin(), arms.end());
    if ((cell.block + scenario.seeds.base) % 2 == 1) std::reverse(order.begin(), order.end());
    for (const Arm arm : order) {
      if (!stop.stop_requested()) run_arms(plan, cell, std::array{arm});
    }
  }

  /// Fills the prefix caches, where the scenario wants them warm: answers are no measurement.
  void prime(const Plan& plan, std::span<const Arm> arms) {
    for (const Cell& cell : plan.cells) {
      if (cell.kind != CellKind::prime) continue;
      for (const Arm arm : arms) {
        if (!stop.stop_requested())
          engine.run(plan, cell, std::array{arm}, models, stop, [](RequestRecord&&) {});
      }
    }
  }

  void run_arms(const Plan& plan, const Cell& cell, std::span<const Arm> arms) {
    std::map<Arm, store::CellWriter> writers;
    for (const Arm arm : arms) {
      CellRecord record;
      record.point = cell.point;
      record.block = cell.block;
      record.arm = arm;
      record.load = cell.load;
      writers.emplace(arm, folder.open_cell(record));
      manifest.expected.push_back(
          {cell_name(cell, arm), cell.kind, cell.point, cell.block, arm});
      monitor->mark("begin " + cell_name(cell, arm), arm);
    }
    const auto records = engine.run(
        plan, cell, arms, models, stop,
        [&](RequestRecord&& record) { writers.at(record.arm).append(record, now()); },
        [&](const load::Progress& progress) { show(cell, progress); });
    for (const CellRecord& record : records) {
      monitor->mark("end " + cell_name(cell, record.arm), record.arm);
      writers.at(record.arm).finish(record);
    }
    folder.write_telemetry(telemetry(), manifest.clock_zero);
    folder.write_manifest(manifest);
  }

  void show(const Cell& cell, const load::Progress& progress) {
    RunProgress p;
    p.cell = fmt::format("probe {} block {}", cell.point, cell.block + 1);
    p.elapsed_s = to_seconds(now() - manifest.clock_zero);
    p.fraction = fraction;
    p.arms = arm_lines(cell, progress, p.elapsed_s, rates);
    view.update(p, now());
  }

  void ask_again_after() {
    std::vector<std::string> notes;
    manifest.servers_after = ask_again(first_session.scenario, first_session.plan, manifest.servers,
                                       make_ask(), notes);
    for (const auto& text : notes) view.note("note: " + text);
  }

  Telemetry telemetry() const {
    Telemetry t = monitor->snapshot();
    t.facts = manifest.servers;
    return t;
  }

  Scenario scenario;
  std::vector<std::string> overrides;
  ProbeDriveOptions options;
  std::stop_token stop;
  ProgressView view;
  std::optional<PromptSizing> sizing;
  Session first_session;
  Preflight checked;
  http::Engine engine;
  store::RunFolder folder;
  Manifest manifest;
  std::unique_ptr<observe::Monitor> monitor;
  std::array<std::string, kArmCount> models;
  double fraction = 0;
  EventRates rates{};
  std::set<std::string> warned;
};

ProbeDrive::ProbeDrive(Scenario scenario, std::vector<std::string> overrides,
                       const ProbeDriveOptions& options, std::stop_token stop, std::ostream& err)
    : impl_(std::make_unique<Impl>(std::move(scenario), std::move(overrides), options,
                                   std::move(stop), err)) {}
ProbeDrive::~ProbeDrive() = default;

std::optional<std::vector<stats::BlockArm>> ProbeDrive::block(const LoadPoint& load,
                                                              std::uint32_t block,
                                                              std::span<const Arm> arms) {
  if (impl_->stop.stop_requested()) return std::nullopt;
  Session session = prepare(block_scenario(impl_->scenario, load, block), impl_->overrides,
                            impl_->sizing);
  for (Cell& cell : session.plan.cells) {
    if (cell.kind == CellKind::load) cell.block = block;
  }
  for (const auto& text : ensure_limits(session.plan, arms.size() == 1,
                                        impl_->scenario.timeouts.total)) {
    if (impl_->warned.insert(text).second) impl_->view.note("warning: " + text);
  }
  impl_->prime(session.plan, arms);
  for (const Cell& cell : session.plan.cells) {
    if (cell.kind == CellKind::load) impl_->drive(session.plan, cell, arms);
  }
  return measured(impl_->folder.path(), load, block, arms);
}

void ProbeDrive::done(double fraction) {
  impl_->fraction = std::max(impl_->fraction, fraction);
}
void ProbeDrive::note(const std::string& line) {
  impl_->view.note(line);
}

Manifest ProbeDrive::finish(bool interrupted) {
  Impl& i = *impl_;
  i.monitor->stop();
  if (!interrupted && !i.stop.stop_requested()) i.ask_again_after();
  i.folder.write_telemetry(i.telemetry(), i.manifest.clock_zero);
  i.manifest.interrupted = interrupted;
  i.manifest.finished = utc_now_iso();
  i.folder.write_manifest(i.manifest);
  i.folder.finish();
  i.view.finish();
  return i.manifest;
}

Telemetry ProbeDrive::telemetry() const {
  return impl_->telemetry();
}

std::string ProbeDrive::folder() const {
  return impl_->folder.path();
}


std::optional<std::vector<stats::BlockArm>> StoredProbes::block(const LoadPoint& load,
                                                                std::uint32_t block,
                                                                std::span<const Arm> arms) {
  return measured(folder_, load, block, arms);
}

}  // namespace abgate::cli
