#include "cli/run_parts.hpp"

#include <fmt/format.h>

#include <utility>

#include "cli/ask.hpp"
#include "cli/host.hpp"
#include "cli/version.hpp"
#include "core/rng.hpp"
#include "decision/judge.hpp"
#include "store/files.hpp"

namespace abgate::cli {

store::Redactor redactor_of(const Scenario& scenario) {
  std::vector<std::string> secrets;
  for (const ArmConfig* arm : {&scenario.baseline, &scenario.candidate}) {
    for (std::string& secret : secrets_of(*arm)) secrets.push_back(std::move(secret));
  }
  return store::Redactor(std::move(secrets));
}

Manifest first_manifest(const Scenario& scenario, const std::vector<std::string>& overrides,
                        const Session& session, const Preflight& checked,
                        const store::RunFolder& folder) {
  Manifest m;
  m.run_id = folder.id();
  m.tool_version = version_text();
  m.scenario_name = scenario.name;
  m.scenario_path = scenario.path;
  m.scenario_source = scenario.source_text;
  m.overrides = overrides;
  std::string resolved = scenario.source_text;
  for (const auto& o : overrides) resolved += "\n" + o;
  m.scenario_hash = fmt::format("{:016x}", fnv1a(resolved));
  m.criteria_hash = decision::hash_of(scenario.criteria);
  m.mode = scenario.mode;
  m.seeds = scenario.seeds;
  m.host = host_facts();
  m.started = utc_now_iso();
  m.clock_zero = now();
  m.servers = checked.facts;
  m.logprobs = checked.logprobs;
  m.prompt_sizing = session.prompt_sizing;
  for (const auto& [role, suite] : session.suites)
    m.suites.push_back(folder.copy_suite(role, suite));
  m.suites.insert(m.suites.end(), session.files.begin(), session.files.end());
  return m;
}

std::unique_ptr<observe::Monitor> start_monitor(const Scenario& scenario, std::span<const Arm> arms,
                                                const store::RunFolder& folder) {
  std::vector<observe::MonitorTarget> targets;
  for (const Arm arm : arms) {
    const ArmConfig& config = scenario.arm(arm);
    targets.push_back({arm, observe::metrics_url(config), config.gpu});
  }
  return std::make_unique<observe::Monitor>(
      std::move(targets),
      [&scenario](Arm arm, const std::string& url) { return fetch_text(scenario.arm(arm), url); },
      [&folder](Arm arm, const std::string& label, std::string_view text) {
        folder.write_scrape(store::safe_name(label) + "-" + std::string(to_string(arm)), text);
      });
}

std::vector<ArmProgress> arm_lines(const Cell& cell, const load::Progress& progress,
                                   double elapsed_s, EventRates& rates) {
  std::vector<ArmProgress> lines;
  for (const Arm arm : kArms) {
    const auto& a = progress[index_of(arm)];
    if (!a) continue;
    ArmProgress shown;
    shown.arm = arm;
    shown.done = a->done;
    shown.total = cell.load.duration ? 0 : a->planned;
    shown.in_flight = a->in_flight;
    shown.failed = a->failed;
    shown.tokens_per_s = rates[index_of(arm)].update(a->events, elapsed_s);
    if (a->ttft_p50) shown.ttft_p50_s = to_seconds(*a->ttft_p50);
    lines.push_back(shown);
  }
  return lines;
}

}  // namespace abgate::cli
