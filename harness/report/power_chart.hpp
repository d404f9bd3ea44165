#pragma once
// The power curve of the verdict, from `abgate calibrate judge`.

#include "decision/calibrate.hpp"
#include "report/chart.hpp"

namespace abgate::report {

/// P(GO) against the true ratio candidate / baseline with its 95 % Monte-Carlo intervals, the
/// required ratio marked. Points are the cells of "speed_ratio" whose truth is "boundary" (exactly
/// the required ratio) or a number ("2.04x"); A/A is far to the left and left out. Without any such
/// cell the chart has axes only and says so.
Chart power_chart(const decision::CalibrationTable& table);

}  // namespace abgate::report
