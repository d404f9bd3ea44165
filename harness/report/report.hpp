#pragma once
// Renders a verdict for every reader: people, CI, monitoring, other tools.

#include <string>
#include <string_view>
#include <vector>

#include "report/chart.hpp"
#include "report/input.hpp"

namespace abgate::report {

/// A file of the run folder.
struct File {
  std::string path;  ///< relative, e.g. "charts/forest.svg"
  std::string bytes;
};

/// Every file of the wanted formats: "md" (report.md, summary.md), "html", "json" (verdict.json),
/// "junit" (junit.xml), "prom" (metrics.prom); charts with md or html. Unknown names are ignored:
/// the scenario was checked. verdict.json is always among them.
std::vector<File> render(const Input& in, const std::vector<std::string>& formats);

/// The parts, for other uses and for tests.
std::string report_markdown(const Input& in, const std::vector<Chart>& charts);
/// For CI step summaries and comments: tables only, at most kSummaryBytes.
std::string summary_markdown(const Input& in);
inline constexpr std::size_t kSummaryBytes = 60'000;
std::string report_html(const Input& in, const std::vector<Chart>& charts);
/// Schema: verdict.schema.json beside this header. NaN and infinities are null.
std::string verdict_json(const Input& in);
std::string junit_xml(const Input& in);
std::string prometheus_text(const Input& in);
/// Plain text for a terminal, at most `columns` wide.
std::string console_summary(const Input& in, std::size_t columns = 100);

}  // namespace abgate::report
