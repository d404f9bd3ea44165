#include "report/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/escape.hpp"
#include "report/format.hpp"

namespace abgate::report {

namespace {
// Okabe–Ito colours: blue, vermillion, bluish green; in the dark their lighter neighbours.
constexpr std::string_view kStyle =
    ".ab{font:13px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif}"
    ".ab text{fill:#1f2328}.ab .soft{fill:#59636e;font-size:12px}.ab .bold{font-weight:600}.ab "
    ".stamp{fill:#b35900;font-weight:700;letter-spacing:1px}"
    ".ab .back{fill:#fff}.ab .grid{stroke:#e3e7eb}.ab .axis{stroke:#818b98}.ab "
    ".line{stroke:#818b98;fill:none}"
    ".ab .limit{stroke:#1f2328;stroke-dasharray:6 4;stroke-width:1.5}.ab "
    ".limit-text{fill:#1f2328;font-size:12px;font-style:italic}"
    ".ab .a0{stroke:#0072b2;fill:none;stroke-width:2}.ab "
    ".a1{stroke:#d55e00;fill:none;stroke-width:2}"
    ".ab .a2{stroke:#009e73;fill:none;stroke-width:2}.ab .a1.run{stroke-dasharray:none}.ab "
    ".a0.run{stroke-dasharray:7 3}"
    ".ab .m0{fill:#0072b2}.ab .m1{fill:#d55e00}.ab .m2{fill:#009e73}.ab "
    ".band{fill:#009e73;opacity:.15}"
    "@media(prefers-color-scheme:dark){.ab text,.ab .limit-text{fill:#e6edf3}.ab "
    ".soft{fill:#9198a1}.ab .stamp{fill:#e69f00}.ab .back{fill:#0d1117}"
    ".ab .grid{stroke:#2a313c}.ab .limit{stroke:#e6edf3}.ab .a0{stroke:#56b4e9}.ab "
    ".a1{stroke:#e69f00}.ab .a2{stroke:#2fc79a}"
    ".ab .m0{fill:#56b4e9}.ab .m1{fill:#e69f00}.ab .m2{fill:#2fc79a}}";

std::string style_attribute(std::string_view style) {
  return style.empty() ? "" : fmt::format(" class=\"{}\"", style);
}

double nice_step(double span, int wanted) {
  const double raw = span / std::max(wanted, 1);
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double step : {1.0, 2.0, 2.5, 5.0}) {
    if (step * power >= raw * 0.999) return step * power;
  }
  return 10 * power;
}
}  // namespace

Scale::Scale(double lo, double hi, double from, double to, bool log)
    : lo_(lo), hi_(hi), from_(from), to_(to), log_(log && lo > 0) {
  if (hi_ > lo_) return;
  const double half = lo_ == 0 ? 1 : std::fabs(lo_) * 0.05;
  lo_ -= half;
  hi_ = lo_ + 2 * half;
}

double Scale::operator()(double value) const {
  if (log_) value = std::max(value, lo_ * 1e-3);
  const double share =
      log_ ? std::log(value / lo_) / std::log(hi_ / lo_) : (value - lo_) / (hi_ - lo_);
  return from_ + share * (to_ - from_);
}

std::vector<double> Scale::log_ticks(int wanted) const {
  std::vector<double> out;
  for (const auto& steps : {std::vector<double>{1},
                            {1, 3},
                            {1, 2, 5},
                            {1, 1.5, 2, 3, 4, 5, 7},
                            {1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9}}) {
    out.clear();
    for (double power = std::pow(10.0, std::floor(std::log10(lo_))); power <= hi_; power *= 10) {
      for (const double step : steps) {
        if (const double v = step * power; contains(v)) out.push_back(v);
      }
    }
    if (static_cast<int>(out.size()) >= std::min(wanted, 4)) break;
  }
  return out;
}

std::vector<double> Scale::ticks(int wanted) const {
  if (log_) {
    if (auto out = log_ticks(wanted); out.size() >= 3) return out;
  }
  std::vector<double> out;
  const double step = nice_step(hi_ - lo_, wanted);
  const double first = std::ceil(lo_ / step);
  for (int i = 0; i < 50; ++i) {
    const double value = (first + i) * step;
    if (value > hi_ * (hi_ > 0 ? 1 + 1e-9 : 1 - 1e-9)) break;
    out.push_back(std::fabs(value) < step * 1e-6 ? 0 : std::clamp(value, lo_, hi_));
  }
  return out;
}

void Range::add(double value) {
  if (!std::isfinite(value)) return;
  lo_ = std::min(lo_, value);
  hi_ = std::max(hi_, value);
}

Scale Range::scale(double from, double to, bool log, double margin) const {
  if (empty()) return {0, 1, from, to};
  if (log && lo_ > 0) {
    const double factor = std::pow(std::max(hi_ / lo_, 1.02), margin);
    return {lo_ / factor, hi_ * factor, from, to, true};
  }
  const double space = (hi_ - lo_) * margin;
  return {lo_ - space, hi_ + space, from, to};
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view style) {
  body_ += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"{}/>\n", x1,
                       y1, x2, y2, style_attribute(style));
}

void Svg::path(const Points& points, std::string_view style) {
  std::string d;
  for (const auto& [x, y] : points)
    d += fmt::format("{}{:.1f} {:.1f}", d.empty() ? "M" : "L", x, y);
  if (!d.empty()) body_ += fmt::format("<path d=\"{}\"{}/>\n", d, style_attribute(style));
}

void Svg::text(double x, double y, std::string_view content, Anchor anchor,
               std::string_view style) {
  const std::string_view where = anchor == Anchor::middle ? " text-anchor=\"middle\""
                                 : anchor == Anchor::end  ? " text-anchor=\"end\""
                                                          : "";
  body_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\"{}{}>{}</text>\n", x, y, where,
                       style_attribute(style), xml(content));
}

void Svg::rect(double x, double y, double width, double height, std::string_view style) {
  body_ += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"{}/>\n",
                       x, y, width, height, style_attribute(style));
}

void Svg::marker(double x, double y, Arm arm) {
  switch (arm) {
    case Arm::baseline:
      body_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4.5\" class=\"m0\"/>\n", x, y);
      break;
    case Arm::candidate:
      rect(x - 4.5, y - 4.5, 9, 9, "m1");
      break;
    case Arm::control:
      body_ += fmt::format("<path d=\"M{:.1f} {:.1f}l5.5 9.5h-11z\" class=\"m2\"/>\n", x, y - 6);
      break;
  }
}

void Svg::x_axis(const Scale& scale, double top, double bottom, std::string_view title, int ticks) {
  for (const double tick : scale.ticks(ticks)) {
    line(scale(tick), top, scale(tick), bottom, "grid");
    text(scale(tick), bottom + 17, exact(tick), Anchor::middle, "soft");
  }
  line(scale(scale.lo()), bottom, scale(scale.hi()), bottom, "axis");
  text((scale(scale.lo()) + scale(scale.hi())) / 2, bottom + 36, title, Anchor::middle, "soft");
}

void Svg::y_axis(const Scale& scale, double left, double right, std::string_view title, int ticks) {
  for (const double tick : scale.ticks(ticks)) {
    line(left, scale(tick), right, scale(tick), "grid");
    text(left - 7, scale(tick) + 4, exact(tick), Anchor::end, "soft");
  }
  line(left, scale(scale.lo()), left, scale(scale.hi()), "axis");
  const double x = 16, y = (scale(scale.lo()) + scale(scale.hi())) / 2;
  body_ += fmt::format(
      "<text x=\"{0:.1f}\" y=\"{1:.1f}\" text-anchor=\"middle\" class=\"soft\" "
      "transform=\"rotate(-90 {0:.1f} {1:.1f})\">{2}</text>\n",
      x, y, xml(title));
}

void Svg::legend(double x, double y, const std::vector<std::pair<Arm, std::string>>& entries) {
  for (const auto& [arm, name] : entries) {
    const std::string shown = short_label(name, 28);
    line(x - 11, y - 4, x + 11, y - 4, fmt::format("a{} run", index_of(arm)));
    marker(x, y - 4, arm);
    text(x + 17, y, shown);
    x += 46 + 7.6 * static_cast<double>(abgate::report::width(shown));
  }
}

std::string Svg::str(std::string_view title, std::string_view description, bool simulated) const {
  std::string stamp;
  if (simulated)
    stamp = fmt::format(
        "<text x=\"{:.1f}\" y=\"20\" text-anchor=\"end\" class=\"stamp\">SIMULATED</text>\n",
        width_ - 12);
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" class=\"ab\" role=\"img\" "
      "aria-labelledby=\"{2}-t {2}-d\">\n<title id=\"{2}-t\">{3}</title>\n<desc "
      "id=\"{2}-d\">{4}</desc>\n<style>{5}</style>\n"
      "<rect width=\"{0:.0f}\" height=\"{1:.0f}\" rx=\"6\" class=\"back\"/>\n<text x=\"16\" "
      "y=\"22\" class=\"bold\">{3}</text>\n{6}{7}</svg>\n",
      width_, height_, name_, xml(title), xml(description), kStyle, stamp, body_);
}

std::string short_label(std::string_view text, std::size_t characters) {
  return visible_line(text, characters);
}

}  // namespace abgate::report
