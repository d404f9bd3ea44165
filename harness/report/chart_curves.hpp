#pragma once
// A value over a load, one curve an arm, with intervals. Internal to the room.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/arm.hpp"
#include "report/chart.hpp"

namespace abgate::report {

struct CurvePoint {
  double x = 0, y = 0;
  std::optional<double> lo, hi;
};

struct Curves {
  std::string name, title, x_title, y_title;
  std::vector<std::pair<Arm, std::string>> labels;  ///< arms in the legend
  std::vector<CurvePoint> points[2];                ///< by arm, ascending in x
  std::vector<std::pair<double, double>> smooth[2];  ///< fitted curve, drawn thin without markers
  std::optional<double> limit;  ///< a horizontal line
  std::string limit_text;
  /// Vertical stretches to shade, e.g. a bracket: from, to, arm.
  struct Stretch {
    double from = 0, to = 0;
    Arm arm = Arm::baseline;
  };
  std::vector<Stretch> stretches;
  bool log_y = false;
  std::optional<double> bottom, top;  ///< ends of the y axis; absent: from the points
};

/// x is logarithmic. Points without a finite place are left out.
std::string draw(const Curves& curves, const std::string& alt, bool simulated);

}  // namespace abgate::report
