#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"
#include "stats/quantile.hpp"
#include "stats/series.hpp"

namespace abgate::report {

namespace {
using stats::BlockArm;

struct ArmTotals {
  std::size_t attempted = 0, failed = 0, ours = 0, unsent = 0, blocks = 0;
  std::map<std::string, std::size_t> failures;
};

ArmTotals totals(const Input& in, const std::string& point, Arm arm) {
  ArmTotals t;
  for (const BlockArm& b : in.measurements.blocks) {
    if (b.kind != CellKind::load || b.point != point || b.arm != arm) continue;
    ++t.blocks;
    t.attempted += b.attempted;
    t.failed += b.failed;
    t.ours += b.ours;
    t.unsent += b.unsent;
    for (const auto& [what, n] : b.failures) t.failures[what] += n;
  }
  return t;
}

/// Successes whose value of `member` is defined.
std::size_t samples(const Input& in, const std::string& point, Arm arm,
                    double stats::RequestMetrics::*member) {
  std::size_t n = 0;
  for (const BlockArm& b : in.measurements.blocks) {
    if (b.kind != CellKind::load || b.point != point || b.arm != arm) continue;
    n += static_cast<std::size_t>(
        std::count_if(b.requests.begin(), b.requests.end(),
                      [&](const auto& r) { return r.success && !std::isnan(r.*member); }));
  }
  return n;
}

std::string cell(const Input& in, std::string_view metric, std::string_view stat,
                 const std::string& point, Arm arm, double scale) {
  const auto* m = in.comparison.find(metric, stat, point);
  if (m == nullptr) return std::string(kNone);
  const stats::Estimate& e = arm == Arm::candidate ? m->candidate : m->baseline;
  return e.value && !std::isnan(*e.value) ? number(*e.value * scale) : "n/a";
}

std::string ratio_cell(const Input& in, std::string_view metric, std::string_view stat,
                       const std::string& point) {
  const auto* m = in.comparison.find(metric, stat, point);
  if (m == nullptr || !m->ratio.value) return std::string(kNone);
  return fmt::format("{}× {}", ratio(*m->ratio.value), md(interval(m->ratio.lo, m->ratio.hi)));
}

struct LatencyRow {
  const char* metric;
  const char* title;
  const char* unit;
  double scale;
  double stats::RequestMetrics::*member;
};
constexpr LatencyRow kLatencies[] = {
    {"ttft", "TTFT", "s", 1, &stats::RequestMetrics::ttft},
    {"tpot", "TPOT", "ms", 1e3, &stats::RequestMetrics::tpot},
    {"icg_max", "Longest chunk gap", "ms", 1e3, &stats::RequestMetrics::icg_max},
    {"e2e", "End to end", "s", 1, &stats::RequestMetrics::e2e}};

/// All blocks of one arm together.
stats::TokenGaps gaps_of(const Input& in, const std::string& point, Arm arm) {
  stats::TokenGaps sum;
  for (const BlockArm& b : in.measurements.blocks) {
    if (b.kind != CellKind::load || b.point != point || b.arm != arm || !b.gaps) continue;
    sum.icg.merge(b.gaps->icg);
    sum.itl.merge(b.gaps->itl);
    sum.events += b.gaps->events;
    sum.batched += b.gaps->batched;
  }
  return sum;
}

/// Gaps between tokens and between chunks, pooled over requests: for people, never judged.
Table gap_table(const Input& in, const std::string& point) {
  Table table{{"Gaps (ms), pooled", "Arm", "mean", "p50", "p95", "p99", "n", "Note"}, "llrrrrrl", {}};
  const stats::TokenGaps gaps[] = {gaps_of(in, point, Arm::baseline),
                                   gaps_of(in, point, Arm::candidate)};
  const auto rows = [&](const char* title, stats::Distribution stats::TokenGaps::*which,
                        bool chunks) {
    for (const Arm arm : {Arm::baseline, Arm::candidate}) {
      const stats::TokenGaps& all = gaps[index_of(arm)];
      const stats::Distribution& d = all.*which;
      const auto at = [&](double p) {
        if (d.count() < stats::min_n_to_show(p)) return std::string("n/a");
        return number(*d.quantile(p) * 1e3);
      };
      std::string note;
      if (d.count() == 0 && all.events > 0 && !chunks)
        note = "the server does not count the tokens of each event";
      if (chunks && all.batched > 0)
        note = fmt::format("{} of {} events came in the same read as the one before",
                           count(all.batched), count(all.events));
      if (!d.exact()) note += note.empty() ? "sketch, within 0.8 %" : "; sketch, within 0.8 %";
      table.rows.push_back({title, md(label(in.scenario, arm)),
                            d.mean() ? number(*d.mean() * 1e3) : "n/a", at(0.5), at(0.95), at(0.99),
                            count(d.count()), note});
    }
  };
  rows("Per token (ITL)", &stats::TokenGaps::itl, false);
  rows("Per chunk (ICG)", &stats::TokenGaps::icg, true);
  return table;
}

bool any_gaps(const Input& in, const std::string& point) {
  return std::any_of(in.measurements.blocks.begin(), in.measurements.blocks.end(),
                     [&](const BlockArm& b) {
                       return b.kind == CellKind::load && b.point == point && b.gaps &&
                              b.gaps->events > 0;
                     });
}

Table latency_table(const Input& in, const std::string& point) {
  Table table{
      {"Latency", "Arm", "mean", "p50", "p95", "p99", "n", "Ratio of means"}, "llrrrrrr", {}};
  for (const LatencyRow& row : kLatencies) {
    for (const Arm arm : {Arm::baseline, Arm::candidate}) {
      const std::size_t n = samples(in, point, arm, row.member);
      const auto at = [&](const char* stat) {
        return cell(in, row.metric, stat, point, arm, row.scale);
      };
      // A percentile of fewer samples than its minimum would be the maximum in disguise.
      const auto shown = [&](double p, const char* stat) {
        const std::size_t needed = stats::min_n_to_show(p);
        return n >= needed ? at(stat) : fmt::format("n/a (n < {})", needed);
      };
      table.rows.push_back(
          {fmt::format("{} ({})", row.title, row.unit), md(label(in.scenario, arm)), at("mean"),
           shown(0.5, "p50"), shown(0.95, "p95"), shown(0.99, "p99"), count(n),
           arm == Arm::candidate ? ratio_cell(in, row.metric, "mean", point) : ""});
    }
  }
  return table;
}

std::string throughput_whole(const Input& in, const std::string& point, Arm arm) {
  double sum = 0;
  std::size_t n = 0;
  for (const BlockArm& b : in.measurements.blocks) {
    if (b.kind != CellKind::load || b.point != point || b.arm != arm ||
        std::isnan(b.throughput_whole))
      continue;
    sum += b.throughput_whole;
    ++n;
  }
  return n == 0 ? "n/a" : number(sum / static_cast<double>(n));
}

Table rate_table(const Input& in, const std::string& point) {
  Table table{
      {"Arm", "Per stream (tok/s)", "All streams, steady (tok/s)", "All streams, whole run (tok/s)",
       "Requests/s", "Output tokens/request", "Requests", "Failed", "Lost by us", "Blocks"},
      "lrrrrrrrrr",
      {}};
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    const ArmTotals t = totals(in, point, arm);
    table.rows.push_back(
        {md(label(in.scenario, arm)), cell(in, "stream_speed", "mean", point, arm, 1),
         cell(in, "throughput", "mean", point, arm, 1), throughput_whole(in, point, arm),
         cell(in, "request_rate", "mean", point, arm, 1),
         cell(in, "output_tokens", "mean", point, arm, 1), count(t.attempted), count(t.failed),
         count(t.ours), count(t.blocks)});
  }
  table.rows.push_back({"Ratio (90 % interval)", ratio_cell(in, "stream_speed", "mean", point),
                        ratio_cell(in, "throughput", "mean", point), "",
                        ratio_cell(in, "request_rate", "mean", point),
                        ratio_cell(in, "output_tokens", "mean", point), "", "", "", ""});
  return table;
}

/// Every load point in one table, where there are several: how both arms do as the load grows.
Table overview_table(const Input& in, const std::vector<std::string>& points) {
  Table table{{"Load", "Arm", "All streams (tok/s)", "Ratio", "Per stream (tok/s)", "Ratio",
               "TTFT mean (s)", "TTFT p95 (s)", "TPOT mean (ms)", "Failed"},
              "llrrrrrrrr",
              {}};
  for (const std::string& point : points) {
    for (const Arm arm : {Arm::baseline, Arm::candidate}) {
      const bool second = arm == Arm::candidate;
      const ArmTotals t = totals(in, point, arm);
      const std::string none;
      table.rows.push_back({second ? none : md(load_text(in.scenario, point)),
                            md(label(in.scenario, arm)),
                            cell(in, "throughput", "mean", point, arm, 1),
                            second ? ratio_cell(in, "throughput", "mean", point) : none,
                            cell(in, "stream_speed", "mean", point, arm, 1),
                            second ? ratio_cell(in, "stream_speed", "mean", point) : none,
                            cell(in, "ttft", "mean", point, arm, 1),
                            cell(in, "ttft", "p95", point, arm, 1),
                            cell(in, "tpot", "mean", point, arm, 1e3),
                            fmt::format("{} of {}", count(t.failed), count(t.attempted))});
    }
  }
  return table;
}

void add_failures(const Input& in, const std::string& point, Document& out) {
  Table table{{"Failure", "Arm", "Requests"}, "llr", {}};
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    for (const auto& [what, n] : totals(in, point, arm).failures) {
      table.rows.push_back({md_code(what, 120), md(label(in.scenario, arm)), count(n)});
    }
  }
  if (!table.rows.empty()) out.push_back(table);
}

std::string goodput(const Input& in, const std::string& point, Arm arm) {
  double good = 0, seconds = 0;
  for (const auto& run : stats::missing_slo(in.measurements, in.scenario.slo, point, arm))
    good += static_cast<double>(run.attempted - run.exceeding);
  for (const BlockArm& b : in.measurements.blocks) {
    if (b.kind == CellKind::load && b.point == point && b.arm == arm) seconds += b.wall_seconds;
  }
  return seconds > 0 ? number(good / seconds) : "n/a";
}

std::string attainment(const Input& in, const std::string& point) {
  const auto* m = in.comparison.find("slo_attainment", "mean", point);
  if (m == nullptr || !m->candidate.value || !m->baseline.value) return "";
  return fmt::format(
      "Requests that met every objective, of those attempted (failures count as misses): {} {}, {} "
      "{}. Goodput, such requests a second over the blocks' whole time: {} {}, {} {}.\n",
      md(label(in.scenario, Arm::baseline)), percent(*m->baseline.value),
      md(label(in.scenario, Arm::candidate)), percent(*m->candidate.value),
      md(label(in.scenario, Arm::baseline)), goodput(in, point, Arm::baseline),
      md(label(in.scenario, Arm::candidate)), goodput(in, point, Arm::candidate));
}

void add_drift(const Input& in, const std::string& point, Document& out) {
  for (const stats::LengthDrift& d : in.comparison.lengths) {
    if (d.point != point || !d.ratio.value) continue;
    std::string text = fmt::format("Output length, candidate / baseline: {}× {}",
                                   ratio(*d.ratio.value), md(interval(d.ratio.lo, d.ratio.hi)));
    if (!std::isnan(d.ks_p))
      text += fmt::format("; Kolmogorov–Smirnov distance {} (p {})", number(d.ks_statistic),
                          number(d.ks_p));
    out.push_back(Paragraph{
        text + ". Unequal lengths change what throughput and end-to-end time compare.\n"});
  }
}
}  // namespace

std::vector<std::string> points_with_data(const Input& in) {
  std::vector<std::string> points;
  const auto add = [&](const std::string& id) {
    if (std::find(points.begin(), points.end(), id) != points.end()) return;
    const bool any =
        std::any_of(in.measurements.blocks.begin(), in.measurements.blocks.end(),
                    [&](const BlockArm& b) { return b.kind == CellKind::load && b.point == id; });
    if (any) points.push_back(id);
  };
  for (const LoadPoint& p : in.scenario.points) add(p.id);
  for (const BlockArm& b : in.measurements.blocks) add(b.point);
  return points;
}

std::string load_text(const Scenario& scenario, const std::string& point) {
  for (const LoadPoint& p : scenario.points) {
    if (p.id != point) continue;
    if (p.arrival == Arrival::closed)
      return fmt::format("{} {} at once", count(p.concurrency),
                         p.concurrency == 1 ? "stream" : "streams");
    return arrival_words(p);
  }
  return point;
}

void add_chart(const std::vector<Chart>& charts, const std::string& name, Document& out) {
  for (const Chart& chart : charts) {
    if (chart.name == name) out.push_back(Figure{chart.name, chart.alt});
  }
}

void add_load(const Input& in, const std::vector<Chart>& charts, Document& out) {
  out.push_back(Heading{2, "Load behaviour"});
  const std::vector<std::string> points = points_with_data(in);
  if (points.empty()) out.push_back(Paragraph{"No load was measured.\n"});
  if (points.size() > 1) out.push_back(overview_table(in, points));
  add_chart(charts, "sweep", out);
  add_chart(charts, "load", out);
  for (const std::string& point : points) {
    out.push_back(Heading{3, fmt::format("{}: {}", point, load_text(in.scenario, point))});
    out.push_back(latency_table(in, point));
    if (any_gaps(in, point)) out.push_back(gap_table(in, point));
    out.push_back(rate_table(in, point));
    add_workload(in, point, out);
    add_failures(in, point, out);
    if (const std::string text = attainment(in, point); !text.empty())
      out.push_back(Paragraph{text});
    add_drift(in, point, out);
    add_chart(charts, chart_name("ttft", point), out);
    add_chart(charts, chart_name("tpot", point), out);
  }
  out.push_back(
      Paragraph{"Values are means over blocks of each block's statistic, over successful requests "
                "after warm-up; intervals are 90 % two-sided, "
                "their ends 95 % one-sided bounds. A percentile is shown only where enough samples "
                "exist for it (p50: 11, p95: 130, p99: 662).\n"});
}

}  // namespace abgate::report
