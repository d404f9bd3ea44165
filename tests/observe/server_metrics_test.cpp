#include "observe/server_metrics.hpp"

#include "catch.hpp"
#include "observe/files.hpp"

using namespace abgate;
using namespace abgate::observe;

namespace {
ServerSample read(const std::string& text) {
  return read_server(parse_prometheus(text, "m"));
}
}  // namespace

TEST_CASE("Everything that vLLM 0.11.2 counts is read", "[observe]") {
  const ServerSample s = read(data_file("vllm-0.11.2.txt"));
  REQUIRE(s.process_start_time == 1.76356193812e9);
  REQUIRE(s.requests_success == 89.0);
  REQUIRE((s.ttft_sum == 47.4 && s.ttft_count == 89.0));
  REQUIRE((s.itl_sum == 441.6 && s.itl_count == 8961.0));
  REQUIRE((s.queue_sum == 0.31 && s.queue_count == 89.0));
  REQUIRE((s.prefix_queries == 65389.0 && s.prefix_hits == 34560.0));
  REQUIRE((s.preemptions == 0.0 && s.running == 0.0 && s.waiting == 0.0 && s.kv_usage == 0.0));
  REQUIRE_FALSE(s.spec_accepted_tokens);
  REQUIRE(s.cache_config.at("block_size") == "16");
  REQUIRE(s.cache_config.at("gpu_memory_utilization") == "0.9");
  REQUIRE_FALSE(s.simulated);
}

TEST_CASE("Counters add up over engines, shares do not", "[observe]") {
  const ServerSample s = read(
      "vllm:generation_tokens_total{engine=\"0\"} 10\nvllm:generation_tokens_total{engine=\"1\"} "
      "5\n"
      "vllm:num_requests_running{engine=\"0\"} 2\nvllm:num_requests_running{engine=\"1\"} 3\n"
      "vllm:kv_cache_usage_perc{engine=\"0\"} 0.2\nvllm:kv_cache_usage_perc{engine=\"1\"} 0.4\n");
  REQUIRE(s.generation_tokens == 15.0);
  REQUIRE(s.running == 5.0);
  REQUIRE(*s.kv_usage == Approx(0.3));
}

TEST_CASE("Old names of vLLM are read, and old and new beside each other count once", "[observe]") {
  const ServerSample old = read(
      "vllm:gpu_cache_usage_perc 0.5\nvllm:gpu_prefix_cache_queries_total "
      "100\nvllm:gpu_prefix_cache_hits_total 40\n"
      "vllm:time_per_output_token_seconds_sum 2\nvllm:time_per_output_token_seconds_count 40\n");
  REQUIRE(old.kv_usage == 0.5);
  REQUIRE((old.prefix_queries == 100.0 && old.prefix_hits == 40.0));
  REQUIRE((old.itl_sum == 2.0 && old.itl_count == 40.0));
  const ServerSample both = read(
      "vllm:time_per_output_token_seconds_sum 2\nvllm:time_per_output_token_seconds_count 40\n"
      "vllm:inter_token_latency_seconds_sum 3\nvllm:inter_token_latency_seconds_count 60\n");
  REQUIRE((both.itl_sum == 3.0 && both.itl_count == 60.0));
}

TEST_CASE("SGLang and llama.cpp are read as far as they count", "[observe]") {
  const ServerSample sglang = read(
      "sglang:num_requests_total 7\nsglang:prompt_tokens_total 700\nsglang:generation_tokens_total "
      "70\n"
      "sglang:cached_tokens_total 350\nsglang:num_running_reqs 1\nsglang:num_queue_reqs "
      "2\nsglang:token_usage 0.25\n"
      "sglang:time_to_first_token_seconds_sum 1.5\nsglang:time_to_first_token_seconds_count 7\n");
  REQUIRE((sglang.requests_success == 7.0 && sglang.prefix_hits == 350.0 &&
           sglang.prefix_queries == 700.0));
  REQUIRE((sglang.running == 1.0 && sglang.waiting == 2.0 && sglang.kv_usage == 0.25 &&
           sglang.ttft_sum == 1.5));
  const ServerSample llama = read(
      "llamacpp:prompt_tokens_total 11\nllamacpp:tokens_predicted_total "
      "22\nllamacpp:requests_processing 1\n"
      "llamacpp:requests_deferred 0\n");
  REQUIRE((llama.prompt_tokens == 11.0 && llama.generation_tokens == 22.0 && llama.running == 1.0 &&
           llama.waiting == 0.0));
  REQUIRE_FALSE(llama.ttft_sum);
}

TEST_CASE("What a server does not have stays absent instead of zero", "[observe]") {
  const auto metrics = parse_prometheus("python_info{version=\"3\"} 1\n", "m");
  REQUIRE_FALSE(has_server_metrics(metrics));
  const ServerSample s = read_server(metrics);
  REQUIRE_FALSE(
      (s.requests_success || s.preemptions || s.kv_usage || s.ttft_sum || s.process_start_time));
}
