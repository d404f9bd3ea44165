#include "report/power_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "report/chart_parts.hpp"
#include "report/svg.hpp"

namespace abgate::report {

namespace {
constexpr double kLeft = 64, kRight = kChartWidth - 24, kTop = 58, kBottom = 330, kHeight = 380;
constexpr std::string_view kCriterion = "speed_ratio";
constexpr double kNominal = 0.05;

struct Point {
  double ratio = 0;
  decision::Rate go;
  std::size_t experiments = 0;
};

/// The threshold of the criterion that the curve is of.
double required_ratio() {
  for (const Criterion& c : decision::five_criteria().criteria) {
    if (c.id == kCriterion) return c.value;
  }
  return 1;
}

std::optional<double> true_ratio(std::string_view truth, double required) {
  if (truth == "boundary") return required;
  double value = 0;
  const auto [stop, error] = std::from_chars(truth.data(), truth.data() + truth.size(), value);
  const bool whole = stop + 1 == truth.data() + truth.size() && truth.back() == 'x';
  return error == std::errc() && whole ? std::optional(value) : std::nullopt;
}

std::vector<Point> points_of(const decision::CalibrationTable& table, double required) {
  std::vector<Point> points;
  for (const decision::CalibrationCell& cell : table.cells) {
    if (cell.criterion != kCriterion) continue;
    if (const auto ratio = true_ratio(cell.truth, required))
      points.push_back({*ratio, cell.go, cell.experiments});
  }
  std::sort(points.begin(), points.end(),
            [](const Point& a, const Point& b) { return a.ratio < b.ratio; });
  return points;
}

std::string alt_of(const std::vector<Point>& points, double required, std::size_t blocks) {
  if (points.empty()) return "No cell of the calibration varies the true ratio.";
  std::string out = fmt::format(
      "Probability of GO against the true ratio, {} blocks, at least {} required:", blocks,
      required);
  for (const Point& p : points) out += fmt::format(" {:.2f}× {:.1f} %;", p.ratio, 100 * p.go.value);
  out.back() = '.';
  return out;
}

std::string csv_of(const std::vector<Point>& points, double required) {
  std::string out = "true_ratio,p_go,lo,hi,experiments,required\n";
  for (const Point& p : points) {
    out += fmt::format("{},{},{},{},{},{}\n", p.ratio, p.go.value, p.go.lo, p.go.hi, p.experiments,
                       required);
  }
  return out;
}
}  // namespace

Chart power_chart(const decision::CalibrationTable& table) {
  const double required = required_ratio();
  const std::vector<Point> points = points_of(table, required);
  Svg svg("power", kChartWidth, kHeight);
  Range range;
  range.add(required);
  for (const Point& p : points) range.add(p.ratio);
  const Scale x = range.scale(kLeft, kRight);
  const Scale y(0, 1, kBottom, kTop);
  svg.x_axis(x, kTop, kBottom, "true ratio candidate / baseline");
  svg.y_axis(y, kLeft, kRight, "P(GO)");
  svg.line(x(required), kTop, x(required), kBottom, "limit");
  svg.text(x(required) + 6, kTop + 12, fmt::format("required {}×", required), Anchor::start,
           "soft");
  svg.line(kLeft, y(kNominal), kRight, y(kNominal), "limit");
  svg.text(kRight - 4, y(kNominal) - 6, "5 %", Anchor::end, "soft");
  Svg::Points curve;
  for (const Point& p : points) {
    curve.emplace_back(x(p.ratio), y(p.go.value));
    svg.line(x(p.ratio), y(p.go.lo), x(p.ratio), y(p.go.hi), "a1");
    svg.marker(x(p.ratio), y(p.go.value), Arm::candidate);
  }
  if (curve.size() > 1) svg.path(curve, "a1");
  svg.text(16, 42,
           fmt::format("{} blocks, {:.3g} % block noise; squares: share of simulated experiments "
                       "with GO; bars: 95 % intervals",
                       table.options.design.blocks, 100 * table.options.scatter.block_sd),
           Anchor::start, "soft");
  const std::string alt = alt_of(points, required, table.options.design.blocks);
  return Chart{"power", alt, svg.str("Power of the verdict", alt, true), csv_of(points, required)};
}

}  // namespace abgate::report
