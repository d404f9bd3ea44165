#pragma once
// Draws small charts as SVG: readable in light and dark, without colour vision, and by screen
// readers.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/arm.hpp"

namespace abgate::report {

/// Maps values to pixels, linearly or by logarithm.
class Scale {
 public:
  /// A range without extent is widened; a logarithmic one needs positive values.
  Scale(double lo, double hi, double from, double to, bool log = false);
  double operator()(double value) const;
  /// Round values within the range, about `wanted` of them.
  std::vector<double> ticks(int wanted = 6) const;
  bool contains(double value) const { return value >= lo_ && value <= hi_; }
  double lo() const { return lo_; }
  double hi() const { return hi_; }

 private:
  std::vector<double> log_ticks(int wanted) const;
  double lo_, hi_, from_, to_;
  bool log_;
};

/// The smallest range that holds some values, with a margin.
class Range {
 public:
  void add(double value);  ///< NaN and infinities are ignored
  bool empty() const { return lo_ > hi_; }
  Scale scale(double from, double to, bool log = false, double margin = 0.06) const;
  double lo() const { return lo_; }
  double hi() const { return hi_; }

 private:
  double lo_ = 1e300, hi_ = -1e300;
};

enum class Anchor { start, middle, end };

/// One drawing. Classes of the style sheet: "line", "grid", "axis", "limit" (threshold), "soft"
/// (text), "a0" "a1" "a2" (arms: colour and dash).
class Svg {
 public:
  using Points = std::vector<std::pair<double, double>>;

  Svg(std::string name, double width, double height)
      : name_(std::move(name)), width_(width), height_(height) {}

  void line(double x1, double y1, double x2, double y2, std::string_view style);
  void path(const Points& points, std::string_view style);
  void text(double x, double y, std::string_view content, Anchor anchor = Anchor::start,
            std::string_view style = "");
  void rect(double x, double y, double width, double height, std::string_view style);
  /// Baseline: circle, candidate: square, control: triangle.
  void marker(double x, double y, Arm arm);

  /// Axis lines, grid and tick labels; `unit` goes to the axis title.
  void x_axis(const Scale& scale, double top, double bottom, std::string_view title, int ticks = 6);
  void y_axis(const Scale& scale, double left, double right, std::string_view title, int ticks = 5);
  /// A marker and a name for each arm, from (x, y) rightwards.
  void legend(double x, double y, const std::vector<std::pair<Arm, std::string>>& entries);

  /// The file: title and description for screen readers, its own style, opaque background.
  std::string str(std::string_view title, std::string_view description, bool simulated) const;
  double width() const { return width_; }
  double height() const { return height_; }

 private:
  std::string name_;
  double width_, height_;
  std::string body_;
};

/// Cut to a number of characters, for labels beside a chart.
std::string short_label(std::string_view text, std::size_t characters);

}  // namespace abgate::report
