#pragma once
// The production baseline as a table, out of vLLM's own counters.

#include <optional>
#include <string>

#include "observe/prometheus.hpp"

namespace abgate::observe {

/// Everything since the server started. Absent: the server does not have it.
struct Snapshot {
  std::string source;
  std::string model;
  std::optional<double> requests, stopped, hit_length, aborted;  ///< finished requests, by reason
  std::optional<double> prompt_tokens, generation_tokens;
  std::optional<double> ttft_sum_s, ttft_count;
  std::optional<double> itl_sum_s, itl_count;
  std::optional<double> itl_at_most_50ms;  ///< samples in the buckets up to 0.05 s
  std::optional<double> e2e_sum_s, e2e_count, queue_sum_s, queue_count;
  std::optional<double> prefix_queries, prefix_hits;
  std::optional<double> preemptions, running, waiting, kv_usage;
  std::optional<double> gpu_memory_utilization, gpu_blocks, block_size;

  std::optional<double> ttft_mean_s() const;
  std::optional<double> tpot_mean_s() const;
  std::optional<double> stream_tokens_per_s() const;  ///< 1 / tpot_mean_s
  std::optional<double> prefix_hit_rate() const;      ///< 0..1
};

/// Throws DataError if the text is no /metrics of vLLM.
Snapshot make_snapshot(const MetricsText& text, const std::string& source);

std::string to_markdown(const Snapshot& snapshot);
/// Pretty-printed JSON; absent figures are null.
std::string to_json(const Snapshot& snapshot);

}  // namespace abgate::observe
