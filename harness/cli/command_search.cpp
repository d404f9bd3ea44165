// abgate search slo | crossover | report

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/probe_drive.hpp"
#include "cli/search_loop.hpp"
#include "config/scenario_file.hpp"
#include "config/units.hpp"
#include "core/error.hpp"
#include "observe/fingerprint.hpp"
#include "report/search.hpp"
#include "store/files.hpp"
#include "store/manifest_codec.hpp"
#include "store/run_folder.hpp"

namespace abgate::cli {

namespace {

constexpr double kRateFrom = 0.05, kRateTo = 1000, kRateStart = 1;
constexpr double kStreamsFrom = 1, kStreamsTo = 1024, kCrossoverTo = 128;
/// A block of an open loop loses up to a third of its requests to settling.
constexpr double kSettlingReserve = 1.5;
constexpr std::size_t kCrossoverRequests = 8;

double share_of(const std::string& flag, const std::string& text) {
  const auto quantity = config::parse_quantity(text);
  const auto unit = quantity ? config::factor(config::Dimension::share, quantity->unit)
                             : std::optional<double>();
  const double value = unit ? quantity->number * *unit : 0;
  if (!(value > 0 && value < 1))
    throw Error(ExitCode::usage,
                describe({}, flag, text, "a share between 0 and 1, e.g. 5% or 0.05"));
  return value;
}

void set_range(const SearchOptions& o, SearchSettings& s, double from, double to) {
  s.range.from = o.from.value_or(from);
  s.range.to = o.to.value_or(std::max(to, s.range.from));
  s.range.start = o.start;
  s.range.precision = share_of("--precision", o.precision);
  s.range.confirm = o.confirm;
  s.range.max_probes = o.max_probes;
  if (o.max_blocks > 0) s.rules.max_blocks = o.max_blocks;
  s.rules.first_blocks = std::min(s.rules.first_blocks, s.rules.max_blocks);
  if (s.range.to < s.range.from)
    throw Error(ExitCode::usage, describe({}, "--to", fmt::format("{:g}", s.range.to),
                                          fmt::format("at least --from, {:g}", s.range.from)));
  if (s.range.start && (*s.range.start < s.range.from || *s.range.start > s.range.to))
    throw Error(ExitCode::usage,
                describe({}, "--start", fmt::format("{:g}", *s.range.start),
                         fmt::format("a load from {:g} to {:g}", s.range.from, s.range.to)));
  if (s.axis == decision::Axis::concurrency) {
    s.range.whole = true;
    for (const auto& [flag, value] : {std::pair("--from", s.range.from), {"--to", s.range.to}}) {
      if (value != std::round(value))
        throw Error(ExitCode::usage, describe({}, flag, fmt::format("{:g}", value),
                                              "a whole number of streams"));
    }
    if (s.range.start) s.range.start = std::round(*s.range.start);
  }
}

Scenario load(const SearchOptions& o, std::vector<std::string>& all) {
  all = overrides(o.input);
  return config::load_scenario(o.input.scenario, all, config::Secrets::require);
}

SearchSettings slo_settings(const SearchSloOptions& o, const Scenario& scenario) {
  const LoadPoint& shape = scenario.points.front();
  const bool open = shape.arrival != Arrival::closed;
  SearchSettings s;
  s.kind = SearchSettings::Kind::slo;
  const bool rate = o.over.empty() ? open : o.over == "rate";
  s.axis = rate ? decision::Axis::rate : decision::Axis::concurrency;
  set_range(o.common, s, rate ? kRateFrom : kStreamsFrom, rate ? kRateTo : kStreamsTo);
  if (!s.range.start) {
    const double own = rate ? (open && shape.rate > 0 ? shape.rate : kRateStart)
                            : (open ? 1 : static_cast<double>(shape.concurrency));
    s.range.start = std::clamp(own, s.range.from, s.range.to);
  }
  if (o.arm != "both") s.arms = {o.arm == "baseline" ? Arm::baseline : Arm::candidate};
  const double needed =
      static_cast<double>(decision::requests_to_hold(scenario.slo.attainment, s.rules)) /
      static_cast<double>(s.rules.first_blocks);
  s.requests = o.common.requests.value_or(
      static_cast<std::size_t>(std::ceil(needed * (rate ? kSettlingReserve : 1))));
  s.seconds = o.seconds;
  return s;
}

/// The outcome beside the raw records, and on the terminal.
template <typename Search>
ExitCode conclude(const Search& search, const Manifest& manifest, const Scenario& scenario,
                  const std::string& folder, Streams io) {
  const auto out = store::RunFolder::open(folder);
  for (const auto& file : report::render_search(search, manifest, scenario))
    out.write(file.path, file.bytes);
  io.out << report::console_text(search, scenario) << "\nReport: " << folder << "/report.md\n";
  if (search.end == decision::SearchEnd::interrupted)
    io.err << "abgate: interrupted; what was measured is in " << folder << "\n";
  return decision::exit_code(search);
}

/// The line of a probe and the bracket after it.
std::string with_bracket(const std::string& line, const decision::Bracket& bracket,
                         decision::Axis axis) {
  const auto side = [&](const std::optional<double>& v) {
    return v ? fmt::format("{:g}", *v) : std::string("?");
  };
  return fmt::format("{}  [{}, {}] {}", line, side(bracket.held), side(bracket.failed),
                     axis == decision::Axis::rate ? "req/s" : "streams");
}

/// What is about to happen, before the first probe.
std::string plan_words(const SearchSettings& s, const Scenario& scenario) {
  const double first = s.range.start.value_or(s.range.from);
  const LoadPoint load = probe_load(scenario, s, first, 1);
  const std::string time =
      s.axis == decision::Axis::rate
          ? fmt::format(" over {:.0f} s", static_cast<double>(load.requests) / first)
          : "";
  return fmt::format(
      "note: from {:g} to {}, first {}: {} to {} blocks of {} requests{} a probe and arm",
      s.range.from, decision::load_words(s.axis, s.range.to), decision::load_words(s.axis, first),
      s.rules.first_blocks, s.rules.max_blocks, load.requests, time);
}

/// What was measured is closed properly even where a probe throws (no descriptors left, no disk).
template <typename Run>
auto closing(ProbeDrive& drive, Run run) {
  try {
    return run();
  } catch (...) {
    drive.finish(true);
    throw;
  }
}

/// What only the whole run tells: simulated servers, a deployment that is another one at the end.
template <typename Search>
void look_back(Search& search, const Manifest& manifest, const Telemetry& telemetry) {
  search.simulated = std::any_of(manifest.servers.begin(), manifest.servers.end(),
                                 [](const ServerFacts& f) { return f.simulated; });
  if (search.end != decision::SearchEnd::complete) return;
  for (const auto& change : observe::fingerprint_changes(manifest.servers, manifest.servers_after,
                                                         telemetry)) {
    search.end = decision::SearchEnd::changed;
    search.findings.push_back({"fingerprint", true, "a deployment changed during the search: " + change, ""});
  }
}

Telemetry stored_telemetry(const std::string& run) {
  const std::string path = run + "/telemetry.json";
  if (!std::filesystem::exists(path)) return {};
  return store::decode_telemetry(store::read_file(path), path);
}

void refuse_swapped(const Scenario& scenario, std::size_t arms) {
  if (scenario.mode != Mode::swapped || arms == 1) return;
  throw Error(ExitCode::bad_scenario,
              "mode: saw swapped, want concurrent or interleaved here: a search needs both servers "
              "up; for one GPU search each arm alone with `abgate search slo … --arm baseline` and "
              "`--arm candidate`");
}

ProbeDriveOptions drive_options(const SearchOptions& o, const SearchSettings& settings) {
  ProbeDriveOptions out;
  out.out = o.out;
  out.progress = o.progress;
  out.calibrate = o.calibrate;
  out.settings = settings;
  return out;
}

}  // namespace

ExitCode execute(const SearchSloOptions& options, Streams io) {
  std::vector<std::string> all;
  SearchSloOptions o = options;
  if (o.attainment)
    o.common.input.set.push_back(
        fmt::format("slo.attainment={}", share_of("--attainment", *o.attainment)));
  const Scenario scenario = load(o.common, all);
  if (!scenario.slo.ttft && !scenario.slo.tpot && !scenario.slo.e2e)
    throw ScenarioError({scenario.path, 0, 0}, "slo", "no objective",
                        "slo: {ttft: 1s, tpot: 50ms}, or --goodput ttft:1000 tpot:50");
  const SearchSettings settings = slo_settings(o, scenario);
  refuse_swapped(scenario, settings.arms.size());

  Interrupt interrupt;
  ProbeDrive drive(scenario, all, drive_options(o.common, settings), interrupt.token(), io.err);
  drive.note(plan_words(settings, scenario));
  SearchWatch watch;
  watch.note = [&](const std::string& line) { drive.note(line); };
  watch.slo = [&](const decision::SloSearch& s, const decision::SloProbe& p) {
    drive.note(with_bracket(report::probe_line(s, p, scenario), s.find(p.arm)->bracket, s.axis));
  };
  decision::SloSearch search =
      closing(drive, [&] { return run_slo_search(scenario, settings, drive, watch); });
  const Manifest manifest = drive.finish(search.end != decision::SearchEnd::complete);
  look_back(search, manifest, drive.telemetry());
  return conclude(search, manifest, scenario, drive.folder(), io);
}

ExitCode execute(const SearchCrossoverOptions& options, Streams io) {
  std::vector<std::string> all;
  const Scenario scenario = load(options.common, all);
  SearchSettings settings;
  settings.kind = SearchSettings::Kind::crossover;
  settings.axis = decision::Axis::concurrency;
  settings.rules.first_blocks = 3;
  settings.rules.max_blocks = 12;
  set_range(options.common, settings, kStreamsFrom, kCrossoverTo);
  settings.range.ends_first = true;
  settings.requests = options.common.requests.value_or(kCrossoverRequests);
  settings.metric = options.metric;
  settings.threshold = options.ratio;
  refuse_swapped(scenario, settings.arms.size());

  Interrupt interrupt;
  ProbeDrive drive(scenario, all, drive_options(options.common, settings), interrupt.token(),
                   io.err);
  drive.note(plan_words(settings, scenario));
  SearchWatch watch;
  watch.note = [&](const std::string& line) { drive.note(line); };
  watch.crossover = [&](const decision::CrossoverSearch& s, const decision::RatioProbe& p) {
    drive.note(report::probe_line(s, p));
  };
  decision::CrossoverSearch search =
      closing(drive, [&] { return run_crossover_search(scenario, settings, drive, watch); });
  const Manifest manifest = drive.finish(search.end != decision::SearchEnd::complete);
  look_back(search, manifest, drive.telemetry());
  return conclude(search, manifest, scenario, drive.folder(), io);
}

ExitCode execute(const SearchReportOptions& options, Streams io) {
  const std::string path = options.run + "/search.json";
  if (!std::filesystem::exists(path))
    throw DataError({options.run, 0, 0}, "", "no search.json",
                    "the run folder of a search (other runs: abgate report)");
  const SearchSettings settings = decode_settings(store::read_file(path), path);
  const std::string manifest_path = options.run + "/manifest.json";
  const Manifest manifest =
      store::decode_manifest(store::read_file(manifest_path), manifest_path);
  const Scenario scenario =
      config::parse_scenario(manifest.scenario_source, manifest.scenario_path, manifest.overrides,
                             config::Secrets::leave_as_written);
  StoredProbes source(options.run);
  if (settings.kind == SearchSettings::Kind::slo) {
    auto search = run_slo_search(scenario, settings, source);
    look_back(search, manifest, stored_telemetry(options.run));
    return conclude(search, manifest, scenario, options.run, io);
  }
  auto search = run_crossover_search(scenario, settings, source);
  look_back(search, manifest, stored_telemetry(options.run));
  return conclude(search, manifest, scenario, options.run, io);
}

}  // namespace abgate::cli
