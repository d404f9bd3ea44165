#include "cli/probe_drive.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "cli/ask.hpp"
#include "cli/host.hpp"
#include "cli/preflight.hpp"
#include "cli/progress.hpp"
#include "cli/version.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"
#include "decision/judge.hpp"
#include "http/engine.hpp"
#include "load/plan.hpp"
#include "observe/monitor.hpp"
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

store::Redactor redactor_of(const Scenario& scenario) {
  std::vector<std::string> secrets;
  for (const ArmConfig* arm : {&scenario.baseline, &scenario.candidate}) {
    for (std::string& secret : secrets_of(*arm)) secrets.push_back(std::move(secret));
  }
  return store::Redactor(std::move(secrets));
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
    start_monitor();
    for (const auto& text : checked.notes) view.note("note: " + text);
  }

  std::string kind_name() const {
    return options.settings.kind == SearchSettings::Kind::slo ? "slo" : "crossover";
  }

  Preflight check() const {
    const double first = options.settings.range.start.value_or(options.settings.range.from);
    const LoadPoint load = probe_load(scenario, options.settings, first, 1);
    const Session session = prepare(block_scenario(scenario, load, 0), overrides);
    for (const auto& text : session.notes) view_notes.push_back(text);
    return preflight(session.scenario, session.plan, options.settings.arms, make_ask());
  }

  void begin_manifest() {
    manifest.run_id = folder.id();
    manifest.tool_version = version_text();
    manifest.scenario_name = scenario.name;
    manifest.scenario_path = scenario.path;
    manifest.scenario_source = scenario.source_text;
    manifest.overrides = overrides;
    std::string resolved = scenario.source_text;
    for (const auto& o : overrides) resolved += "\n" + o;
    manifest.scenario_hash = fmt::format("{:016x}", fnv1a(resolved));
    manifest.criteria_hash = decision::hash_of(scenario.criteria);
    manifest.mode = options.settings.arms.size() == 1 ? Mode::recorded : scenario.mode;
    manifest.seeds = scenario.seeds;
    manifest.host = host_facts();
    manifest.started = utc_now_iso();
    manifest.clock_zero = now();
    manifest.servers = checked.facts;
    folder.write("search.json", encode_settings(options.settings));
    folder.write_manifest(manifest);
  }

  void start_monitor() {
    std::vector<observe::MonitorTarget> targets;
    for (const Arm arm : options.settings.arms) {
      const ArmConfig& config = scenario.arm(arm);
      targets.push_back({arm, observe::metrics_url(config), config.gpu});
    }
    monitor = std::make_unique<observe::Monitor>(
        std::move(targets),
        [this](Arm arm, const std::string& url) { return fetch_text(scenario.arm(arm), url); },
        [this](Arm arm, const std::string& label, std::string_view text) {
          folder.write_scrape(store::safe_name(label) + "-" + std::string(to_string(arm)), text);
        });
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
    for (const Arm arm : kArms) {
      const auto& a = progress[index_of(arm)];
      if (!a) continue;
      ArmProgress shown;
      shown.arm = arm;
      shown.done = a->done;
      shown.total = a->planned;
      shown.in_flight = a->in_flight;
      shown.failed = a->failed;
      if (a->ttft_p50) shown.ttft_p50_s = to_seconds(*a->ttft_p50);
      p.arms.push_back(shown);
    }
    view.update(p, now());
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
  mutable std::vector<std::string> view_notes;
  ProgressView view;
  Preflight checked;
  http::Engine engine;
  store::RunFolder folder;
  Manifest manifest;
  std::unique_ptr<observe::Monitor> monitor;
  std::array<std::string, kArmCount> models;
  double fraction = 0;
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
  Session session = prepare(block_scenario(impl_->scenario, load, block), impl_->overrides);
  for (Cell& cell : session.plan.cells) {
    if (cell.kind == CellKind::load) cell.block = block;
  }
  impl_->prime(session.plan, arms);
  for (const Cell& cell : session.plan.cells) {
    if (cell.kind == CellKind::load) impl_->drive(session.plan, cell, arms);
  }
  return measured(impl_->folder.path(), load, block, arms);
}

void ProbeDrive::done(double fraction) {
  impl_->fraction = fraction;
}
void ProbeDrive::note(const std::string& line) {
  impl_->view.note(line);
}

Manifest ProbeDrive::finish(bool interrupted) {
  Impl& i = *impl_;
  i.monitor->stop();
  i.folder.write_telemetry(i.telemetry(), i.manifest.clock_zero);
  i.manifest.interrupted = interrupted;
  i.manifest.finished = utc_now_iso();
  i.folder.write_manifest(i.manifest);
  i.folder.finish();
  i.view.finish();
  return i.manifest;
}

std::string ProbeDrive::folder() const {
  return impl_->folder.path();
}

bool ProbeDrive::simulated() const {
  return std::any_of(impl_->manifest.servers.begin(), impl_->manifest.servers.end(),
                     [](const ServerFacts& f) { return f.simulated; });
}

std::optional<std::vector<stats::BlockArm>> StoredProbes::block(const LoadPoint& load,
                                                                std::uint32_t block,
                                                                std::span<const Arm> arms) {
  return measured(folder_, load, block, arms);
}

}  // namespace abgate::cli
