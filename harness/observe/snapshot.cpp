#include "observe/snapshot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "observe/prometheus.hpp"
#include "observe/server_metrics.hpp"
#include "observe/text.hpp"

namespace abgate::observe {
namespace {

std::optional<double> ratio(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a || !b || *b <= 0) return std::nullopt;
  return *a / *b;
}

std::optional<WithinBound> within_bound(const Exposition& m, const std::string& family) {
  const auto histogram = m.histogram(family);
  if (!histogram || histogram->count <= 0) return std::nullopt;
  const auto bucket = histogram->buckets.lower_bound(histogram->sum / histogram->count);
  if (bucket == histogram->buckets.end() || std::isinf(bucket->first)) return std::nullopt;
  return WithinBound{bucket->first, bucket->second, histogram->count};
}

std::vector<std::string> model_names(const Exposition& m) {
  std::vector<std::string> names;
  for (const Sample& sample : m.samples()) {
    const std::string* name = sample.label("model_name");
    if (name != nullptr && std::find(names.begin(), names.end(), *name) == names.end())
      names.push_back(*name);
  }
  return names;
}

std::vector<std::pair<std::string, double>> finish_reasons(const Exposition& m) {
  std::vector<std::pair<std::string, double>> out;
  for (const Sample* sample : m.find("vllm:request_success_total")) {
    const std::string* reason = sample->label("finished_reason");
    if (reason == nullptr) continue;
    const auto known =
        std::find_if(out.begin(), out.end(), [&](const auto& r) { return r.first == *reason; });
    if (known == out.end()) {
      out.emplace_back(*reason, sample->value);
    } else {
      known->second += sample->value;
    }
  }
  return out;
}

/// Every vLLM exposes these from its start, so a text without one of them is not all of it.
void check_complete(const Exposition& m, const Snapshot& s) {
  const auto& samples = m.samples();
  const bool vllm = std::any_of(samples.begin(), samples.end(),
                                [](const Sample& x) { return x.name.rfind("vllm:", 0) == 0; });
  if (!vllm) return;
  const auto need = [&](bool there, const char* what) {
    if (there) return;
    throw DataError({s.source, samples.back().line, 0}, "",
                    std::string("vLLM's metrics without ") + what,
                    "the whole text (was it cut in the middle?)");
  };
  need(s.sample.prompt_tokens.has_value(), "vllm:prompt_tokens_total");
  need(s.sample.generation_tokens.has_value(), "vllm:generation_tokens_total");
  need(s.sample.requests_success.has_value(), "vllm:request_success_total");
  need(s.sample.ttft_count.has_value(), "vllm:time_to_first_token_seconds");
  need(s.sample.itl_count.has_value(), "vllm:inter_token_latency_seconds");
}

/// Markdown table under construction.
class Table {
 public:
  void row(const std::string& name, const std::string& value, const std::string& from) {
    text_ += fmt::format("| {} | {} | {} |\n", name, value, from);
  }
  /// Seconds to four decimals, with what they were computed from.
  void mean_row(const std::string& name, const std::optional<double>& mean,
                const std::optional<double>& sum, const std::optional<double>& count) {
    if (mean)
      row(name, fmt::format("{:.4f} s", *mean),
          fmt::format("{:.6g} s / {}", *sum, thousands(*count)));
  }
  void count_row(const std::string& name, const std::optional<double>& value,
                 const std::string& from) {
    if (value) row(name, thousands(*value), from);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_ = "| production baseline | value | from |\n|---|--:|---|\n";
};

std::string share_words(const WithinBound& w) {
  return fmt::format("{} of {} ({:.1f} %)", thousands(w.within), thousands(w.count),
                     100 * w.within / w.count);
}

std::string reasons_text(const Snapshot& s) {
  std::string out;
  for (const auto& [reason, count] : s.finish_reasons) {
    if (count > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", thousands(count), reason);
  }
  return out.empty() ? "the server's counter" : out;
}

std::string cell(const std::string& text) {
  std::string out;
  for (const char c : printable(text, 200))
    out += (c == '|' || c == '<' || c == '`') ? std::string("\\") + c : std::string(1, c);
  return out;
}

void add_latency_rows(const Snapshot& s, Table& table) {
  table.mean_row("TTFT, mean", s.ttft_mean(), s.sample.ttft_sum, s.sample.ttft_count);
  if (s.ttft_within)
    table.row(fmt::format("TTFT ≤ {:g} s", s.ttft_within->bound), share_words(*s.ttft_within),
              "histogram");
  table.mean_row("TPOT, mean", s.tpot_mean(), s.sample.itl_sum, s.sample.itl_count);
  if (s.itl_within)
    table.row(fmt::format("gaps between tokens ≤ {:g} s", s.itl_within->bound),
              share_words(*s.itl_within), "histogram");
  if (s.stream_speed())
    table.row("speed of one stream", fmt::format("{:.1f} tok/s", *s.stream_speed()), "1 / TPOT");
  if (s.e2e_mean)
    table.row("end to end, mean", fmt::format("{:.3f} s", *s.e2e_mean), "sum / count");
}

void add_cache_rows(const Snapshot& s, Table& table) {
  if (s.prefix_hit_rate()) {
    table.row("prefix cache hits", fmt::format("{:.1f} %", 100 * *s.prefix_hit_rate()),
              fmt::format("{} of {} tokens", thousands(*s.sample.prefix_hits),
                          thousands(*s.sample.prefix_queries)));
  }
  if (s.sample.preemptions) {
    table.row("preemptions", *s.sample.preemptions == 0 ? "none" : thousands(*s.sample.preemptions),
              "the server's counter");
  }
  const auto utilization = s.sample.cache_config.find("gpu_memory_utilization");
  if (utilization != s.sample.cache_config.end())
    table.row("gpu_memory_utilization", cell(utilization->second), "server flag");
}

nlohmann::ordered_json optional_json(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? nlohmann::ordered_json(*value)
                                        : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json within_json(const std::optional<WithinBound>& w) {
  if (!w) return nullptr;
  return {{"bound_s", w->bound}, {"within", w->within}, {"count", w->count}};
}

}  // namespace

std::optional<double> Snapshot::ttft_mean() const {
  return ratio(sample.ttft_sum, sample.ttft_count);
}
std::optional<double> Snapshot::tpot_mean() const {
  return ratio(sample.itl_sum, sample.itl_count);
}
std::optional<double> Snapshot::stream_speed() const {
  return ratio(1.0, tpot_mean());
}
std::optional<double> Snapshot::prefix_hit_rate() const {
  return ratio(sample.prefix_hits, sample.prefix_queries);
}

Snapshot make_snapshot(std::string_view metrics_text, const std::string& source) {
  const Exposition m = parse_prometheus(metrics_text, source);
  if (!has_server_metrics(m)) {
    throw DataError({source, 0, 0}, "", "metrics without any vllm:, sglang: or llamacpp: name",
                    "an inference server's /metrics (is it started with --disable-log-stats?)");
  }
  Snapshot s;
  s.source = source;
  s.models = model_names(m);
  s.sample = read_server(m);
  check_complete(m, s);
  s.finish_reasons = finish_reasons(m);
  s.ttft_within = within_bound(m, ttft_family(m));
  s.itl_within = within_bound(m, itl_family(m));
  const auto e2e = m.histogram("vllm:e2e_request_latency_seconds");
  if (e2e && e2e->count > 0) s.e2e_mean = e2e->sum / e2e->count;
  return s;
}

std::string to_markdown(const Snapshot& s) {
  Table table;
  std::string models;
  for (const std::string& name : s.models) models += (models.empty() ? "" : ", ") + cell(name);
  if (!models.empty()) table.row("model", models, "label model_name");
  table.count_row("requests", s.sample.requests_success, reasons_text(s));
  table.count_row("prompt tokens", s.sample.prompt_tokens, "the server's counter");
  table.count_row("generated tokens", s.sample.generation_tokens, "the server's counter");
  add_latency_rows(s, table);
  add_cache_rows(s, table);
  std::string out = table.text();
  if (s.sample.simulated) out += "\n**Simulated**: the server says that it is a simulator.\n";
  out +=
      "\nMeans are sums over counts since the server's start. Its buckets are too wide for "
      "percentiles: take those "
      "from a run.\n";
  return out;
}

std::string to_json(const Snapshot& s) {
  nlohmann::ordered_json reasons = nlohmann::ordered_json::object();
  for (const auto& [reason, count] : s.finish_reasons) reasons[reason] = count;
  const ServerSample& v = s.sample;
  const nlohmann::ordered_json json{
      {"schema", "abgate/snapshot/v1"},
      {"source", s.source},
      {"simulated", v.simulated},
      {"models", s.models},
      {"requests", optional_json(v.requests_success)},
      {"finish_reasons", reasons},
      {"prompt_tokens", optional_json(v.prompt_tokens)},
      {"generation_tokens", optional_json(v.generation_tokens)},
      {"ttft_mean_s", optional_json(s.ttft_mean())},
      {"ttft_sum_s", optional_json(v.ttft_sum)},
      {"ttft_count", optional_json(v.ttft_count)},
      {"ttft_within", within_json(s.ttft_within)},
      {"tpot_mean_s", optional_json(s.tpot_mean())},
      {"itl_sum_s", optional_json(v.itl_sum)},
      {"itl_count", optional_json(v.itl_count)},
      {"itl_within", within_json(s.itl_within)},
      {"stream_speed_tok_s", optional_json(s.stream_speed())},
      {"e2e_mean_s", optional_json(s.e2e_mean)},
      {"prefix_hit_rate", optional_json(s.prefix_hit_rate())},
      {"prefix_hits_tokens", optional_json(v.prefix_hits)},
      {"prefix_queries_tokens", optional_json(v.prefix_queries)},
      {"preemptions", optional_json(v.preemptions)},
      {"kv_usage", optional_json(v.kv_usage)},
      {"process_start_time", optional_json(v.process_start_time)},
      {"cache_config", v.cache_config},
  };
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace abgate::observe
