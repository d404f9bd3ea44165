#include <fmt/format.h>

#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "store/json_parts.hpp"
#include "store/manifest_codec.hpp"

namespace abgate::store {

namespace {
// One table of members for both directions: nothing can be written and forgotten by the reader.
using GpuField = std::pair<const char*, std::optional<double> GpuSample::*>;
constexpr std::array<GpuField, 6> kGpuFields{
    {{"memory_used_bytes", &GpuSample::memory_used_bytes},
     {"memory_total_bytes", &GpuSample::memory_total_bytes},
     {"utilization", &GpuSample::utilization},
     {"power_w", &GpuSample::power_w},
     {"temperature_c", &GpuSample::temperature_c},
     {"sm_clock_mhz", &GpuSample::sm_clock_mhz}}};

using ServerField = std::pair<const char*, std::optional<double> ServerSample::*>;
constexpr std::array<ServerField, 17> kServerFields{
    {{"process_start_time", &ServerSample::process_start_time},
     {"requests_success", &ServerSample::requests_success},
     {"prompt_tokens", &ServerSample::prompt_tokens},
     {"generation_tokens", &ServerSample::generation_tokens},
     {"ttft_sum", &ServerSample::ttft_sum},
     {"ttft_count", &ServerSample::ttft_count},
     {"itl_sum", &ServerSample::itl_sum},
     {"itl_count", &ServerSample::itl_count},
     {"queue_sum", &ServerSample::queue_sum},
     {"queue_count", &ServerSample::queue_count},
     {"prefix_queries", &ServerSample::prefix_queries},
     {"prefix_hits", &ServerSample::prefix_hits},
     {"preemptions", &ServerSample::preemptions},
     {"running", &ServerSample::running},
     {"waiting", &ServerSample::waiting},
     {"kv_usage", &ServerSample::kv_usage},
     {"spec_accepted_tokens", &ServerSample::spec_accepted_tokens}}};

template <typename Sample, typename Fields>
void put(Json& json, const Sample& sample, const Fields& fields) {
  for (const auto& [name, member] : fields) {
    if (const auto& value = sample.*member; value && std::isfinite(*value)) json[name] = *value;
  }
}

template <typename Sample, typename Fields>
void get(const Json& json, Sample& sample, const Fields& fields) {
  for (const auto& [name, member] : fields) {
    if (const auto it = json.find(name); it != json.end())
      sample.*member = it->template get<double>();
  }
}

Json gpu_json(const GpuSample& sample) {
  Json json{{"at", sample.at.time_since_epoch().count()},
            {"arm", to_string(sample.arm)},
            {"gpu", sample.gpu},
            {"name", sample.name}};
  put(json, sample, kGpuFields);
  if (!sample.driver.empty()) json["driver"] = sample.driver;
  if (!sample.throttle_reasons.empty()) json["throttle"] = sample.throttle_reasons;
  return json;
}

GpuSample gpu_of(const Json& json) {
  GpuSample sample;
  sample.at = TimePoint{Duration{json.at("at").get<std::int64_t>()}};
  sample.arm = word_of(json.at("arm"), kArms);
  sample.gpu = json.at("gpu");
  sample.name = json.at("name");
  get(json, sample, kGpuFields);
  sample.driver = json.value("driver", std::string());
  sample.throttle_reasons = json.value("throttle", std::string());
  return sample;
}

Json server_json(const ServerSample& sample) {
  Json json{{"at", sample.at.time_since_epoch().count()},
            {"arm", to_string(sample.arm)},
            {"label", sample.label}};
  put(json, sample, kServerFields);
  if (!sample.cache_config.empty()) json["cache_config"] = sample.cache_config;
  if (sample.simulated) json["simulated"] = true;
  return json;
}

ServerSample server_of(const Json& json) {
  ServerSample sample;
  sample.at = TimePoint{Duration{json.at("at").get<std::int64_t>()}};
  sample.arm = word_of(json.at("arm"), kArms);
  sample.label = json.at("label");
  get(json, sample, kServerFields);
  if (const auto it = json.find("cache_config"); it != json.end()) {
    sample.cache_config = it->get<std::map<std::string, std::string>>();
  }
  sample.simulated = json.value("simulated", false);
  return sample;
}

/// A CSV field: quoted where needed, and never read as a formula.
std::string csv(std::string text) {
  if (!text.empty() && std::string_view("=+-@").find(text[0]) != std::string_view::npos)
    text.insert(0, "'");
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}
}  // namespace

Json server_facts_json(const ServerFacts& facts) {
  Json json{{"arm", to_string(facts.arm)}, {"url", facts.url},
            {"version", facts.version},    {"simulated", facts.simulated},
            {"model", facts.model},        {"model_root", facts.model_root}};
  if (facts.max_model_len) json["max_model_len"] = *facts.max_model_len;
  if (facts.token_ids_hash) json["token_ids_hash"] = *facts.token_ids_hash;
  if (facts.prompt_tokens_mean) json["prompt_tokens_mean"] = *facts.prompt_tokens_mean;
  json["resolved_address"] = facts.resolved_address;
  json["other"] = facts.other;
  return json;
}

ServerFacts server_facts_of(const Json& json) {
  ServerFacts facts;
  facts.arm = word_of(json.at("arm"), kArms);
  facts.url = json.at("url");
  facts.version = json.at("version");
  facts.simulated = json.at("simulated");
  facts.model = json.at("model");
  facts.model_root = json.at("model_root");
  if (json.contains("max_model_len"))
    facts.max_model_len = json.at("max_model_len").get<std::int64_t>();
  if (json.contains("token_ids_hash"))
    facts.token_ids_hash = json.at("token_ids_hash").get<std::string>();
  if (json.contains("prompt_tokens_mean"))
    facts.prompt_tokens_mean = json.at("prompt_tokens_mean").get<double>();
  facts.resolved_address = json.at("resolved_address");
  facts.other = json.at("other").get<std::map<std::string, std::string>>();
  return facts;
}

std::string encode_telemetry(const Telemetry& telemetry, const Redactor& redact) {
  Json gpu = Json::array(), servers = Json::array(), facts = Json::array();
  for (const GpuSample& sample : telemetry.gpu) gpu.push_back(gpu_json(sample));
  for (const ServerSample& sample : telemetry.servers) servers.push_back(server_json(sample));
  for (const ServerFacts& server : telemetry.facts) facts.push_back(server_facts_json(server));
  const Json json{{"facts", facts}, {"notes", telemetry.notes}, {"servers", servers}, {"gpu", gpu}};
  return dump(json, redact);
}

Telemetry decode_telemetry(std::string_view text, const std::string& path) {
  Telemetry telemetry;
  parse_json(text, path, "telemetry that abgate wrote", [&](const Json& json) {
    for (const Json& sample : json.at("gpu")) telemetry.gpu.push_back(gpu_of(sample));
    for (const Json& sample : json.at("servers")) telemetry.servers.push_back(server_of(sample));
    for (const Json& server : json.at("facts")) telemetry.facts.push_back(server_facts_of(server));
    telemetry.notes = json.at("notes").get<std::vector<std::string>>();
  });
  return telemetry;
}

std::string gpu_csv(const Telemetry& telemetry, TimePoint zero) {
  std::string out = "seconds,arm,gpu,name";
  for (const auto& [name, member] : kGpuFields) out.append(",").append(name);
  out += ",throttle\n";
  for (const GpuSample& sample : telemetry.gpu) {
    out += fmt::format("{:.3f},{},{},{}", to_seconds(sample.at - zero), to_string(sample.arm),
                       csv(sample.gpu), csv(sample.name));
    for (const auto& [name, member] : kGpuFields) {
      const auto& value = sample.*member;
      out += value ? fmt::format(",{}", *value) : ",";
    }
    out.append(",").append(csv(sample.throttle_reasons)).append("\n");
  }
  return out;
}

}  // namespace abgate::store
