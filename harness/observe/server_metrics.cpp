#include "observe/server_metrics.hpp"

#include <algorithm>
#include <initializer_list>

namespace abgate::observe {
namespace {

using Names = std::initializer_list<const char*>;

/// Names in order of preference: newer first. Only the first that is there counts, because old and
/// new names of one version hold the same numbers.
std::optional<double> sum_of(const Exposition& m, Names names) {
  for (const char* name : names) {
    if (const auto value = m.sum(name)) return value;
  }
  return std::nullopt;
}

std::optional<double> mean_of(const Exposition& m, Names names) {
  for (const char* name : names) {
    if (const auto value = m.mean(name)) return value;
  }
  return std::nullopt;
}

std::string family_of(const Exposition& m, Names names) {
  for (const char* name : names) {
    if (m.has(std::string(name) + "_count")) return name;
  }
  return "";
}

void read_sum_and_count(const Exposition& m, const std::string& family, std::optional<double>& sum,
                        std::optional<double>& count) {
  if (family.empty()) return;
  sum = m.sum(family + "_sum");
  count = m.sum(family + "_count");
}

void read_prefix_cache(const Exposition& m, ServerSample& s) {
  s.prefix_queries =
      sum_of(m, {"vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total"});
  s.prefix_hits = sum_of(m, {"vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total"});
  if (s.prefix_hits || !m.has("sglang:cached_tokens_total")) return;
  s.prefix_hits = m.sum("sglang:cached_tokens_total");
  s.prefix_queries = m.sum("sglang:prompt_tokens_total");
}

void read_gauges(const Exposition& m, ServerSample& s) {
  s.running = sum_of(
      m, {"vllm:num_requests_running", "sglang:num_running_reqs", "llamacpp:requests_processing"});
  s.waiting = sum_of(
      m, {"vllm:num_requests_waiting", "sglang:num_queue_reqs", "llamacpp:requests_deferred"});
  // A share: engines have pools of the same size, so the mean is the share of all blocks.
  s.kv_usage = mean_of(m, {"vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc",
                           "sglang:token_usage", "llamacpp:kv_cache_usage_ratio"});
}

bool says_simulated(const Exposition& m) {
  const auto& all = m.samples();
  return std::any_of(all.begin(), all.end(),
                     [](const Sample& s) { return s.name.rfind("vllmsim", 0) == 0; });
}

}  // namespace

std::string ttft_family(const Exposition& m) {
  return family_of(m, {"vllm:time_to_first_token_seconds", "sglang:time_to_first_token_seconds"});
}

std::string itl_family(const Exposition& m) {
  return family_of(m,
                   {"vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds",
                    "sglang:inter_token_latency_seconds", "sglang:time_per_output_token_seconds"});
}

bool has_server_metrics(const Exposition& m) {
  const auto& all = m.samples();
  return std::any_of(all.begin(), all.end(), [](const Sample& s) {
    return s.name.rfind("vllm:", 0) == 0 || s.name.rfind("sglang:", 0) == 0 ||
           s.name.rfind("llamacpp:", 0) == 0;
  });
}

ServerSample read_server(const Exposition& m) {
  ServerSample s;
  s.process_start_time = m.sum("process_start_time_seconds");
  s.requests_success = sum_of(m, {"vllm:request_success_total", "sglang:num_requests_total"});
  s.prompt_tokens = sum_of(m, {"vllm:prompt_tokens_total", "sglang:prompt_tokens_total",
                               "llamacpp:prompt_tokens_total"});
  s.generation_tokens = sum_of(m, {"vllm:generation_tokens_total", "sglang:generation_tokens_total",
                                   "llamacpp:tokens_predicted_total"});
  read_sum_and_count(m, ttft_family(m), s.ttft_sum, s.ttft_count);
  read_sum_and_count(m, itl_family(m), s.itl_sum, s.itl_count);
  read_sum_and_count(m,
                     family_of(m, {"vllm:request_queue_time_seconds", "sglang:queue_time_seconds"}),
                     s.queue_sum, s.queue_count);
  read_prefix_cache(m, s);
  read_gauges(m, s);
  s.preemptions = m.sum("vllm:num_preemptions_total");
  s.spec_accepted_tokens = sum_of(m, {"vllm:spec_decode_num_accepted_tokens_total"});
  const auto config = m.find("vllm:cache_config_info");
  if (!config.empty())
    s.cache_config = {config.front()->labels.begin(), config.front()->labels.end()};
  s.simulated = says_simulated(m);
  return s;
}

}  // namespace abgate::observe
