// Points, blocks and missing cells: what the criteria read from the measurements.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "decision/inputs.hpp"
#include "decision/methods.hpp"

namespace abgate::decision {
namespace {

using Field = double stats::RequestMetrics::*;
struct Latency {
  std::string_view metric;
  Field field;
};
constexpr std::array<Latency, 6> kLatencies{{{"ttft", &stats::RequestMetrics::ttft},
                                             {"ttft_service", &stats::RequestMetrics::ttft_service},
                                             {"tpot", &stats::RequestMetrics::tpot},
                                             {"icg_max", &stats::RequestMetrics::icg_max},
                                             {"e2e", &stats::RequestMetrics::e2e},
                                             {"ntpot", &stats::RequestMetrics::ntpot}}};

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double x) {
    if (std::isnan(x)) return;
    low = std::min(low, x);
    high = std::max(high, x);
  }
  bool empty() const { return low > high; }
};

bool at_point(const stats::BlockArm& block, std::string_view point) {
  return block.kind == CellKind::load && (point.empty() || block.point == point);
}

std::array<Range, kLatencies.size()> ranges_at(const stats::Measurements& m,
                                               std::string_view point) {
  std::array<Range, kLatencies.size()> ranges;
  for (const stats::BlockArm& block : m.blocks) {
    if (!at_point(block, point)) continue;
    for (const stats::RequestMetrics& r : block.requests) {
      if (!r.success) continue;
      for (std::size_t f = 0; f < kLatencies.size(); ++f) ranges[f].add(r.*kLatencies[f].field);
    }
  }
  return ranges;
}

/// True if a cell of that name ("c8/003-candidate", "c8/aa000-control") belongs to the point.
bool needs_cell(std::string_view cell, std::string_view point, bool everything) {
  const std::size_t slash = cell.find('/');
  const std::string_view rest = slash == std::string_view::npos ? "" : cell.substr(slash + 1);
  if (rest.starts_with("aa") || rest.starts_with("prime")) return false;
  return everything || cell.substr(0, slash) == point;
}

bool covers_whole_run(const Criterion& c) {
  const MetricInfo* info = find_metric(c.metric);
  if (info == nullptr) return false;
  if (info->kind == "memory" || c.metric == "restarts") return true;
  const bool counted = c.metric == "errors" || c.metric == "error_rate";
  return counted && c.point.empty();
}

}  // namespace

const LoadPoint* point_of(const Scenario& scenario, const Criterion& criterion) {
  const auto& points = scenario.points;
  if (criterion.point.empty()) return points.empty() ? nullptr : &points.front();
  const auto it = std::find_if(points.begin(), points.end(),
                               [&](const LoadPoint& p) { return p.id == criterion.point; });
  return it == points.end() ? nullptr : &*it;
}

std::vector<const stats::BlockArm*> blocks_of(const stats::Measurements& m, std::string_view point,
                                              Arm arm, CellKind kind) {
  std::vector<const stats::BlockArm*> out;
  for (const stats::BlockArm& block : m.blocks) {
    if (block.kind == kind && block.arm == arm && (point.empty() || block.point == point)) {
      out.push_back(&block);
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const stats::BlockArm* a, const stats::BlockArm* b) {
    return a->block < b->block;
  });
  return out;
}

stats::RunCount load_failures(const stats::Measurements& m, std::string_view point, Arm arm) {
  stats::RunCount out;
  for (const stats::BlockArm* block : blocks_of(m, point, arm)) {
    out.exceeding += block->failed;
    out.attempted += block->attempted;
  }
  return out;
}

bool lacks_value(const stats::RequestMetrics& r, std::string_view metric) {
  if (!r.success) return false;
  if (metric == "tpot" || metric == "stream_speed")
    return !(r.output_tokens < 2) && !std::isfinite(r.tpot);
  if (metric == "ntpot") return !(r.output_tokens < 1) && !std::isfinite(r.ntpot);
  if (metric == "output_tokens" || metric == "throughput") return !std::isfinite(r.output_tokens);
  if (metric == "ttft") return !std::isfinite(r.ttft);
  if (metric == "ttft_service") return !std::isfinite(r.ttft_service);
  return metric == "e2e" && !std::isfinite(r.e2e);
}

std::size_t lacking(const stats::Measurements& m, std::string_view point, Arm arm,
                    std::string_view metric) {
  std::size_t n = 0;
  for (const stats::BlockArm* block : blocks_of(m, point, arm)) {
    n += static_cast<std::size_t>(
        std::count_if(block->requests.begin(), block->requests.end(),
                      [&](const stats::RequestMetrics& r) { return lacks_value(r, metric); }));
  }
  return n;
}

std::optional<stats::Measurements> with_failures_at_worst(const stats::Measurements& m,
                                                          std::string_view point) {
  const auto lacks_any = [](const stats::RequestMetrics& r) {
    return std::any_of(kLatencies.begin(), kLatencies.end(),
                       [&](const Latency& l) { return lacks_value(r, l.metric); });
  };
  const bool any = std::any_of(m.blocks.begin(), m.blocks.end(), [&](const stats::BlockArm& b) {
    return at_point(b, point) &&
           (b.failed > 0 || std::any_of(b.requests.begin(), b.requests.end(), lacks_any));
  });
  if (!any) return std::nullopt;
  const auto ranges = ranges_at(m, point);
  stats::Measurements out;
  for (const stats::BlockArm& block : m.blocks) {
    if (!at_point(block, point)) continue;
    stats::BlockArm& copy = out.blocks.emplace_back(block);
    const bool candidate = copy.arm == Arm::candidate;
    for (stats::RequestMetrics& r : copy.requests) {
      const stats::RequestMetrics seen = r;
      for (std::size_t f = 0; f < kLatencies.size(); ++f) {
        if (ranges[f].empty() || (seen.success && !lacks_value(seen, kLatencies[f].metric)))
          continue;
        double& value = r.*kLatencies[f].field;
        // A time-out was entered at its limit: it stays where that is worse still.
        value = candidate ? (std::isnan(value) ? ranges[f].high : std::max(value, ranges[f].high))
                          : ranges[f].low;
      }
      r.success = true;
    }
  }
  return out;
}

std::vector<std::string> missing_for(const Inputs& in, const Criterion& criterion) {
  const bool quality = criterion.metric.starts_with("quality.");
  const LoadPoint* point = point_of(in.scenario, criterion);
  const std::string_view at = quality            ? "quality"
                              : point == nullptr ? ""
                                                 : std::string_view(point->id);
  std::vector<std::string> out;
  for (const std::string& cell : in.m.missing_cells) {
    if (needs_cell(cell, at, covers_whole_run(criterion))) out.push_back(cell);
  }
  return out;
}

double measured_minutes_per_block(const Scenario& scenario, const stats::Measurements& m) {
  double seconds = 0;
  for (const LoadPoint& point : scenario.points) {
    std::map<std::uint32_t, std::array<double, kArmCount>> wall;
    for (const stats::BlockArm& block : m.blocks) {
      if (at_point(block, point.id)) wall[block.block][index_of(block.arm)] = block.wall_seconds;
    }
    double sum = 0;
    for (const auto& [block, arm] : wall) {
      sum += scenario.mode == Mode::concurrent ? std::max(arm[0], arm[1]) : arm[0] + arm[1];
    }
    if (!wall.empty()) seconds += sum / static_cast<double>(wall.size());
  }
  return seconds / 60.0;
}

std::string label_of(const Scenario& scenario, Arm arm) {
  const std::string& label = scenario.arm(arm).label;
  return label.empty() ? std::string(to_string(arm)) : label;
}

}  // namespace abgate::decision
