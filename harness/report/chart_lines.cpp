// Charts over blocks, over load points and over time.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "report/chart_parts.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"

namespace abgate::report {

namespace {
constexpr double kLeft = 70, kRight = kChartWidth - 96, kTop = 62, kBottom = 270, kHeight = 320;

void add_limit(Svg& svg, const Scale& y, const Criterion* c, double scale, std::string_view unit) {
  if (c == nullptr || !y.contains(c->value * scale)) return;
  svg.line(kLeft, y(c->value * scale), kRight, y(c->value * scale), "limit");
  svg.text(kRight + 6, y(c->value * scale) + 4,
           fmt::format("{} {} {}", to_string(c->op), exact(c->value * scale), unit), Anchor::start,
           "limit-text");
}

/// The metric that the block chart shows: that of the first block criterion, else the speed per
/// stream.
const stats::MetricComparison* block_metric(const Input& in) {
  const std::string first = in.scenario.points.empty() ? "" : in.scenario.points.front().id;
  for (const Criterion& c : in.scenario.criteria) {
    const auto* m = in.comparison.find(c.metric, c.stat, c.point.empty() ? first : c.point);
    if (m != nullptr && c.stat == "mean" && m->candidate_blocks.size() >= 2) return m;
  }
  const auto* m = in.comparison.find("stream_speed", "mean", first);
  return m != nullptr && m->candidate_blocks.size() >= 2 ? m : nullptr;
}
}  // namespace

std::optional<Chart> blocks_chart(const Input& in) {
  const auto* m = block_metric(in);
  if (m == nullptr || m->baseline_blocks.size() != m->candidate_blocks.size()) return std::nullopt;
  const Criterion* c = criterion_on(in, m->metric, Form::candidate, m->point);
  Range values;
  values.add(0);
  if (c != nullptr) values.add(c->value);
  for (const auto* blocks : {&m->baseline_blocks, &m->candidate_blocks}) {
    for (const double v : *blocks) values.add(v);
  }
  const std::size_t n = m->baseline_blocks.size();
  const Scale x(0.5, static_cast<double>(n) + 0.5, kLeft, kRight);
  const Scale y(0, values.hi() * 1.14, kBottom, kTop);
  Svg svg("blocks", kChartWidth, kHeight);
  svg.y_axis(y, kLeft, kRight, m->unit);
  svg.line(kLeft, kBottom, kRight, kBottom, "axis");
  svg.text((kLeft + kRight) / 2, kBottom + 36,
           "block (baseline and candidate side by side; the number is their ratio)", Anchor::middle,
           "soft");
  std::string csv = "block,baseline,candidate,ratio\n";
  Svg::Points lines[2];
  for (std::size_t i = 0; i < n; ++i) {
    const double b = m->baseline_blocks[i], v = m->candidate_blocks[i],
                 at = x(static_cast<double>(i + 1));
    csv += fmt::format("{},{},{},{}\n", i + 1, b, v, v / b);
    svg.text(at, kBottom + 17, fmt::format("{}", i + 1), Anchor::middle, "soft");
    if (std::isfinite(b)) lines[0].emplace_back(at, y(b));
    if (std::isfinite(v)) lines[1].emplace_back(at, y(v));
    if (!std::isfinite(b) || !std::isfinite(v)) continue;
    svg.line(at, y(b), at, y(v), "line");
    svg.text(at, y(std::max(b, v)) - 11, ratio(v / b) + "×", Anchor::middle, "soft");
  }
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    svg.path(lines[index_of(arm)], fmt::format("a{} run", index_of(arm)));
    for (const auto& [px, py] : lines[index_of(arm)]) svg.marker(px, py, arm);
  }
  add_limit(svg, y, c, 1, m->unit);
  svg.legend(kLeft + 14, 46, both_labels(in));
  const std::string title = fmt::format("{} of each block at {}", m->metric, m->point);
  std::string alt = fmt::format("{}: {} blocks", title, n);
  if (m->ratio.value)
    alt +=
        fmt::format(", ratio {}× {}", ratio(*m->ratio.value), interval(m->ratio.lo, m->ratio.hi));
  alt += ".";
  return Chart{"blocks", alt, svg.str(title, alt, is_simulated(in)), csv};
}

std::optional<Chart> load_chart(const Input& in) {
  struct Point {
    std::string id;
    double x, y;
  };
  std::vector<Point> arms[2];
  Range xs, ys;
  std::string csv = "point,arm,throughput_tok_s,ttft_p95_s,stream_speed_tok_s\n";
  for (const std::string& id : points_with_data(in)) {
    const auto *speed = in.comparison.find("throughput", "mean", id),
               *delay = in.comparison.find("ttft", "p95", id);
    const auto* stream = in.comparison.find("stream_speed", "mean", id);
    if (speed == nullptr || delay == nullptr) continue;
    for (const Arm arm : {Arm::baseline, Arm::candidate}) {
      const auto pick = [&](const stats::MetricComparison* m) {
        return m == nullptr            ? std::nullopt
               : arm == Arm::candidate ? m->candidate.value
                                       : m->baseline.value;
      };
      const auto x = pick(speed), y = pick(delay);
      if (!x || !y || !std::isfinite(*x) || !std::isfinite(*y)) continue;
      arms[index_of(arm)].push_back({id, *x, *y});
      xs.add(*x);
      ys.add(*y);
      csv += fmt::format("{},{},{},{},{}\n", csv_field(id), to_string(arm), *x, *y,
                         pick(stream) ? fmt::format("{}", *pick(stream)) : "");
    }
  }
  if (arms[0].size() + arms[1].size() < 4) return std::nullopt;
  const Criterion* c =
      criterion_on(in, "ttft", Form::candidate, arms[0].empty() ? arms[1][0].id : arms[0][0].id);
  if (c != nullptr) ys.add(c->value);
  const Scale x = xs.scale(kLeft, kRight, false, 0.1), y = ys.scale(kBottom, kTop, true, 0.12);
  Svg svg("load", kChartWidth, kHeight);
  svg.x_axis(x, kTop, kBottom, "throughput of all streams (tok/s)");
  svg.y_axis(y, kLeft, kRight, "TTFT p95 (s), logarithmic");
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    Svg::Points line;
    for (const Point& p : arms[index_of(arm)]) line.emplace_back(x(p.x), y(p.y));
    svg.path(line, fmt::format("a{} run", index_of(arm)));
    for (const Point& p : arms[index_of(arm)]) {
      svg.marker(x(p.x), y(p.y), arm);
      svg.text(x(p.x) + 8, y(p.y) - 7, short_label(p.id, 14), Anchor::start, "soft");
    }
  }
  add_limit(svg, y, c, 1, "s");
  svg.legend(kLeft + 14, 46, both_labels(in));
  const auto range = [](const std::vector<Point>& points) {
    if (points.empty()) return std::string("nothing");
    return fmt::format("{} tok/s at {} to {} tok/s at {}", number(points.front().x),
                       points.front().id, number(points.back().x), points.back().id);
  };
  const std::string alt =
      fmt::format("Throughput against TTFT p95 at each load point: {} {}; {} {}.",
                  label(in.scenario, Arm::baseline), range(arms[0]),
                  label(in.scenario, Arm::candidate), range(arms[1]));
  return Chart{"load", alt,
               svg.str("Throughput and latency at each load point", alt, is_simulated(in)), csv};
}

namespace {
constexpr double kGb = 1e9;
constexpr std::size_t kMostSamples = 300;

/// Memory in use over time of one GPU of one arm; where there are too many readings, the highest of
/// each stretch.
std::vector<std::pair<double, double>> thinned(
    const std::vector<std::pair<double, double>>& series) {
  const std::size_t stride = (series.size() + kMostSamples - 1) / kMostSamples;
  if (stride <= 1) return series;
  std::vector<std::pair<double, double>> out;
  for (std::size_t i = 0; i < series.size(); i += stride) {
    const auto end =
        series.begin() + static_cast<std::ptrdiff_t>(std::min(i + stride, series.size()));
    out.push_back(
        *std::max_element(series.begin() + static_cast<std::ptrdiff_t>(i), end,
                          [](const auto& a, const auto& b) { return a.second < b.second; }));
  }
  return out;
}
}  // namespace

std::optional<Chart> memory_chart(const Input& in) {
  std::map<std::pair<Arm, std::string>, std::vector<std::pair<double, double>>> series;
  Range times, values;
  values.add(0);
  TimePoint zero = in.manifest.clock_zero;
  if (!in.telemetry.gpu.empty() && zero == TimePoint{}) zero = in.telemetry.gpu.front().at;
  for (const GpuSample& s : in.telemetry.gpu) {
    if (!s.memory_used_bytes) continue;
    const double at = to_seconds(s.at - zero), used = *s.memory_used_bytes / kGb;
    series[{s.arm, s.gpu}].emplace_back(at, used);
    times.add(at);
    values.add(used);
  }
  if (series.empty()) return std::nullopt;
  const Criterion* c = nullptr;
  for (const Criterion& candidate : in.scenario.criteria) {
    if (candidate.metric == "gpu_memory_used" && candidate.form == Form::candidate && c == nullptr)
      c = &candidate;
  }
  if (c != nullptr) values.add(c->value);
  const Scale x = times.scale(kLeft, kRight, false, 0.01), y(0, values.hi() * 1.12, kBottom, kTop);
  Svg svg("memory", kChartWidth, kHeight);
  svg.x_axis(x, kTop, kBottom, "time since the run began (s)");
  svg.y_axis(y, kLeft, kRight, "memory in use (GB)");
  std::string csv = "arm,gpu,seconds,used_gb\n", alt = "GPU memory in use over the run, highest:";
  for (const auto& [key, all] : series) {
    Svg::Points line;
    double peak = 0;
    const auto points = thinned(all);
    for (const auto& [at, used] : points) {
      line.emplace_back(x(at), y(used));
      peak = std::max(peak, used);
      csv +=
          fmt::format("{},{},{:.3f},{}\n", to_string(key.first), csv_field(key.second), at, used);
    }
    svg.path(line, fmt::format("a{} run", index_of(key.first)));
    svg.marker(line.back().first, line.back().second, key.first);
    alt += fmt::format(" {} {} GB;", label(in.scenario, key.first), number(peak));
  }
  if (c != nullptr) alt += fmt::format(" required {} {} GB", to_string(c->op), exact(c->value));
  if (alt.back() == ';') alt.pop_back();
  alt += ".";
  add_limit(svg, y, c, 1, "GB");
  svg.legend(kLeft + 14, 46, both_labels(in));
  return Chart{"memory", alt, svg.str("GPU memory over the run", alt, is_simulated(in)), csv};
}

}  // namespace abgate::report
