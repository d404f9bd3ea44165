#include "store/manifest_codec.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "store/cell_codec.hpp"
#include "store/json_parts.hpp"

namespace abgate::store {

namespace {
Json seeds_json(const Seeds& seeds) {
  return {{"base", seeds.base},
          {"prompts", seeds.prompts},
          {"schedule", seeds.schedule},
          {"blocks", seeds.blocks},
          {"bootstrap", seeds.bootstrap}};
}

Seeds read_seeds(const Json& json) {
  return {json.at("base"), json.at("prompts"), json.at("schedule"), json.at("blocks"),
          json.at("bootstrap")};
}

Json host_json(const HostFacts& host) {
  return {{"name", host.name},
          {"kernel", host.kernel},
          {"cpu", host.cpu},
          {"cores", host.cores},
          {"clocksource", host.clocksource}};
}

HostFacts read_host(const Json& json) {
  return {json.at("name"), json.at("kernel"), json.at("cpu"), json.at("cores"),
          json.at("clocksource")};
}

Json cell_json(const ExpectedCell& cell) {
  return {{"name", cell.name},
          {"kind", to_string(cell.kind)},
          {"point", cell.point},
          {"block", cell.block},
          {"arm", to_string(cell.arm)}};
}

ExpectedCell read_cell_facts(const Json& json) {
  constexpr std::array kKinds{CellKind::load, CellKind::aa, CellKind::prime, CellKind::quality};
  return {json.at("name"), word_of(json.at("kind"), kKinds), json.at("point"), json.at("block"),
          word_of(json.at("arm"), kArms)};
}

Json suite_json(const SuiteCopy& suite) {
  return {{"role", suite.role}, {"name", suite.name},       {"file", suite.file},
          {"hash", suite.hash}, {"licence", suite.licence}, {"items", suite.items}};
}

SuiteCopy read_suite(const Json& json) {
  return {json.at("role"), json.at("name"),    json.at("file"),
          json.at("hash"), json.at("licence"), json.at("items")};
}

Json calibration_json(const ClientCalibration& c) {
  return {{"streams", c.streams},
          {"events_per_second", c.events_per_second},
          {"received_per_second", c.received_per_second},
          {"ttft_p50_ms", c.ttft_p50_ms},
          {"ttft_p99_ms", c.ttft_p99_ms},
          {"itl_p50_ms", c.itl_p50_ms},
          {"itl_p99_ms", c.itl_p99_ms},
          {"stamp_p99_ms", c.stamp_p99_ms},
          {"loop_lag_p99_ms", c.loop_lag_p99_ms},
          {"client_cpu", c.client_cpu},
          {"failed", c.failed},
          {"trusted_per_second", c.trusted_per_second},
          {"more_possible", c.more_possible}};
}

ClientCalibration read_calibration(const Json& json) {
  return {json.at("streams"),      json.at("events_per_second"), json.at("received_per_second"),
          json.at("ttft_p50_ms"),  json.at("ttft_p99_ms"),       json.at("itl_p50_ms"),
          json.at("itl_p99_ms"),   json.at("stamp_p99_ms"),      json.at("loop_lag_p99_ms"),
          json.at("client_cpu"),   json.at("failed"),            json.at("trusted_per_second"),
          json.at("more_possible")};
}

Json logprobs_json(const LogprobFacts& facts) {
  return {{"wanted", facts.wanted}, {"top", facts.top}, {"ids", facts.ids}, {"why", facts.why}};
}

LogprobFacts read_logprobs(const Json& json) {
  return {json.at("wanted"), json.at("top"), json.at("ids"), json.at("why")};
}

template <typename T, typename ToJson>
Json list_json(const std::vector<T>& items, const ToJson& to_json) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(to_json(item));
  return list;
}

template <typename T, typename Read>
std::vector<T> read_list(const Json& json, const Read& read) {
  std::vector<T> items;
  for (const Json& item : json.get_ref<const Json::array_t&>()) items.push_back(read(item));
  return items;
}

/// Another format cannot be read; what can be said of it is how to get the run again.
void check_format(const Json& json, const std::string& path) {
  const auto format = json.find("format");
  if (format == json.end())
    throw DataError(Place{path, 0, 0}, "format", "nothing", "a manifest that abgate wrote");
  if (*format == kFormat) return;
  const std::string scenario = json.value("scenario_path", std::string("SCENARIO"));
  throw DataError(
      Place{path, 0, 0}, "format", format->dump(),
      fmt::format(
          "{}; this run was stored by abgate {}: read it with that version, or record it again "
          "with `abgate compare {}`",
          kFormat, json.value("tool_version", std::string("?")), scenario));
}

Manifest read_manifest(const Json& json) {
  constexpr std::array kModes{Mode::concurrent, Mode::interleaved, Mode::swapped, Mode::recorded};
  Manifest m;
  m.run_id = json.at("run_id");
  m.tool_version = json.at("tool_version");
  m.scenario_name = json.at("scenario_name");
  m.scenario_path = json.at("scenario_path");
  m.scenario_source = json.at("scenario_source");
  m.overrides = json.at("overrides").get<std::vector<std::string>>();
  m.scenario_hash = json.at("scenario_hash");
  m.criteria_hash = json.at("criteria_hash");
  m.plan_hash = json.at("plan_hash");
  m.mode = word_of(json.at("mode"), kModes);
  m.seeds = read_seeds(json.at("seeds"));
  m.host = read_host(json.at("host"));
  m.expected = read_list<ExpectedCell>(json.at("expected"), read_cell_facts);
  m.suites = read_list<SuiteCopy>(json.at("suites"), read_suite);
  m.prompt_sizing = json.value("prompt_sizing", "");
  m.servers = read_list<ServerFacts>(json.at("servers"), server_facts_of);
  if (const auto after = json.find("servers_after"); after != json.end())
    m.servers_after = read_list<ServerFacts>(*after, server_facts_of);
  m.started = json.at("started");
  m.finished = json.at("finished");
  m.clock_zero = TimePoint{Duration{json.at("clock_zero_ns").get<std::int64_t>()}};
  m.interrupted = json.at("interrupted");
  if (const auto it = json.find("client_calibration"); it != json.end())
    m.calibration = read_calibration(*it);
  if (const auto it = json.find("logprobs"); it != json.end()) m.logprobs = read_logprobs(*it);
  m.attempt = json.at("attempt");
  m.look = json.value("look", 1U);
  m.merged_from = json.at("merged_from").get<std::vector<std::string>>();
  m.resumed = json.value("resumed", std::vector<std::string>{});
  m.grader = json.value("grader", "");
  return m;
}
}  // namespace

std::string encode_manifest(const Manifest& m, const Redactor& redact) {
  Json overrides = Json::array();
  for (const std::string& text : m.overrides) overrides.push_back(redact(redact_override(text)));
  Json json;
  json["format"] = kFormat;
  json["run_id"] = m.run_id;
  json["tool_version"] = m.tool_version;
  json["scenario_name"] = m.scenario_name;
  json["scenario_path"] = m.scenario_path;
  json["scenario_hash"] = m.scenario_hash;
  json["criteria_hash"] = m.criteria_hash;
  json["plan_hash"] = m.plan_hash;
  json["mode"] = to_string(m.mode);
  json["seeds"] = seeds_json(m.seeds);
  json["host"] = host_json(m.host);
  if (m.calibration) json["client_calibration"] = calibration_json(*m.calibration);
  json["started"] = m.started;
  json["finished"] = m.finished;
  json["interrupted"] = m.interrupted;
  json["attempt"] = m.attempt;
  json["look"] = m.look;
  json["merged_from"] = m.merged_from;
  if (!m.resumed.empty()) json["resumed"] = m.resumed;
  if (!m.grader.empty()) json["grader"] = m.grader;
  if (m.logprobs) json["logprobs"] = logprobs_json(*m.logprobs);
  json["clock_zero_ns"] = m.clock_zero.time_since_epoch().count();
  json["servers"] = list_json(m.servers, server_facts_json);
  json["servers_after"] = list_json(m.servers_after, server_facts_json);
  json["suites"] = list_json(m.suites, suite_json);
  if (!m.prompt_sizing.empty()) json["prompt_sizing"] = m.prompt_sizing;
  json["overrides"] = overrides;
  json["scenario_source"] = redact(redact_scenario(m.scenario_source));
  json["expected"] = list_json(m.expected, cell_json);
  return dump(json, redact);
}

Manifest decode_manifest(std::string_view text, const std::string& path) {
  Manifest manifest;
  parse_json(text, path, "a manifest that abgate wrote", [&](const Json& json) {
    check_format(json, path);
    manifest = read_manifest(json);
  });
  return manifest;
}

}  // namespace abgate::store
