#pragma once
// A small valid scenario for the tests to change.

#include <string>
#include <vector>

#include "config/scenario_file.hpp"

namespace abgate::config {

inline const std::string kSample = R"(name: sample
blocks: 6
baseline:
  label: FP16
  url: http://127.0.0.1:8000
  gpu: {source: nvidia-smi}
candidate:
  label: AWQ
  url: http://127.0.0.1:8001/v1
  gpu: {source: dcgm, url: "http://127.0.0.1:9400/metrics"}
workload:
  suite: suite.jsonl
points:
  - {id: c8, concurrency: 8, requests: 50}
  - {id: r4, arrival: poisson, rate: 4/s, duration: 1m}
quality:
  {suite: suite.jsonl, likelihood: {enabled: true}}
slo: {ttft: 1s}
criteria:
  - {id: ttft, metric: ttft, stat: p95, op: "<", value: 1 s}
  - {id: speedup, metric: stream_speed, form: ratio, op: ">=", value: 2}
  - {id: quality, metric: quality.em_ws, form: ratio, op: ">", value: 0.95}
  - {id: memory, metric: gpu_memory_used, op: "<", value: 60 GB}
  - {id: errors, metric: errors, op: "==", value: 0}
)";

/// The sample with overrides; neither files nor environment are looked at.
inline Scenario sample(const std::vector<std::string>& overrides = {}) {
  return parse_scenario(kSample, "s.yaml", overrides, Secrets::leave_as_written);
}

/// The message that a text, or the sample with overrides, is refused with; "accepted" if it is not.
inline std::string refusal(const std::string& text, const std::vector<std::string>& overrides = {},
                           Secrets secrets = Secrets::leave_as_written) {
  try {
    parse_scenario(text, "s.yaml", overrides, secrets);
  } catch (const ScenarioError& e) {
    return e.what();
  }
  return "accepted";
}

/// The sample with the first `from` replaced.
inline std::string edited(const std::string& from, const std::string& to) {
  std::string text = kSample;
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("the sample has no " + from);
  return text.replace(at, from.size(), to);
}

}  // namespace abgate::config
