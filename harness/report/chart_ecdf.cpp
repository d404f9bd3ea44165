#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/chart_parts.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"

namespace abgate::report {

namespace {
constexpr double kLeft = 70, kRight = kChartWidth - 30, kTop = 62, kBottom = 300, kHeight = 350;
constexpr std::size_t kMostSteps = 240;

/// Sorted values of the successes, and how many requests were attempted.
struct Sample {
  std::vector<double> values;
  std::size_t attempted = 0;
};

Sample sample_of(const Input& in, const std::string& metric, const std::string& point, Arm arm) {
  Sample s;
  for (const stats::BlockArm& b : in.measurements.blocks) {
    if (b.kind != CellKind::load || b.point != point || b.arm != arm) continue;
    s.attempted += b.attempted;
    for (const stats::RequestMetrics& r : b.requests) {
      const double value = metric == "ttft" ? r.ttft : r.tpot * 1e3;
      if (r.success && std::isfinite(value)) s.values.push_back(value);
    }
  }
  std::sort(s.values.begin(), s.values.end());
  return s;
}

/// At most kMostSteps (value, share at or below it) pairs, the ends among them.
Svg::Points steps_of(const Sample& s) {
  Svg::Points out;
  const std::size_t n = s.values.size();
  const std::size_t stride = std::max<std::size_t>(1, n / kMostSteps);
  for (std::size_t i = 0; i < n; i += stride)
    out.emplace_back(s.values[i], static_cast<double>(i + 1) / static_cast<double>(n));
  if (n > 0 && out.back().second < 1) out.emplace_back(s.values.back(), 1.0);
  return out;
}

void draw_steps(Svg& svg, const Scale& x, const Scale& y, const Svg::Points& steps, Arm arm) {
  Svg::Points line;
  double before = 0;
  for (const auto& [value, share] : steps) {
    line.emplace_back(x(value), y(before));
    line.emplace_back(x(value), y(share));
    before = share;
  }
  svg.path(line, fmt::format("a{} run", index_of(arm)));
  // Markers tell the curves apart without colour.
  for (const double at : {0.25, 0.5, 0.75, 0.95}) {
    const auto it =
        std::find_if(steps.begin(), steps.end(), [&](const auto& s) { return s.second >= at; });
    if (it != steps.end()) svg.marker(x(it->first), y(it->second), arm);
  }
}

std::string share_below(const Sample& s, double limit) {
  const auto below = std::lower_bound(s.values.begin(), s.values.end(), limit) - s.values.begin();
  return percent(static_cast<double>(below) /
                 static_cast<double>(std::max<std::size_t>(s.values.size(), 1)));
}

std::string csv_of(const std::vector<Svg::Points>& curves, const std::string& unit) {
  std::string out = fmt::format("arm,value_{},share_at_or_below\n", unit);
  for (std::size_t i = 0; i < curves.size(); ++i) {
    for (const auto& [value, share] : curves[i])
      out += fmt::format("{},{},{}\n", to_string(kArms[i]), value, share);
  }
  return out;
}

std::string median(const Sample& s, const std::string& unit) {
  return s.values.empty() ? "n/a" : quantity(s.values[s.values.size() / 2], unit);
}
}  // namespace

std::optional<Chart> ecdf_chart(const Input& in, const std::string& metric,
                                const std::string& point) {
  const std::string unit = metric == "ttft" ? "s" : "ms";
  const std::vector<Sample> samples{sample_of(in, metric, point, Arm::baseline),
                                    sample_of(in, metric, point, Arm::candidate)};
  if (samples[0].values.size() < 2 && samples[1].values.size() < 2) return std::nullopt;
  const Criterion* c = criterion_on(in, metric, Form::candidate, point);
  const double limit = c == nullptr       ? stats::kUndefined
                       : metric == "ttft" ? c->value
                                          : c->value * 1e3;

  Range range;
  range.add(limit);
  std::vector<Svg::Points> curves;
  for (const Sample& s : samples) {
    curves.push_back(steps_of(s));
    for (const auto& step : curves.back()) range.add(step.first);
  }
  const std::string name = chart_name(metric, point);
  Svg svg(name, kChartWidth, kHeight);
  const Scale x = range.scale(kLeft, kRight, true), y(0, 1, kBottom, kTop);
  const std::string title = metric == "ttft" ? "Time to first token" : "Time per output token";
  svg.x_axis(x, kTop, kBottom, fmt::format("{} ({}), logarithmic", title, unit));
  svg.y_axis(y, kLeft, kRight, "share of requests");
  for (std::size_t i = 0; i < curves.size(); ++i) draw_steps(svg, x, y, curves[i], kArms[i]);
  svg.legend(kLeft + 14, 46, both_labels(in));
  std::string alt = fmt::format(
      "{} at {}: median {} for {} (n {}), {} for {} (n {})", title, point, median(samples[0], unit),
      label(in.scenario, Arm::baseline), count(samples[0].values.size()), median(samples[1], unit),
      label(in.scenario, Arm::candidate), count(samples[1].values.size()));
  if (std::isfinite(limit)) {
    svg.line(x(limit), kTop, x(limit), kBottom, "limit");
    svg.text(x(limit) + 6, kBottom - 8,
             fmt::format("{} {} {}", to_string(c->op), exact(limit), unit), Anchor::start,
             "limit-text");
    alt += fmt::format("; below {} {}: {} and {}", exact(limit), unit,
                       share_below(samples[0], limit), share_below(samples[1], limit));
  }
  alt += ".";
  return Chart{name, alt, svg.str(fmt::format("{} at {}", title, point), alt, is_simulated(in)),
               csv_of(curves, unit)};
}

}  // namespace abgate::report
