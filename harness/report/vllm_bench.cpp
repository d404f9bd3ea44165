#include "report/vllm_bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

namespace abgate::report {

namespace {
using Json = nlohmann::ordered_json;

/// numpy's default: linear between order statistics (type 7). `sorted` is ascending and not empty.
double percentile(const std::vector<float>& sorted, double p) {
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return static_cast<double>(sorted[below]) +
         (at - std::floor(at)) * static_cast<double>(sorted[above] - sorted[below]);
}

/// mean, median, std (population, as numpy) and percentiles; 0 without samples, as vLLM writes it.
void put(Json& json, const std::string& name, std::vector<float> values) {
  std::sort(values.begin(), values.end());
  const double n = static_cast<double>(values.size());
  const double mean = values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const float v : values)
    squares += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
  json["mean_" + name + "_ms"] = mean;
  json["median_" + name + "_ms"] = values.empty() ? 0 : percentile(values, 0.5);
  json["std_" + name + "_ms"] = values.empty() ? 0 : std::sqrt(squares / n);
  for (const int p : {50, 90, 95, 99})
    json[fmt::format("p{}_{}_ms", p, name)] = values.empty() ? 0 : percentile(values, p / 100.0);
}

float as_ms(Duration d) {
  return static_cast<float>(to_ms(d));
}

/// "20260131-021700" from "2026-01-31T02:17:00Z".
std::string compact_date(const std::string& iso) {
  std::string out;
  for (const char c : iso) {
    if (c >= '0' && c <= '9') out += c;
    if (c == 'T') out += '-';
  }
  return out;
}

std::string file_name(const std::string& point) {
  std::string out;
  for (const char c : point)
    out += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                   c == '.'
               ? c
               : '-';
  return out;
}
}  // namespace

void VllmBench::add(const RequestRecord& record, Group& group) const {
  if (record.planned.phase != Phase::measured || !counts_as_attempt(record.outcome)) return;
  ++group.planned;
  if (!succeeded(record.outcome) || record.stream.events.empty()) {
    ++group.failed;
    return;
  }
  ++group.completed;
  const auto& events = record.stream.events;
  const std::int64_t output =
      record.usage ? record.usage->completion_tokens : static_cast<std::int64_t>(events.size());
  const std::int64_t input = record.usage ? record.usage->prompt_tokens : 0;
  const Duration first = events.front().at, last = events.back().at;
  group.input_tokens += input;
  group.output_tokens += output;
  group.input_lens.push_back(input);
  group.output_lens.push_back(output);
  group.ttft.push_back(as_ms(first));
  group.e2e.push_back(as_ms(last));
  if (output > 1) group.tpot.push_back(as_ms(last - first) / static_cast<float>(output - 1));
  for (std::size_t i = 1; i < events.size(); ++i)
    group.itl.push_back(as_ms(events[i].at - events[i - 1].at));
  const Slo& slo = scenario_.slo;
  const bool fast = !slo.tpot || output <= 1 || (last - first) / (output - 1) <= *slo.tpot;
  if ((!slo.ttft || first <= *slo.ttft) && fast && (!slo.e2e || last <= *slo.e2e)) ++group.good;
}

void VllmBench::add(const CellRecord& cell) {
  if (cell.kind != CellKind::load) return;
  Group& group = groups_[{cell.point, cell.arm}];
  group.load = cell.load;
  TimePoint end = cell.measured_begin;
  for (const RequestRecord& record : cell.requests) {
    add(record, group);
    if (record.planned.phase == Phase::measured && succeeded(record.outcome))
      end = std::max(end, record.stream.started + record.stream.closed);
  }
  group.seconds += to_seconds(end - cell.measured_begin);
}

std::string VllmBench::json(const Group& group, Arm arm) const {
  const ArmConfig& config = scenario_.arm(arm);
  const double seconds = group.seconds > 0 ? group.seconds : 1;
  const auto per_second = [&](double n) { return n / seconds; };
  Json json;
  json["date"] = compact_date(manifest_.started);
  json["endpoint_type"] = scenario_.api == Api::chat ? "openai-chat" : "openai";
  json["backend"] = json["endpoint_type"];
  json["label"] = config.label;
  std::string model = config.model;
  for (const ServerFacts& facts : manifest_.servers) {
    if (model.empty() && facts.arm == arm) model = facts.model;
  }
  json["model_id"] = model;
  json["tokenizer_id"] = model;
  json["num_prompts"] = group.planned;
  // A ramp or a trace has no one rate: vLLM's word for "as they come" is inf.
  const bool one_rate = group.load.arrival == Arrival::constant ||
                        group.load.arrival == Arrival::poisson ||
                        group.load.arrival == Arrival::gamma;
  json["request_rate"] = one_rate ? Json(group.load.rate) : Json("inf");
  json["burstiness"] = group.load.burstiness;
  json["max_concurrency"] =
      group.load.concurrency == 0 ? Json(nullptr) : Json(group.load.concurrency);
  json["duration"] = group.seconds;
  json["completed"] = group.completed;
  json["failed"] = group.failed;
  json["total_input_tokens"] = group.input_tokens;
  json["total_output_tokens"] = group.output_tokens;
  json["request_throughput"] = per_second(static_cast<double>(group.completed));
  const bool goodput = scenario_.slo.ttft || scenario_.slo.tpot || scenario_.slo.e2e;
  json["request_goodput"] =
      goodput ? Json(per_second(static_cast<double>(group.good))) : Json(nullptr);
  json["output_throughput"] = per_second(static_cast<double>(group.output_tokens));
  json["total_token_throughput"] =
      per_second(static_cast<double>(group.input_tokens + group.output_tokens));
  put(json, "ttft", group.ttft);
  put(json, "tpot", group.tpot);
  put(json, "itl", group.itl);
  put(json, "e2el", group.e2e);
  json["input_lens"] = group.input_lens;
  json["output_lens"] = group.output_lens;
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<File> VllmBench::files() const {
  std::vector<File> files;
  for (const auto& [key, group] : groups_) {
    files.push_back(
        {fmt::format("vllm-bench/{}-{}.json", file_name(key.first), to_string(key.second)),
         json(group, key.second)});
  }
  return files;
}

}  // namespace abgate::report
