#include "report/chart_curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/chart_parts.hpp"
#include "report/svg.hpp"

namespace abgate::report {

namespace {
constexpr double kLeft = 70, kRight = kChartWidth - 110, kTop = 62, kBottom = 300, kHeight = 350;
constexpr double kCap = 4;

bool drawable(const CurvePoint& p) {
  return std::isfinite(p.x) && std::isfinite(p.y) && p.x > 0;
}
}  // namespace

std::string draw(const Curves& curves, const std::string& alt, bool simulated) {
  Range xs, ys;
  for (const auto& arm : curves.points) {
    for (const CurvePoint& p : arm) {
      if (!drawable(p)) continue;
      xs.add(p.x);
      for (const auto y : {std::optional(p.y), p.lo, p.hi}) {
        if (y) ys.add(*y);
      }
    }
  }
  for (const auto& s : curves.stretches) {
    xs.add(s.from);
    xs.add(s.to);
  }
  if (curves.limit) ys.add(*curves.limit);
  const Scale x = xs.scale(kLeft, kRight, true, 0.05);
  const Scale y = curves.bottom && curves.top
                      ? Scale(*curves.bottom, *curves.top, kBottom, kTop, curves.log_y)
                      : ys.scale(kBottom, kTop, curves.log_y, 0.1);
  const auto clamped = [&](double v) { return y(std::clamp(v, y.lo(), y.hi())); };
  Svg svg(curves.name, kChartWidth, kHeight);
  for (const auto& s : curves.stretches) {
    const double from = x(s.from), to = std::max(x(s.to), from + 2);
    svg.rect(from, kTop, to - from, kBottom - kTop, "band");
  }
  svg.x_axis(x, kTop, kBottom, curves.x_title, 9);
  svg.y_axis(y, kLeft, kRight, curves.y_title);
  if (curves.limit && y.contains(*curves.limit)) {
    svg.line(kLeft, y(*curves.limit), kRight, y(*curves.limit), "limit");
    svg.text(kRight + 6, y(*curves.limit) + 4, curves.limit_text, Anchor::start, "limit-text");
  }
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    const std::size_t i = index_of(arm);
    const std::string style = fmt::format("a{}", i);
    Svg::Points line, smooth;
    for (const auto& [at, value] : curves.smooth[i]) {
      if (at > 0 && std::isfinite(value)) smooth.emplace_back(x(at), clamped(value));
    }
    svg.path(smooth, "line");
    for (const CurvePoint& p : curves.points[i]) {
      if (drawable(p)) line.emplace_back(x(p.x), clamped(p.y));
    }
    svg.path(line, style + " run");
    const double shift = i == 0 ? -1.5 : 1.5;  // bars of both arms at one load stay apart
    for (const CurvePoint& p : curves.points[i]) {
      if (!drawable(p)) continue;
      const double at = x(p.x) + shift;
      if (p.lo && p.hi) {
        svg.line(at, clamped(*p.lo), at, clamped(*p.hi), style);
        svg.line(at - kCap, clamped(*p.lo), at + kCap, clamped(*p.lo), style);
        svg.line(at - kCap, clamped(*p.hi), at + kCap, clamped(*p.hi), style);
      }
      svg.marker(x(p.x), clamped(p.y), arm);
    }
  }
  svg.legend(kLeft + 14, 46, curves.labels);
  return svg.str(curves.title, alt, simulated);
}

}  // namespace abgate::report
