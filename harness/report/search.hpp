#pragma once
// Reports of searches over a load axis: Markdown, HTML, JSON, charts and text for a terminal. Pure.

#include <string>
#include <vector>

#include "core/manifest.hpp"
#include "core/scenario.hpp"
#include "decision/capacity.hpp"
#include "decision/crossover_search.hpp"
#include "report/report.hpp"

namespace abgate::report {

/// report.md, report.html, result.json, charts/attainment.svg and .csv.
std::vector<File> render_search(const decision::SloSearch& search, const Manifest& manifest,
                                const Scenario& scenario);
/// report.md, report.html, result.json, charts/ratio and charts/<metric>.
std::vector<File> render_search(const decision::CrossoverSearch& search, const Manifest& manifest,
                                const Scenario& scenario);

/// The answer and what to do next, for a terminal.
std::string console_text(const decision::SloSearch& search, const Scenario& scenario);
std::string console_text(const decision::CrossoverSearch& search, const Scenario& scenario);

/// One line as a probe ends: "AWQ       2.83 req/s  holds          98.3 % of 120, TTFT 0.41 s, …".
std::string probe_line(const decision::SloSearch& search, const decision::SloProbe& probe,
                       const Scenario& scenario);
std::string probe_line(const decision::CrossoverSearch& search, const decision::RatioProbe& probe);

}  // namespace abgate::report
