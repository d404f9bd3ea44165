#include "cli/resume.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "config/scenario_file.hpp"
#include "core/error.hpp"
#include "decision/judge.hpp"
#include "http/tcp_ledger.hpp"
#include "load/body.hpp"
#include "store/cell_reader.hpp"

namespace abgate::cli {

namespace {

/// Hashes of all data of the run, by role.
std::map<std::string, std::string> hashes(const std::vector<SuiteCopy>& copies) {
  std::map<std::string, std::string> out;
  for (const SuiteCopy& copy : copies) out[copy.role] = copy.hash;
  return out;
}
std::map<std::string, std::string> hashes(const Session& session) {
  std::map<std::string, std::string> out = hashes(session.files);
  for (const auto& [role, suite] : session.suites) out[role] = suite.hash;
  if (session.quality) out["quality"] = session.quality->hash;
  return out;
}

/// The same request under both scenarios: everything that is sent with it.
bool same_sampling(const Scenario& a, const Scenario& b) {
  const PlannedPrompt prompt;
  const PlannedRequest request;
  return a.api == b.api &&
         load::make_body(a, prompt, request, "m") == load::make_body(b, prompt, request, "m");
}

void differ(std::string& out, const char* what, const std::string& before,
            const std::string& after) {
  if (before == after) return;
  out += fmt::format("{}{} was {}, is {}", out.empty() ? "" : "; ", what,
                     before.empty() ? "unknown" : printable(before, 80),
                     after.empty() ? "unknown" : printable(after, 80));
}

std::string changes(const ServerFacts& before, const ServerFacts& after) {
  const auto length = [](const ServerFacts& f) {
    return f.max_model_len ? fmt::format("{}", *f.max_model_len) : "";
  };
  std::string out;
  differ(out, "the address", before.url, after.url);
  differ(out, "the version", before.version, after.version);
  differ(out, "the model", before.model, after.model);
  differ(out, "the model's root", before.model_root, after.model_root);
  differ(out, "max_model_len", length(before), length(after));
  differ(out, "the hash of token ids", before.token_ids_hash.value_or(""),
         after.token_ids_hash.value_or(""));
  for (const auto& [key, value] : before.other) {
    const auto it = after.other.find(key);
    if (it != after.other.end()) differ(out, key.c_str(), value, it->second);
  }
  return out;
}

bool same_request(const PlannedRequest& a, const PlannedRequest& b) {
  return a.item == b.item && a.repeat == b.repeat && a.max_tokens == b.max_tokens &&
         a.ignore_eos == b.ignore_eos && a.salt == b.salt;
}

}  // namespace

Resume::Resume(const std::string& folder, const Session& session)
    : run_(store::load_run(folder)), plan_(session.plan) {
  if (std::filesystem::exists(folder + "/search.json"))
    throw DataError({folder}, "", "the run of a search",
                    "one of `abgate compare`; a search is not resumed: start it again");
  for (const store::CellFile& file : run_.cells) files_.emplace(file.name, file);
  if (!run_.manifest.interrupted && run_.missing.empty()) {
    throw DataError({folder}, "", "a run that came to its end",
                    "one that was cut short; read this one with abgate report");
  }
  check_plan(session);
  check_clock();
}

void Resume::check_plan(const Session& session) const {
  const auto refuse = [&](const std::string& what, const std::string& was, const std::string& is) {
    throw DataError({run_.path}, what, was,
                    fmt::format("{} as now: its answers belong to another experiment; start a new "
                                "run",
                                is));
  };
  if (run_.manifest.mode != session.scenario.mode)
    refuse("mode", std::string(to_string(run_.manifest.mode)),
           std::string(to_string(session.scenario.mode)));
  auto was = hashes(run_.manifest.suites), is = hashes(session);
  for (const auto& [role, hash] : is) was.try_emplace(role, "none");
  for (const auto& [role, hash] : was) {
    const std::string present = is.try_emplace(role, "none").first->second;
    if (hash != present) refuse(role + " suite", hash, present);
  }
  const Scenario before =
      config::parse_scenario(run_.manifest.scenario_source, run_.manifest.scenario_path,
                             run_.manifest.overrides, config::Secrets::leave_as_written);
  if (!same_sampling(before, session.scenario)) {
    refuse("sampling", "other parameters of the requests", "the same");
  }
  if (run_.manifest.plan_hash != session.plan.hash) {
    refuse("plan_hash", run_.manifest.plan_hash, session.plan.hash);
  }
  const std::string criteria = decision::hash_of(session.scenario.criteria);
  if (run_.manifest.criteria_hash != criteria) {
    refuse("criteria_hash", run_.manifest.criteria_hash, criteria);
  }
}

void Resume::check_clock() const {
  TimePoint latest = run_.manifest.clock_zero;
  for (const ServerSample& sample : run_.telemetry.servers) latest = std::max(latest, sample.at);
  for (const GpuSample& sample : run_.telemetry.gpu) latest = std::max(latest, sample.at);
  if (now() > latest) return;
  throw Error(ExitCode::void_run,
              fmt::format("{}: this machine was restarted since, its clock began anew; the stored "
                          "times cannot be set beside new ones: start a new run",
                          run_.path));
}

void Resume::check_servers(const Preflight& checked) const {
  for (const ServerFacts& before : run_.manifest.servers) {
    for (const ServerFacts& after : checked.facts) {
      const std::string change = before.arm == after.arm ? changes(before, after) : "";
      if (change.empty()) continue;
      throw Error(ExitCode::void_run,
                  fmt::format("{}: the deployment is not the one of {}: {}; start a new run",
                              to_string(after.arm), run_.path, change));
    }
  }
}

void Resume::check_logprobs(Preflight& checked) const {
  if (!checked.logprobs) return;
  if (!run_.manifest.logprobs) {
    checked.logprobs->top = 0;
    checked.logprobs->why = "the run that is gone on with did not ask either";
    checked.notes.push_back(describe(*checked.logprobs));
    return;
  }
  const LogprobFacts &before = *run_.manifest.logprobs, &after = *checked.logprobs;
  if (before.top == after.top && before.ids == after.ids) return;
  throw Error(ExitCode::void_run,
              fmt::format("{}: its answers and new ones would be asked differently: then {}, now "
                          "{}; start a new run",
                          run_.path, describe(before), describe(after)));
}

std::string Resume::whole_file(const Cell& cell, Arm arm) const {
  const auto it = files_.find(cell_name(cell, arm));
  // What a cache was filled with then is not there any more.
  if (it == files_.end() || it->second.unfinished || cell.kind == CellKind::prime) return {};
  try {
    return store::read_cell(it->second.path, store::Tokens::skip).interrupted ? "" : it->second.path;
  } catch (const DataError&) {
    return {};  // damaged: as good as missing
  }
}

CellRecord Resume::part(const Cell& cell, Arm arm) const {
  CellRecord out;
  const auto it = files_.find(cell_name(cell, arm));
  if (it == files_.end()) return out;
  try {
    out = store::read_cell(it->second.path);
  } catch (const DataError&) {
    return out;
  }
  std::set<std::uint32_t> seen;
  std::erase_if(out.requests, [&](const RequestRecord& r) {
    const std::uint32_t index = r.planned.index;
    return !counts_as_attempt(r.outcome) || index >= cell.requests.size() ||
           !same_request(r.planned, cell.requests[index]) ||
           r.prompt_id != plan_.prompts.at(r.planned.item).id || !seen.insert(index).second;
  });
  return out;
}

std::vector<std::uint32_t> missing_requests(const Cell& cell, const CellRecord& part) {
  std::set<std::uint32_t> there;
  for (const RequestRecord& r : part.requests) there.insert(r.planned.index);
  std::vector<std::uint32_t> out;
  for (const PlannedRequest& r : cell.requests) {
    if (!there.contains(r.index)) out.push_back(r.index);
  }
  return out;
}

Cell cell_of(const Cell& cell, const std::vector<std::uint32_t>& requests, int number) {
  Cell out = cell;
  out.point += fmt::format("-rest{}", number);
  out.requests.clear();
  for (const std::uint32_t index : requests) {
    PlannedRequest request = cell.requests.at(index);
    request.index = static_cast<std::uint32_t>(out.requests.size());
    out.requests.push_back(request);
  }
  return out;
}

CellRecord joined(const CellRecord& before, CellRecord after) {
  if (before.end == TimePoint{}) return after;
  after.begin = std::min(before.begin, after.begin);
  after.measured_begin = std::min(before.measured_begin, after.measured_begin);
  after.end = std::max(before.end, after.end);
  CellHealth& health = after.health;
  health.loop_turns += before.health.loop_turns;
  health.stale_retries += before.health.stale_retries;
  health.recorder_stalls += before.health.recorder_stalls;
  health.loops = std::max(health.loops, before.health.loops);
  health.client_cpu = std::max(health.client_cpu, before.health.client_cpu);
  health.max_starts_per_turn =
      std::max(health.max_starts_per_turn, before.health.max_starts_per_turn);
  for (const auto lag : {&CellHealth::loop_lag_p50, &CellHealth::loop_lag_p99,
                         &CellHealth::loop_lag_max, &CellHealth::schedule_lag_p50,
                         &CellHealth::schedule_lag_p99, &CellHealth::schedule_lag_max,
                         &CellHealth::wake_lag_p50, &CellHealth::wake_lag_p99,
                         &CellHealth::wake_lag_max}) {
    health.*lag = std::max(health.*lag, before.health.*lag);
  }
  health.receive_queue_p99 = std::max(health.receive_queue_p99, before.health.receive_queue_p99);
  health.receive_queue_max = std::max(health.receive_queue_max, before.health.receive_queue_max);
  http::add(health.tcp, before.health.tcp);
  return after;
}

Telemetry joined(Telemetry before, Telemetry after) {
  after.gpu.insert(after.gpu.begin(), before.gpu.begin(), before.gpu.end());
  after.servers.insert(after.servers.begin(), before.servers.begin(), before.servers.end());
  after.notes.insert(after.notes.begin(), before.notes.begin(), before.notes.end());
  return after;
}

}  // namespace abgate::cli
