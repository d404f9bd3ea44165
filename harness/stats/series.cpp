#include "stats/series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "stats/quantile.hpp"

namespace abgate::stats {

namespace {

using Field = double RequestMetrics::*;

struct MetricField {
  std::string_view metric;
  Field field;
  bool response_time;  ///< a time-out has a censored value
};
constexpr MetricField kFields[] = {
    {"ttft", &RequestMetrics::ttft, true},
    {"ttft_service", &RequestMetrics::ttft_service, true},
    {"tpot", &RequestMetrics::tpot, false},
    {"icg_max", &RequestMetrics::icg_max, false},
    {"e2e", &RequestMetrics::e2e, true},
    {"ntpot", &RequestMetrics::ntpot, false},
    {"stream_speed", &RequestMetrics::tpot, false},
    {"output_tokens", &RequestMetrics::output_tokens, false},
};

const MetricField* find_field(std::string_view metric) {
  const auto it = std::find_if(std::begin(kFields), std::end(kFields),
                               [&](const MetricField& f) { return f.metric == metric; });
  return it == std::end(kFields) ? nullptr : it;
}

/// "p99.9" → 0.999; nullopt if it is no percentile.
std::optional<double> percentile_of(std::string_view stat) {
  if (stat.size() < 2 || stat.front() != 'p') return std::nullopt;
  double value = 0;
  const auto [stop, error] = std::from_chars(stat.data() + 1, stat.data() + stat.size(), value);
  if (error != std::errc() || stop != stat.data() + stat.size()) return std::nullopt;
  return value > 0 && value < 100 ? std::optional(value / 100) : std::nullopt;
}

bool in_scope(const BlockArm& b, std::string_view point, CellKind kind) {
  return b.kind == kind && (point.empty() || b.point == point);
}

/// Number and mean of what request_values(block, metric, false) has, without copying it.
struct FieldMean {
  double mean = kUndefined;
  std::size_t n = 0;
  std::size_t positive = 0;  ///< how many of them are > 0
};

FieldMean field_mean(const BlockArm& block, Field field) {
  FieldMean out;
  double sum = 0, lost = 0;  // Kahan's summation: no division a value, and no less exact
  for (const RequestMetrics& r : block.requests) {
    const double x = r.*field;
    if (!r.success || !std::isfinite(x)) continue;
    ++out.n;
    out.positive += x > 0 ? 1U : 0U;
    const double term = x - lost, next = sum + term;
    lost = (next - sum) - term;
    sum = next;
  }
  if (out.n > 0) out.mean = sum / static_cast<double>(out.n);
  return out;
}

struct BlockMean {
  double value = kUndefined;
  std::size_t n = 0;  ///< values behind it
};

/// An interrupted cell ran another load than its partner: its figures are missing.
BlockMean block_mean(const BlockArm& b, std::string_view metric) {
  if (metric == "throughput" || metric == "request_rate") {
    const double rate = metric == "throughput" ? b.throughput : b.request_rate;
    return {b.interrupted ? kUndefined : rate, 1};
  }
  const MetricField* field = find_field(metric);
  const bool speed = metric == "stream_speed";
  const FieldMean m = field_mean(b, field->field);
  const std::size_t n = speed ? m.positive : m.n;
  if (b.interrupted) return {kUndefined, n};
  // Speed is the harmonic mean: one over the mean time per token.
  return {speed ? 1 / m.mean : m.mean, n};
}

struct Slot {
  double baseline = kUndefined, candidate = kUndefined;
};

BlockSeries from_slots(const std::map<std::uint32_t, Slot>& slots) {
  BlockSeries s;
  for (const auto& [block, slot] : slots) {
    s.blocks.push_back(block);
    s.baseline.push_back(slot.baseline);
    s.candidate.push_back(slot.candidate);
  }
  return s;
}

/// The right-hand arm of a kind of cell.
Arm other_arm(CellKind kind) {
  return kind == CellKind::aa ? Arm::control : Arm::candidate;
}

template <typename F>
BlockSeries collect(const Measurements& data, std::string_view point, CellKind kind, F&& value) {
  std::map<std::uint32_t, Slot> slots;
  for (const BlockArm& b : data.blocks) {
    if (!in_scope(b, point, kind)) continue;
    Slot& slot = slots[b.block];
    if (b.arm == Arm::baseline) slot.baseline = value(b);
    if (b.arm == other_arm(kind)) slot.candidate = value(b);
  }
  BlockSeries s = from_slots(slots);
  if (s.blocks.empty()) s.why = fmt::format("no block of load point '{}'", point);
  return s;
}

BlockSeries percentile_series(const Measurements& data, std::string_view metric, double p,
                              std::string_view point, CellKind kind) {
  std::size_t n[2] = {0, 0};
  std::size_t smallest = SIZE_MAX;
  BlockSeries s = collect(data, point, kind, [&](const BlockArm& b) {
    if (b.interrupted) return kUndefined;
    std::vector<double> values = request_values(b, metric, true);
    n[b.arm == Arm::baseline ? 0 : 1] += values.size();
    smallest = std::min(smallest, values.size());
    std::sort(values.begin(), values.end());
    return quantile_sorted(values, p).value_or(kUndefined);
  });
  s.baseline_requests = n[0];
  s.candidate_requests = n[1];
  if (!s.why.empty()) return s;
  const std::size_t needed = min_n_to_show(p);
  const auto inside = static_cast<std::size_t>(std::ceil(1 / std::min(p, 1 - p) - 1e-9));
  const std::size_t most = std::min(n[0], n[1]);
  if (most < needed || smallest < inside) {
    s.why =
        fmt::format("p{:g} needs at least {} requests an arm and {} a block; there are {} and {}",
                    100 * p, needed, inside, most, smallest == SIZE_MAX ? 0 : smallest);
    s.blocks.clear();
    s.baseline.clear();
    s.candidate.clear();
  }
  return s;
}

}  // namespace

std::vector<double> request_values(const BlockArm& block, std::string_view metric,
                                   bool with_censored) {
  std::vector<double> out;
  const MetricField* field = find_field(metric);
  if (field == nullptr) return out;
  const bool inverted = metric == "stream_speed";
  out.reserve(block.requests.size());
  for (const RequestMetrics& r : block.requests) {
    const double x = r.*(field->field);
    const bool counts = r.success || (with_censored && r.censored && field->response_time);
    if (!counts || !std::isfinite(x) || (inverted && !(x > 0))) continue;
    out.push_back(inverted ? 1 / x : x);
  }
  return out;
}

BlockSeries block_series(const Measurements& data, std::string_view metric, std::string_view stat,
                         std::string_view point, CellKind kind) {
  const bool whole_block = metric == "throughput" || metric == "request_rate";
  if (!whole_block && find_field(metric) == nullptr) {
    BlockSeries s;
    s.why = fmt::format("'{}' is not measured per block", metric);
    return s;
  }
  if (const auto p = percentile_of(stat); p && !whole_block) {
    return percentile_series(data, metric, *p, point, kind);
  }
  if (stat != "mean") {
    BlockSeries s;
    s.why = fmt::format("'{}' has no statistic '{}'", metric, stat);
    return s;
  }
  std::size_t n[2] = {0, 0};
  BlockSeries s = collect(data, point, kind, [&](const BlockArm& b) {
    const BlockMean mean = block_mean(b, metric);
    n[b.arm == Arm::baseline ? 0 : 1] += mean.n;
    return mean.value;
  });
  s.baseline_requests = n[0];
  s.candidate_requests = n[1];
  return s;
}

std::vector<RunCount> exceeding(const Measurements& data, std::string_view metric,
                                std::string_view point, Arm arm, double limit) {
  std::vector<RunCount> out;
  const MetricField* field = find_field(metric);
  if (field == nullptr || metric == "stream_speed") return out;
  for (const BlockArm& b : data.blocks) {
    if (!in_scope(b, point, CellKind::load) || b.arm != arm) continue;
    RunCount run;
    for (const RequestMetrics& r : b.requests) {
      const double x = r.*(field->field);
      if (r.success && std::isnan(x))
        continue;  // undefined for this answer, e.g. TPOT of one token
      ++run.attempted;
      run.exceeding += !r.success || x >= limit ? 1U : 0U;
    }
    out.push_back(run);
  }
  return out;
}

std::vector<RunCount> missing_slo(const Measurements& data, const Slo& slo, std::string_view point,
                                  Arm arm) {
  std::vector<RunCount> out;
  const auto over = [](double x, const std::optional<Duration>& limit) {
    return limit && !std::isnan(x) && x > to_seconds(*limit);
  };
  for (const BlockArm& b : data.blocks) {
    if (!in_scope(b, point, CellKind::load) || b.arm != arm) continue;
    RunCount run{0, b.requests.size()};
    for (const RequestMetrics& r : b.requests) {
      // Tokens that nobody counted leave the time per token unknown: not shown to be met.
      const bool unknown = slo.tpot && std::isnan(r.tpot) && std::isnan(r.output_tokens);
      const bool met = r.success && !unknown && !over(r.ttft, slo.ttft) &&
                       !over(r.tpot, slo.tpot) && !over(r.e2e, slo.e2e);
      run.exceeding += met ? 0U : 1U;
    }
    out.push_back(run);
  }
  return out;
}

RunCount failures(const Measurements& data, std::string_view point, Arm arm) {
  RunCount sum;
  for (const BlockArm& b : data.blocks) {
    if (!in_scope(b, point, CellKind::load) || b.arm != arm) continue;
    sum.attempted += b.attempted;
    sum.exceeding += b.failed;
  }
  if (point.empty()) {
    sum.attempted += data.quality_attempted[index_of(arm)];
    sum.exceeding += data.quality_failed[index_of(arm)];
  }
  return sum;
}

std::vector<std::string> points(const Measurements& data) {
  std::vector<std::string> out;
  for (const BlockArm& b : data.blocks) {
    const bool seen = std::find(out.begin(), out.end(), b.point) != out.end();
    if (b.kind == CellKind::load && !seen) out.push_back(b.point);
  }
  return out;
}

}  // namespace abgate::stats
