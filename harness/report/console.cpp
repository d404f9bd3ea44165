#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "report/criteria.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/report.hpp"
#include "report/sections.hpp"

namespace abgate::report {

namespace {
using Rows = std::vector<std::vector<std::string>>;

std::string padded(const std::string& text, std::size_t columns, bool right = false) {
  const std::string space(columns > width(text) ? columns - width(text) : 0, ' ');
  return right ? space + text : text + space;
}

/// Breaks at spaces; later lines are indented.
std::string wrapped(const std::string& text, std::size_t columns, std::size_t indent) {
  std::string out, line;
  std::size_t at = 0;
  const auto flush = [&] {
    out += line + "\n";
    line.assign(indent, ' ');
  };
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    const bool fresh = line.find_first_not_of(' ') == std::string::npos;
    if (!fresh && width(line) + 1 + width(word) > columns) flush();
    line += (line.find_first_not_of(' ') == std::string::npos ? "" : " ") + word;
    at = end + 1;
  }
  return line.find_first_not_of(' ') == std::string::npos ? out : out + line + "\n";
}

/// A word that is longer than its column.
std::string cut(const std::string& text, std::size_t columns) {
  return width(text) <= columns ? text : visible_line(text, columns - 1);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::size_t from = 0;
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', from)) {
    out.push_back(text.substr(from, at - from));
    from = at + 1;
  }
  return out;
}

/// As wide as their content; the widest give way until all of them fit, but no narrower than a
/// word.
std::vector<std::size_t> column_widths(const Rows& rows, std::size_t n, std::size_t columns) {
  std::vector<std::size_t> widths(n, 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  const auto total = [&] {
    return std::accumulate(widths.begin(), widths.end(), 2 * (widths.size() - 1));
  };
  constexpr std::size_t kNarrowest = 6;
  while (total() > columns) {
    std::size_t& widest = *std::max_element(widths.begin(), widths.end());
    if (widest <= kNarrowest) break;
    --widest;
  }
  return widths;
}

/// One row, its cells broken into lines where they do not fit.
std::string row_text(const std::vector<std::string>& row, const std::vector<std::size_t>& widths,
                     const std::string& align) {
  std::vector<std::vector<std::string>> cells;
  std::size_t height = 1;
  for (std::size_t i = 0; i < row.size(); ++i) {
    cells.push_back(lines_of(wrapped(row[i], widths[i], 0)));
    height = std::max(height, cells.back().size());
  }
  std::string out;
  for (std::size_t y = 0; y < height; ++y) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string text = y < cells[i].size() ? cut(cells[i][y], widths[i]) : "";
      line += (i == 0 ? "" : "  ") + padded(text, widths[i], align[i] == 'r');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string table_text(const Rows& rows, const std::string& align, std::size_t columns) {
  const auto widths = column_widths(rows, align.size(), columns);
  std::string out;
  for (const auto& row : rows) out += row_text(row, widths, align);
  return out;
}

std::string criteria_text(const Input& in, std::size_t columns) {
  Rows rows{{"Criterion", "Required", "Measured", bound_level(in.verdict) + " bound", "Baseline",
             "Result"}};
  for (const Level level : {Level::must, Level::target}) {
    for (const CriterionRow& row : criterion_rows(in.verdict, level)) {
      const std::string title =
          level == Level::target ? row.text.title + " (target)" : row.text.title;
      rows.push_back({title, row.text.required, row.text.measured, row.text.bound,
                      row.text.baseline, row.text.result});
    }
  }
  for (auto& row : rows) {
    for (std::string& cell : row) cell = visible_line(cell, 80);
  }
  return table_text(rows, "lllrrl", columns);
}

std::string load_text(const Input& in, std::size_t columns) {
  Rows rows{{"Point", "Arm", "TTFT mean", "TTFT p95", "TPOT mean", "tok/s stream", "tok/s all",
             "failed"}};
  const auto value = [&](std::string_view metric, std::string_view stat, const std::string& point,
                         Arm arm, double scale, std::string_view unit) {
    const auto* m = in.comparison.find(metric, stat, point);
    if (m == nullptr) return std::string(kNone);
    const auto& e = arm == Arm::candidate ? m->candidate : m->baseline;
    return e.value ? quantity(*e.value * scale, unit) : std::string("n/a");
  };
  for (const std::string& point : points_with_data(in)) {
    for (const Arm arm : {Arm::baseline, Arm::candidate}) {
      std::size_t attempted = 0, failed = 0;
      for (const stats::BlockArm& b : in.measurements.blocks) {
        if (b.kind != CellKind::load || b.point != point || b.arm != arm) continue;
        attempted += b.attempted;
        failed += b.failed;
      }
      rows.push_back({visible_line(point, 20), visible_line(label(in.scenario, arm), 20),
                      value("ttft", "mean", point, arm, 1, "s"),
                      value("ttft", "p95", point, arm, 1, "s"),
                      value("tpot", "mean", point, arm, 1e3, "ms"),
                      value("stream_speed", "mean", point, arm, 1, ""),
                      value("throughput", "mean", point, arm, 1, ""),
                      fmt::format("{}/{}", failed, attempted)});
    }
  }
  return rows.size() == 1 ? "" : table_text(rows, "llrrrrrr", columns);
}
}  // namespace

std::string console_summary(const Input& in, std::size_t columns) {
  const decision::Verdict& v = in.verdict;
  const auto line = [&](const std::string& text, std::size_t indent = 0) {
    return wrapped(visible_line(text, 2000), columns, indent);
  };
  std::string out = line(v.headline);
  if (v.simulated || in.measurements.simulated)
    out += "SIMULATED: an endpoint is a simulator; nothing here is about real hardware.\n";
  if (in.manifest.interrupted || in.measurements.interrupted)
    out += "INTERRUPTED: the run did not come to its end.\n";
  for (const std::string& resumed : in.manifest.resumed)
    out += line(fmt::format("RESUMED: {}.", resumed));
  if (!v.scope.empty()) out += line(v.scope);
  out += "\n" + criteria_text(in, columns);
  if (const std::string text = load_text(in, columns); !text.empty()) out += "\n" + text;
  out += "\n";
  for (const auto& f : v.validity) out += line(fmt::format("! {}", f.sentence), 2);
  if (const auto& logprobs = in.manifest.logprobs; logprobs && !logprobs->why.empty())
    out += line("- " + describe(*logprobs), 2);
  for (const std::string& caveat : v.caveats) out += line("- " + caveat, 2);
  if (!v.aa_line.empty()) out += line(v.aa_line);
  if (!v.next_step.empty()) out += line("Next: " + v.next_step);
  return out;
}

}  // namespace abgate::report
