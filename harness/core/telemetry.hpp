#pragma once
// What was observed beside the requests: GPU samples, scrapes of /metrics, facts about the servers.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/arm.hpp"
#include "core/time.hpp"

namespace abgate {

/// One reading of one GPU. Absent fields were "[N/A]" or not asked for.
struct GpuSample {
  TimePoint at{};
  Arm arm = Arm::baseline;
  std::string gpu;  ///< UUID, or index where there is none
  std::string name;
  std::string driver;  ///< version of the driver; empty: unknown
  std::optional<double> memory_used_bytes;
  std::optional<double> memory_total_bytes;
  std::optional<double> utilization;  ///< 0..1
  std::optional<double> power_w;
  std::optional<double> temperature_c;
  std::optional<double> sm_clock_mhz;
  std::string throttle_reasons;  ///< clocks_event_reasons.active as read; empty: unknown
};

/// The server's own counters at one moment, read from its /metrics. Absent: the server does not
/// have it.
struct ServerSample {
  TimePoint at{};
  Arm arm = Arm::baseline;
  std::string label;  ///< "begin" | "end" of a cell (with its name), or "poll"
  std::optional<double> process_start_time;  ///< a change is a restart
  std::optional<double> requests_success;    ///< vllm:request_success_total, all reasons
  std::optional<double> prompt_tokens;
  std::optional<double> generation_tokens;
  std::optional<double> ttft_sum, ttft_count;
  std::optional<double> itl_sum, itl_count;
  std::optional<double> queue_sum, queue_count;
  std::optional<double> prefix_queries, prefix_hits;
  std::optional<double> preemptions;
  std::optional<double> running, waiting;
  std::optional<double> kv_usage;  ///< 0..1
  std::optional<double> spec_accepted_tokens;
  std::map<std::string, std::string> cache_config;  ///< labels of vllm:cache_config_info
  bool simulated = false;
};

/// What one server said of itself before the run, or after it. Empty strings: it did not say.
struct ServerFacts {
  Arm arm = Arm::baseline;
  std::string url;
  std::string version;     ///< /version
  bool simulated = false;  ///< it says that it is a simulator
  std::string model;       ///< id in /v1/models
  std::string model_root;  ///< its `root`: path or hub id
  std::optional<std::int64_t> max_model_len;
  std::optional<std::string> token_ids_hash;  ///< of the suite's prompts through /tokenize
  std::optional<double> prompt_tokens_mean;   ///< of the same
  std::string resolved_address;
  std::map<std::string, std::string> other;  ///< cache_config labels, declared facts, …
};

/// All observations of a run.
struct Telemetry {
  std::vector<GpuSample> gpu;
  std::vector<ServerSample> servers;
  std::vector<ServerFacts> facts;
  std::vector<std::string> notes;  ///< e.g. "candidate: nvidia-smi failed 3 times: …"
};

}  // namespace abgate
