#include "report/chart.hpp"

#include "report/chart_parts.hpp"
#include "report/sections.hpp"

namespace abgate::report {

std::string chart_name(std::string_view kind, std::string_view point) {
  std::string out(kind);
  out += '-';
  for (const char c : point) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    out += plain ? c : '-';
  }
  return out;
}

bool is_simulated(const Input& in) {
  return in.verdict.simulated || in.measurements.simulated;
}

std::vector<std::pair<Arm, std::string>> both_labels(const Input& in) {
  return {{Arm::baseline, label(in.scenario, Arm::baseline)},
          {Arm::candidate, label(in.scenario, Arm::candidate)}};
}

const Criterion* criterion_on(const Input& in, std::string_view metric, Form form,
                              const std::string& point) {
  const std::string first = in.scenario.points.empty() ? "" : in.scenario.points.front().id;
  for (const Criterion& c : in.scenario.criteria) {
    if (c.metric == metric && c.form == form && (c.point.empty() ? first : c.point) == point)
      return &c;
  }
  return nullptr;
}

std::vector<Chart> make_charts(const Input& in) {
  std::vector<Chart> charts;
  const auto add = [&](std::optional<Chart> chart) {
    if (chart) charts.push_back(std::move(*chart));
  };
  add(forest_chart(in));
  add(blocks_chart(in));
  add(load_chart(in));
  add(sweep_chart(in));
  for (const std::string& point : points_with_data(in)) {
    add(ecdf_chart(in, "ttft", point));
    add(ecdf_chart(in, "tpot", point));
  }
  add(quality_chart(in));
  add(memory_chart(in));
  return charts;
}

}  // namespace abgate::report
