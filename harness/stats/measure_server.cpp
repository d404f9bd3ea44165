// What the servers and the GPUs said: deltas of counters, restarts, memory.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

#include "stats/measure.hpp"

namespace abgate::stats {

namespace {

using Counter = std::optional<double> ServerSample::*;
/// Counters that only a restart can make smaller.
constexpr Counter kMonotone[] = {&ServerSample::requests_success, &ServerSample::prompt_tokens,
                                 &ServerSample::generation_tokens, &ServerSample::prefix_queries,
                                 &ServerSample::ttft_count};

std::vector<const ServerSample*> samples_of(const Telemetry& telemetry, Arm arm) {
  std::vector<const ServerSample*> out;
  for (const ServerSample& s : telemetry.servers) {
    if (s.arm == arm) out.push_back(&s);
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto* a, const auto* b) { return a->at < b->at; });
  return out;
}

bool restarted(const ServerSample& before, const ServerSample& after) {
  if (before.process_start_time && after.process_start_time &&
      *before.process_start_time != *after.process_start_time) {
    return true;
  }
  return std::any_of(std::begin(kMonotone), std::end(kMonotone), [&](Counter c) {
    return before.*c && after.*c && *(after.*c) < *(before.*c);
  });
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

/// The cell a label names ("begin c8/003-candidate"), without separators.
std::string_view cell_of(std::string_view label) {
  const auto space = label.find_first_of(" :");
  if (space == std::string_view::npos) return {};
  const auto name = label.find_first_not_of(" :", space);
  return name == std::string_view::npos ? std::string_view{} : label.substr(name);
}

/// Load cells only: warm-up, A/A and quality cells have other loads.
bool is_load_cell(std::string_view cell) {
  const auto slash = cell.find('/');
  const std::string_view point = cell.substr(0, slash);
  const std::string_view rest =
      slash == std::string_view::npos ? std::string_view{} : cell.substr(slash + 1);
  return point != "quality" && !starts_with(rest, "aa") && !starts_with(rest, "prime");
}

struct Span {
  const ServerSample* begin;
  const ServerSample* end;
};

/// (begin, end) samples of every load cell; without such labels the whole run.
std::vector<Span> load_spans(const std::vector<const ServerSample*>& samples) {
  std::vector<Span> spans;
  std::map<std::string_view, const ServerSample*> open;
  for (const ServerSample* s : samples) {
    const std::string_view cell = cell_of(s->label);
    if (!is_load_cell(cell)) continue;
    if (starts_with(s->label, "begin")) open[cell] = s;
    if (!starts_with(s->label, "end") || open.count(cell) == 0) continue;
    spans.push_back({open[cell], s});
    open.erase(cell);
  }
  if (spans.empty() && samples.size() >= 2) spans.push_back({samples.front(), samples.back()});
  return spans;
}

/// Σ of a counter's growth; absent if no span has it on both ends. A span across a restart is left
/// out: its growth is unknown.
std::optional<double> growth(const std::vector<Span>& spans, Counter counter) {
  std::optional<double> sum;
  for (const Span& s : spans) {
    if (!(s.begin->*counter) || !(s.end->*counter) || restarted(*s.begin, *s.end)) continue;
    sum = sum.value_or(0) + *(s.end->*counter) - *(s.begin->*counter);
  }
  return sum;
}

std::optional<double> quotient(std::optional<double> a, std::optional<double> b) {
  return a && b && *b > 0 ? std::optional(*a / *b) : std::nullopt;
}

std::optional<double> largest(const std::vector<const ServerSample*>& samples, Counter gauge) {
  std::optional<double> most;
  for (const ServerSample* s : samples) {
    if (s->*gauge && (!most || *(s->*gauge) > *most)) most = s->*gauge;
  }
  return most;
}

std::optional<double> number(const std::map<std::string, std::string>& labels, const char* key) {
  const auto it = labels.find(key);
  if (it == labels.end()) return std::nullopt;
  double value = 0;
  const char* end = it->second.data() + it->second.size();
  const auto [stop, error] = std::from_chars(it->second.data(), end, value);
  return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

void add_pool(const std::vector<const ServerSample*>& samples, ServerDelta& out) {
  for (auto it = samples.rbegin(); it != samples.rend() && !out.kv_pool_tokens; ++it) {
    const auto blocks = number((*it)->cache_config, "num_gpu_blocks");
    out.kv_block_size = number((*it)->cache_config, "block_size");
    if (blocks && out.kv_block_size) out.kv_pool_tokens = *blocks * *out.kv_block_size;
  }
}

std::size_t count_restarts(const std::vector<const ServerSample*>& samples, Mode mode) {
  std::size_t restarts = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    // In swapped mode the server is stopped between the cells on purpose: a begin starts afresh.
    if (mode == Mode::swapped && starts_with(samples[i]->label, "begin")) continue;
    restarts += restarted(*samples[i - 1], *samples[i]) ? 1U : 0U;
  }
  return restarts;
}

}  // namespace

ServerDelta server_delta(const Telemetry& telemetry, Arm arm, Mode mode) {
  ServerDelta d;
  const auto samples = samples_of(telemetry, arm);
  d.seen = !samples.empty();
  if (!d.seen) return d;
  const auto spans = load_spans(samples);
  d.ttft_mean =
      quotient(growth(spans, &ServerSample::ttft_sum), growth(spans, &ServerSample::ttft_count));
  d.itl_mean =
      quotient(growth(spans, &ServerSample::itl_sum), growth(spans, &ServerSample::itl_count));
  d.queue_mean =
      quotient(growth(spans, &ServerSample::queue_sum), growth(spans, &ServerSample::queue_count));
  d.prefix_hit_rate = quotient(growth(spans, &ServerSample::prefix_hits),
                               growth(spans, &ServerSample::prefix_queries));
  d.preemptions = growth(spans, &ServerSample::preemptions);
  d.prompt_tokens = growth(spans, &ServerSample::prompt_tokens);
  d.generation_tokens = growth(spans, &ServerSample::generation_tokens);
  d.kv_usage_max = largest(samples, &ServerSample::kv_usage);
  d.waiting_max = largest(samples, &ServerSample::waiting);
  d.running_max = largest(samples, &ServerSample::running);
  add_pool(samples, d);
  d.restarts = count_restarts(samples, mode);
  return d;
}

namespace {

constexpr double kGb = 1e9;

/// Bits of NVML's clocks_event_reasons that mean "slower than it could be because of heat or power
/// supply": hardware slowdown, software and hardware thermal slowdown, power brake. A software
/// power cap (0x4) is the card's normal state under load and is not counted.
constexpr unsigned long long kSlowdown = 0x8 | 0x20 | 0x40 | 0x80;

bool slowed_down(std::string_view reasons) {
  if (starts_with(reasons, "0x") || starts_with(reasons, "0X")) reasons.remove_prefix(2);
  unsigned long long bits = 0;
  const auto [stop, error] =
      std::from_chars(reasons.data(), reasons.data() + reasons.size(), bits, 16);
  return error == std::errc() && stop == reasons.data() + reasons.size() && (bits & kSlowdown) != 0;
}

std::map<std::string, std::vector<const GpuSample*>> by_gpu(const Telemetry& telemetry, Arm arm) {
  std::map<std::string, std::vector<const GpuSample*>> out;
  for (const GpuSample& s : telemetry.gpu) {
    if (s.arm == arm && s.memory_used_bytes) out[s.gpu].push_back(&s);
  }
  for (auto& [gpu, samples] : out) {
    std::stable_sort(samples.begin(), samples.end(),
                     [](const auto* a, const auto* b) { return a->at < b->at; });
  }
  return out;
}

/// Longest time within one interval that no sample looked at.
Duration longest_gap(const std::vector<const GpuSample*>& samples, const Interval& busy) {
  TimePoint last = busy.begin;
  Duration longest{0};
  for (const GpuSample* s : samples) {
    if (s->at <= busy.begin) continue;
    if (s->at >= busy.end) break;
    longest = std::max(longest, s->at - last);
    last = s->at;
  }
  return std::max(longest, busy.end - last);
}

void add_demand(const DeploymentFacts& facts, const ServerDelta& server, MemoryUse& out) {
  out.weights_gb = facts.weights_gb;
  out.activation_gb = facts.activation_gb;
  if (facts.kv_bytes_per_token && server.kv_usage_max && server.kv_pool_tokens) {
    // vLLM's usage is of num_gpu_blocks - 1: one block is a placeholder that never holds tokens.
    const double usable = *server.kv_pool_tokens - server.kv_block_size.value_or(0);
    out.kv_peak_gb = *server.kv_usage_max * usable * *facts.kv_bytes_per_token / kGb;
  }
  if (out.weights_gb && out.activation_gb && out.kv_peak_gb) {
    out.demand_gb = *out.weights_gb + *out.activation_gb + *out.kv_peak_gb;
  }
}

std::string missing_demand(const DeploymentFacts& facts, const ServerDelta& server) {
  std::string missing;
  const auto need = [&](bool there, std::string_view what) {
    if (!there) missing += (missing.empty() ? "" : ", ") + std::string(what);
  };
  need(facts.weights_gb.has_value(), "weights_gb");
  need(facts.activation_gb.has_value(), "activation_gb");
  need(facts.kv_bytes_per_token.has_value(), "kv_bytes_per_token");
  need(server.kv_usage_max.has_value(), "the server's KV usage");
  need(server.kv_pool_tokens.has_value(), "the server's KV pool size");
  return missing.empty() ? "" : "demand unknown without " + missing;
}

}  // namespace

MemoryUse memory_use(const Telemetry& telemetry, Arm arm, const std::vector<Interval>& intervals,
                     const ArmConfig& config, const ServerDelta& server) {
  MemoryUse out;
  add_demand(config.facts, server, out);
  const auto gpus = by_gpu(telemetry, arm);
  std::optional<double> peak;
  Duration gap{0};
  for (const auto& [gpu, samples] : gpus) {
    out.samples += samples.size();
    for (const GpuSample* s : samples) {
      out.throttled = out.throttled || slowed_down(s->throttle_reasons);
      if (peak && *s->memory_used_bytes <= *peak) continue;
      peak = s->memory_used_bytes;
      out.gpu = s->name.empty() ? s->gpu : s->name + " (" + s->gpu + ")";
      out.total_gb =
          s->memory_total_bytes ? std::optional(*s->memory_total_bytes / kGb) : std::nullopt;
    }
    for (const Interval& busy : intervals) gap = std::max(gap, longest_gap(samples, busy));
  }
  out.longest_gap_s = to_seconds(gap);
  if (!out.total_gb) out.total_gb = config.facts.gpu_total_gb;
  if (!peak) {
    out.why = "no sample of the GPU's memory";
  } else if (gap > config.gpu.max_gap) {
    out.why =
        fmt::format("peak unknown: {:.1f} s without a sample under load, at most {:.1f} s allowed",
                    out.longest_gap_s, to_seconds(config.gpu.max_gap));
  } else {
    out.used_peak_gb = *peak / kGb;
  }
  const std::string missing = missing_demand(config.facts, server);
  if (!missing.empty()) out.why += (out.why.empty() ? "" : "; ") + missing;
  return out;
}

}  // namespace abgate::stats
