#include "report/report.hpp"

#include <algorithm>

#include "report/sections.hpp"

namespace abgate::report {

namespace {
Document whole(const Input& in, const std::vector<Chart>& charts) {
  Document document;
  add_first_screen(in, document);
  add_links(document);
  add_evidence(in, charts, document);
  add_explanations(in, document);
  add_load(in, charts, document);
  add_quality(in, charts, document);
  add_servers(in, charts, document);
  add_validity(in, document);
  add_closing(in, document);
  add_provenance(in, document);
  add_glossary(in, document);
  return document;
}
}  // namespace

std::string report_markdown(const Input& in, const std::vector<Chart>& charts) {
  return to_markdown(whole(in, charts));
}

std::string summary_markdown(const Input& in) {
  Document document;
  add_first_screen(in, document);
  add_explanations(in, document);
  add_load(in, {}, document);
  add_quality(in, {}, document);
  add_validity(in, document);
  add_provenance(in, document);
  MarkdownOptions options;
  options.charts = false;
  options.details = false;
  options.max_rows = 40;
  options.max_bytes = kSummaryBytes;
  return to_markdown(document, options);
}

std::string report_html(const Input& in, const std::vector<Chart>& charts) {
  std::vector<NamedSvg> svgs;
  for (const Chart& chart : charts) svgs.push_back({chart.name, chart.svg});
  return to_html(whole(in, charts), in.verdict.headline, svgs);
}

std::vector<File> render(const Input& in, const std::vector<std::string>& formats) {
  const auto wants = [&](std::string_view format) {
    return std::find(formats.begin(), formats.end(), format) != formats.end();
  };
  std::vector<File> files{{"verdict.json", verdict_json(in)}};
  if (wants("md") || wants("html")) {
    const std::vector<Chart> charts = make_charts(in);
    if (wants("md")) files.push_back({"report.md", report_markdown(in, charts)});
    if (wants("md")) files.push_back({"summary.md", summary_markdown(in)});
    if (wants("html")) files.push_back({"report.html", report_html(in, charts)});
    for (const Chart& chart : charts) {
      files.push_back({"charts/" + chart.name + ".svg", chart.svg});
      files.push_back({"charts/" + chart.name + ".csv", chart.csv});
    }
  }
  if (wants("junit")) files.push_back({"junit.xml", junit_xml(in)});
  if (wants("prom")) files.push_back({"metrics.prom", prometheus_text(in)});
  return files;
}

}  // namespace abgate::report
