#include "observe/snapshot.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace abgate::observe {

namespace {

std::optional<double> quotient(std::optional<double> a, std::optional<double> b) {
  if (!a || !b || *b == 0) return std::nullopt;
  return *a / *b;
}

std::optional<double> label_number(const MetricSample* sample, const char* key) {
  if (sample == nullptr) return std::nullopt;
  const auto it = sample->labels.find(key);
  if (it == sample->labels.end()) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(it->second.c_str(), &end);
  if (end == it->second.c_str()) return std::nullopt;
  return value;
}

/// 65389 -> "65,389"
std::string count(double value) {
  std::string digits = fmt::format("{:.0f}", value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

class Table {
 public:
  void row(const std::string& name, const std::optional<std::string>& value,
           const std::string& how) {
    text_ += fmt::format("| {} | {} | {} |\n", name, value.value_or("not reported"), how);
  }
  std::string text() const { return "| figure | value | from |\n|---|--:|---|\n" + text_; }

 private:
  std::string text_;
};

template <typename Format>
std::optional<std::string> shown(std::optional<double> value, Format format) {
  if (!value) return std::nullopt;
  return format(*value);
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : printable(text, 200)) {
    if (c == '|' || c == '`' || c == '<' || c == '*' || c == '_') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::optional<double> Snapshot::ttft_mean_s() const {
  return quotient(ttft_sum_s, ttft_count);
}
std::optional<double> Snapshot::tpot_mean_s() const {
  return quotient(itl_sum_s, itl_count);
}
std::optional<double> Snapshot::stream_tokens_per_s() const {
  return quotient(itl_count, itl_sum_s);
}
std::optional<double> Snapshot::prefix_hit_rate() const {
  return quotient(prefix_hits, prefix_queries);
}

Snapshot make_snapshot(const MetricsText& m, const std::string& source) {
  Snapshot s;
  s.source = source;
  const MetricSample* success = m.first("vllm:request_success_total");
  if (success == nullptr) {
    throw DataError({source, 0, 0}, "", "no vllm:request_success_total",
                    "the /metrics of a vLLM server (they are off with --disable-log-stats)");
  }
  if (const auto it = success->labels.find("model_name"); it != success->labels.end())
    s.model = it->second;
  s.requests = m.sum({"vllm:request_success_total"});
  s.stopped = m.sum_where("vllm:request_success_total", "finished_reason", "stop");
  s.hit_length = m.sum_where("vllm:request_success_total", "finished_reason", "length");
  s.aborted = m.sum_where("vllm:request_success_total", "finished_reason", "abort");
  s.prompt_tokens = m.sum({"vllm:prompt_tokens_total"});
  s.generation_tokens = m.sum({"vllm:generation_tokens_total"});
  s.ttft_sum_s = m.sum({"vllm:time_to_first_token_seconds_sum"});
  s.ttft_count = m.sum({"vllm:time_to_first_token_seconds_count"});
  const bool newer = m.first("vllm:inter_token_latency_seconds_sum") != nullptr;
  const std::string itl =
      newer ? "vllm:inter_token_latency_seconds" : "vllm:time_per_output_token_seconds";
  s.itl_sum_s = m.sum({itl + "_sum"});
  s.itl_count = m.sum({itl + "_count"});
  for (const auto& [bound, samples] : m.buckets(itl)) {
    if (std::fabs(bound - 0.05) < 1e-9) s.itl_at_most_50ms = samples;
  }
  s.e2e_sum_s = m.sum({"vllm:e2e_request_latency_seconds_sum"});
  s.e2e_count = m.sum({"vllm:e2e_request_latency_seconds_count"});
  s.queue_sum_s = m.sum({"vllm:request_queue_time_seconds_sum"});
  s.queue_count = m.sum({"vllm:request_queue_time_seconds_count"});
  s.prefix_queries =
      m.sum({"vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total"});
  s.prefix_hits = m.sum({"vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total"});
  // vLLM exposes these from its start, whatever its version: a text without one was cut.
  const auto need = [&](bool there, const char* name) {
    if (!there) {
      throw DataError({source, 0, 0}, "", std::string("vLLM's metrics without ") + name,
                      "the whole text (was it cut in the middle?)");
    }
  };
  need(s.prompt_tokens.has_value(), "vllm:prompt_tokens_total");
  need(s.generation_tokens.has_value(), "vllm:generation_tokens_total");
  need(s.ttft_count.has_value(), "vllm:time_to_first_token_seconds");
  need(s.itl_count.has_value(), "vllm:inter_token_latency_seconds");
  s.preemptions = m.sum({"vllm:num_preemptions_total"});
  s.running = m.sum({"vllm:num_requests_running"});
  s.waiting = m.sum({"vllm:num_requests_waiting"});
  s.kv_usage = m.mean("vllm:kv_cache_usage_perc");
  if (!s.kv_usage) s.kv_usage = m.mean("vllm:gpu_cache_usage_perc");
  const MetricSample* config = m.first("vllm:cache_config_info");
  s.gpu_memory_utilization = label_number(config, "gpu_memory_utilization");
  s.gpu_blocks = label_number(config, "num_gpu_blocks");
  s.block_size = label_number(config, "block_size");
  return s;
}

std::string to_markdown(const Snapshot& s) {
  const auto seconds = [](double v) { return fmt::format("{:.3f} s", v); };
  const auto fine_seconds = [](double v) { return fmt::format("{:.4f} s", v); };
  const auto rate = [](double v) { return fmt::format("{:.1f} tok/s", v); };
  const auto percent = [](double v) { return fmt::format("{:.1f} %", 100 * v); };
  Table t;
  t.row("requests finished", shown(s.requests, count),
        s.stopped && s.hit_length
            ? fmt::format("{} stop, {} length", count(*s.stopped), count(*s.hit_length))
            : std::string("request_success_total"));
  t.row("prompt tokens", shown(s.prompt_tokens, count),
        "prompt_tokens_total, cached ones included");
  t.row("generated tokens", shown(s.generation_tokens, count), "generation_tokens_total");
  t.row("TTFT, mean", shown(s.ttft_mean_s(), fine_seconds),
        s.ttft_count
            ? fmt::format("{:.1f} s / {} requests", s.ttft_sum_s.value_or(0), count(*s.ttft_count))
            : std::string("time_to_first_token_seconds"));
  t.row("TPOT, mean over tokens", shown(s.tpot_mean_s(), fine_seconds),
        s.itl_count
            ? fmt::format("{:.1f} s / {} gaps", s.itl_sum_s.value_or(0), count(*s.itl_count))
            : std::string("inter_token_latency_seconds"));
  t.row("output speed per stream", shown(s.stream_tokens_per_s(), rate), "1 / TPOT");
  t.row(
      "token gaps ≤ 0.05 s",
      s.itl_at_most_50ms && s.itl_count
          ? std::optional(fmt::format("{} of {}", count(*s.itl_at_most_50ms), count(*s.itl_count)))
          : std::nullopt,
      "histogram bucket; finer quantiles cannot be read from these buckets");
  t.row("prefix cache hits", shown(s.prefix_hit_rate(), percent),
        s.prefix_queries ? fmt::format("{} of {} tokens", count(s.prefix_hits.value_or(0)),
                                       count(*s.prefix_queries))
                         : std::string("prefix_cache_hits / queries"));
  t.row("preemptions",
        shown(s.preemptions, [](double v) { return v == 0 ? std::string("none") : count(v); }),
        "num_preemptions_total");
  t.row("queue time, mean", shown(quotient(s.queue_sum_s, s.queue_count), seconds),
        "request_queue_time_seconds");
  t.row("end-to-end time, mean", shown(quotient(s.e2e_sum_s, s.e2e_count), seconds),
        "e2e_request_latency_seconds");
  t.row("KV cache in use now", shown(s.kv_usage, percent), "kv_cache_usage_perc");
  t.row("KV cache pool",
        s.gpu_blocks && s.block_size
            ? std::optional(count(*s.gpu_blocks * *s.block_size) + " tokens")
            : std::nullopt,
        "num_gpu_blocks × block_size");
  t.row("gpu_memory_utilization",
        shown(s.gpu_memory_utilization, [](double v) { return fmt::format("{:.2f}", v); }),
        "cache_config_info");
  return fmt::format("# Production baseline of {}\n\nSince the server started; source: {}\n\n{}",
                     s.model.empty() ? "an unnamed model" : escaped(s.model), escaped(s.source),
                     t.text());
}

std::string to_json(const Snapshot& s) {
  const auto value = [](std::optional<double> v) {
    return v && std::isfinite(*v) ? nlohmann::ordered_json(*v) : nlohmann::ordered_json();
  };
  const nlohmann::ordered_json json{
      {"schema", "abgate/snapshot/v1"},
      {"source", s.source},
      {"model", s.model},
      {"requests", value(s.requests)},
      {"requests_stop", value(s.stopped)},
      {"requests_length", value(s.hit_length)},
      {"requests_abort", value(s.aborted)},
      {"prompt_tokens", value(s.prompt_tokens)},
      {"generation_tokens", value(s.generation_tokens)},
      {"ttft_mean_s", value(s.ttft_mean_s())},
      {"ttft_sum_s", value(s.ttft_sum_s)},
      {"ttft_count", value(s.ttft_count)},
      {"tpot_mean_s", value(s.tpot_mean_s())},
      {"itl_sum_s", value(s.itl_sum_s)},
      {"itl_count", value(s.itl_count)},
      {"itl_at_most_50ms", value(s.itl_at_most_50ms)},
      {"stream_tokens_per_s", value(s.stream_tokens_per_s())},
      {"prefix_hits", value(s.prefix_hits)},
      {"prefix_queries", value(s.prefix_queries)},
      {"prefix_hit_rate", value(s.prefix_hit_rate())},
      {"preemptions", value(s.preemptions)},
      {"queue_mean_s", value(quotient(s.queue_sum_s, s.queue_count))},
      {"e2e_mean_s", value(quotient(s.e2e_sum_s, s.e2e_count))},
      {"kv_usage", value(s.kv_usage)},
      {"gpu_memory_utilization", value(s.gpu_memory_utilization)},
      {"num_gpu_blocks", value(s.gpu_blocks)},
      {"block_size", value(s.block_size)},
  };
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace abgate::observe
