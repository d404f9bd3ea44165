#include "observe/server_sample.hpp"

namespace abgate::observe {

ServerSample read_server_sample(const MetricsText& m) {
  ServerSample s;
  s.process_start_time = m.sum({"process_start_time_seconds"});
  s.requests_success = m.sum({"vllm:request_success_total", "sglang:num_requests_total"});
  s.prompt_tokens = m.sum(
      {"vllm:prompt_tokens_total", "sglang:prompt_tokens_total", "llamacpp:prompt_tokens_total"});
  s.generation_tokens = m.sum({"vllm:generation_tokens_total", "sglang:generation_tokens_total",
                               "llamacpp:tokens_predicted_total"});
  s.ttft_sum =
      m.sum({"vllm:time_to_first_token_seconds_sum", "sglang:time_to_first_token_seconds_sum"});
  s.ttft_count =
      m.sum({"vllm:time_to_first_token_seconds_count", "sglang:time_to_first_token_seconds_count"});
  s.itl_sum =
      m.sum({"vllm:inter_token_latency_seconds_sum", "vllm:time_per_output_token_seconds_sum",
             "sglang:inter_token_latency_seconds_sum"});
  s.itl_count =
      m.sum({"vllm:inter_token_latency_seconds_count", "vllm:time_per_output_token_seconds_count",
             "sglang:inter_token_latency_seconds_count"});
  s.queue_sum = m.sum({"vllm:request_queue_time_seconds_sum"});
  s.queue_count = m.sum({"vllm:request_queue_time_seconds_count"});
  s.prefix_queries =
      m.sum({"vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total"});
  s.prefix_hits = m.sum({"vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total",
                         "sglang:cached_tokens_total"});
  s.preemptions = m.sum({"vllm:num_preemptions_total"});
  s.running = m.sum(
      {"vllm:num_requests_running", "sglang:num_running_reqs", "llamacpp:requests_processing"});
  s.waiting =
      m.sum({"vllm:num_requests_waiting", "sglang:num_queue_reqs", "llamacpp:requests_deferred"});
  s.kv_usage = m.mean("vllm:kv_cache_usage_perc");
  if (!s.kv_usage) s.kv_usage = m.mean("vllm:gpu_cache_usage_perc");
  if (!s.kv_usage) s.kv_usage = m.mean("sglang:token_usage");
  s.spec_accepted_tokens = m.sum({"vllm:spec_decode_num_accepted_tokens_total"});
  if (const MetricSample* config = m.first("vllm:cache_config_info"))
    s.cache_config = config->labels;
  return s;
}

}  // namespace abgate::observe
