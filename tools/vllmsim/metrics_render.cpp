#include <fmt/format.h>

#include "vllmsim/metrics.hpp"

namespace abgate::sim {

namespace {

std::string python_float(double value) {
  return prometheus_number(value);
}
std::string python_bool(bool value) {
  return value ? "True" : "False";
}

/// The garbage collector of a process that has none: the families exist, so the text looks alike.
void render_python(PrometheusText& out) {
  struct Family {
    std::string_view name, help;
  };
  for (const auto& [name, help] :
       {Family{"python_gc_objects_collected_total", "Objects collected during gc"},
        Family{"python_gc_objects_uncollectable_total", "Uncollectable objects found during GC"},
        Family{"python_gc_collections_total", "Number of times this generation was collected"}}) {
    out.header(name, help, "counter");
    for (int generation = 0; generation < 3; ++generation) {
      out.sample(name, fmt::format("generation=\"{}\"", generation), 0);
    }
  }
  out.gauge("python_info", "Python platform information",
            R"(implementation="CPython",major="3",minor="12",patchlevel="12",version="3.12.12")",
            1);
}

}  // namespace

void Metrics::render_process(PrometheusText& out, const ProcessFacts& process) const {
  render_python(out);
  out.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", "",
            process.virtual_bytes);
  out.gauge("process_resident_memory_bytes", "Resident memory size in bytes.", "",
            process.resident_bytes);
  out.gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
            "", process.start_time);
  out.header("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
             "counter");
  out.sample("process_cpu_seconds_total", "", process.cpu_seconds);
  out.gauge("process_open_fds", "Number of open file descriptors.", "", process.open_fds);
  out.gauge("process_max_fds", "Maximum number of open file descriptors.", "", process.max_fds);
}

void Metrics::render_gauges(PrometheusText& out, const EngineState& engine) const {
  out.gauge("vllm:num_requests_running", "Number of requests in model execution batches.", labels_,
            static_cast<double>(engine.running));
  out.gauge("vllm:num_requests_waiting", "Number of requests waiting to be processed.", labels_,
            static_cast<double>(engine.waiting));
  out.header(
      "vllm:engine_sleep_state",
      "Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is awake; "
      "weights_offloaded = 1 means sleep level 1; discard_all = 1 means sleep level 2.",
      "gauge");
  for (const std::string_view state : {"awake", "weights_offloaded", "discard_all"}) {
    out.sample("vllm:engine_sleep_state", fmt::format("{},sleep_state=\"{}\"", labels_, state),
               state == "awake" ? 1 : 0);
  }
  out.gauge("vllm:kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.", labels_,
            engine.kv_usage);
}

void Metrics::render_counters(PrometheusText& out, const EngineState& engine) const {
  const auto queries = static_cast<double>(engine.counters.prefix_queries);
  const auto hits = static_cast<double>(engine.counters.prefix_hits);
  out.counter("vllm:prefix_cache_queries",
              "Prefix cache queries, in terms of number of queried tokens.", labels_, queries);
  out.counter("vllm:prefix_cache_hits", "Prefix cache hits, in terms of number of cached tokens.",
              labels_, hits);
  out.counter(
      "vllm:external_prefix_cache_queries",
      "External prefix cache queries from KV connector cross-instance cache sharing, in terms "
      "of number of queried tokens.",
      labels_, 0);
  out.counter(
      "vllm:external_prefix_cache_hits",
      "External prefix cache hits from KV connector cross-instance cache sharing, in terms of "
      "number of cached tokens.",
      labels_, 0);
  out.counter("vllm:mm_cache_queries",
              "Multi-modal cache queries, in terms of number of queried items.", labels_, 0);
  out.counter("vllm:mm_cache_hits", "Multi-modal cache hits, in terms of number of cached items.",
              labels_, 0);
  out.counter("vllm:num_preemptions", "Cumulative number of preemption from the engine.", labels_,
              static_cast<double>(engine.counters.preemptions));
  out.counter("vllm:prompt_tokens", "Number of prefill tokens processed.", labels_, prompt_tokens_);
  out.counter("vllm:generation_tokens", "Number of generation tokens processed.", labels_,
              generation_tokens_);
}

void Metrics::render_success(PrometheusText& out) const {
  constexpr std::string_view kHelp = "Count of successfully processed requests.";
  constexpr std::array<std::string_view, 3> kReasons{"stop", "length", "abort"};
  std::vector<std::string> labels;
  for (const std::string_view reason : kReasons) {
    labels.push_back(fmt::format("engine=\"0\",finished_reason=\"{}\",{}", reason, model_label_));
  }
  out.header("vllm:request_success_total", kHelp, "counter");
  for (std::size_t i = 0; i < labels.size(); ++i) {
    out.sample("vllm:request_success_total", labels[i], success_[i]);
  }
  out.created("vllm:request_success", kHelp, labels);
}

void Metrics::render_histograms(PrometheusText& out) const {
  struct Family {
    std::string_view name, help;
    const Histogram& data;
  };
  const Family families[] = {
      {"vllm:request_prompt_tokens", "Number of prefill tokens processed.", request_prompt_tokens_},
      {"vllm:request_generation_tokens", "Number of generation tokens processed.",
       request_generation_tokens_},
      {"vllm:iteration_tokens_total", "Histogram of number of tokens per engine_step.",
       iteration_tokens_},
      {"vllm:request_max_num_generation_tokens",
       "Histogram of maximum number of requested generation tokens.", request_max_generation_},
      {"vllm:request_params_n", "Histogram of the n request parameter.", params_n_},
      {"vllm:request_params_max_tokens", "Histogram of the max_tokens request parameter.",
       params_max_tokens_},
      {"vllm:time_to_first_token_seconds", "Histogram of time to first token in seconds.", ttft_},
      {"vllm:time_per_output_token_seconds",
       "Histogram of time per output token in seconds.DEPRECATED: Use "
       "vllm:inter_token_latency_seconds "
       "instead.",
       inter_token_},
      {"vllm:inter_token_latency_seconds", "Histogram of inter-token latency in seconds.",
       inter_token_},
      {"vllm:request_time_per_output_token_seconds",
       "Histogram of time_per_output_token_seconds per request.", request_tpot_},
      {"vllm:e2e_request_latency_seconds", "Histogram of e2e request latency in seconds.", e2e_},
      {"vllm:request_queue_time_seconds", "Histogram of time spent in WAITING phase for request.",
       queue_},
      {"vllm:request_inference_time_seconds",
       "Histogram of time spent in RUNNING phase for request.", inference_},
      {"vllm:request_prefill_time_seconds", "Histogram of time spent in PREFILL phase for request.",
       prefill_},
      {"vllm:request_decode_time_seconds", "Histogram of time spent in DECODE phase for request.",
       decode_}};
  for (const Family& family : families) {
    out.histogram(family.name, family.help, "engine=\"0\"", model_label_, family.data);
  }
}

void Metrics::render_cache_config(PrometheusText& out) const {
  const EngineSpec& engine = profile_.engine;
  out.gauge(
      "vllm:cache_config_info", "Information of the LLMEngine CacheConfig",
      fmt::format(
          "block_size=\"{}\",cache_dtype=\"auto\",calculate_kv_scales=\"False\","
          "cpu_kvcache_space_bytes=\"None\",cpu_offload_gb=\"0\",enable_prefix_caching=\"{}\","
          "engine=\"0\",gpu_memory_utilization=\"{}\",is_attention_free=\"False\","
          "kv_cache_memory_bytes=\"None\",kv_offloading_backend=\"None\","
          "kv_offloading_size=\"None\",kv_sharing_fast_prefill=\"False\","
          "mamba_block_size=\"None\",mamba_cache_dtype=\"auto\","
          "mamba_page_size_padded=\"None\",mamba_ssm_cache_dtype=\"auto\","
          "num_cpu_blocks=\"None\",num_gpu_blocks=\"{}\",num_gpu_blocks_override=\"None\","
          "prefix_caching_hash_algo=\"sha256\",sliding_window=\"None\",swap_space=\"4\"",
          engine.block_size, python_bool(engine.enable_prefix_caching),
          python_float(engine.gpu_memory_utilization), num_gpu_blocks(profile_)),
      1);
}

void Metrics::render_http(PrometheusText& out) const {
  constexpr std::string_view kTotal = "Total number of requests by method, status and handler.";
  std::vector<std::string> labels;
  out.header("http_requests_total", kTotal, "counter");
  for (const auto& [handler, route] : routes_) {
    for (const auto& [label, count] : route.by_method_and_status) {
      out.sample("http_requests_total", label, count);
      labels.push_back(label);
    }
  }
  out.created("http_requests", kTotal, labels);
  for (const bool incoming : {true, false}) {
    const std::string name = incoming ? "http_request_size_bytes" : "http_response_size_bytes";
    const std::string help = fmt::format(
        "Content length of {} by handler. Only value of header is respected. Otherwise ignored. No "
        "percentile calculated. ",
        incoming ? "incoming requests" : "outgoing responses");
    out.header(name, help, "summary");
    labels.clear();
    for (const auto& [handler, route] : routes_) {
      labels.push_back(fmt::format("handler=\"{}\"", escape_label(handler)));
      out.sample(name + "_count", labels.back(), route.count);
      out.sample(name + "_sum", labels.back(),
                 incoming ? route.request_bytes : route.response_bytes);
    }
    out.created(name, help, labels);
  }
  out.histogram("http_request_duration_highr_seconds",
                "Latency with many buckets but no API specific labels. Made for more accurate "
                "percentile calculations. ",
                "", "", http_highr_);
  constexpr std::string_view kDuration =
      "Latency with only few buckets by handler. Made to be only used if aggregation by handler is "
      "important. ";
  out.header("http_request_duration_seconds", kDuration, "histogram");
  labels.clear();
  for (const HttpDuration& each : http_durations_) {
    const std::string handler = fmt::format("handler=\"{}\"", escape_label(each.handler));
    const std::string method = fmt::format("method=\"{}\"", escape_label(each.method));
    out.histogram_samples("http_request_duration_seconds", handler, method, each.seconds);
    labels.push_back(handler + "," + method);
  }
  out.created("http_request_duration_seconds", kDuration, labels);
}

}  // namespace abgate::sim
