#pragma once
// Charts as SVG files. Each has a table in the report and a CSV beside it; its alt text says the
// conclusion.

#include <string>
#include <string_view>
#include <vector>

#include "report/input.hpp"

namespace abgate::report {

struct Chart {
  std::string name;  ///< file name without its ending; also the prefix of ids within the SVG
  std::string alt;   ///< what the chart shows, in a sentence with numbers
  std::string svg;
  std::string csv;
};

/// Every chart that there are data for, in the order of the report: forest, blocks, ttft-<point>,
/// tpot-<point>, load, sweep, quality, memory.
std::vector<Chart> make_charts(const Input& in);

/// "ttft-c8"; characters that are no good in a file name become '-'.
std::string chart_name(std::string_view kind, std::string_view point);

/// The quality metric that the report leads with: the first criterion's, else em_ws, else the first
/// there is
/// ("" if none). Without the "quality." prefix.
std::string leading_quality_metric(const Input& in);

}  // namespace abgate::report
