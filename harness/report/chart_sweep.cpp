// Throughput over concurrency (or over the rate), where a run has several load points.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/chart_curves.hpp"
#include "report/chart_parts.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"

namespace abgate::report {

namespace {

struct Level {
  std::string id;
  double load = 0;
  const stats::MetricComparison* throughput = nullptr;
};

/// Points of one kind of load with a throughput, by load; fewer than 2 different loads: none.
std::vector<Level> levels(const Input& in, bool open) {
  std::vector<Level> out;
  for (const LoadPoint& p : in.scenario.points) {
    if ((p.arrival != Arrival::closed) != open) continue;
    const auto* m = in.comparison.find("throughput", "mean", p.id);
    if (m == nullptr || !m->baseline.value || !m->candidate.value) continue;
    out.push_back({p.id, open ? p.rate : static_cast<double>(p.concurrency), m});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Level& a, const Level& b) { return a.load < b.load; });
  if (out.empty() || !(out.back().load > out.front().load)) out.clear();
  return out;
}

/// The loads between which the ratio first changes sides; the claim of the bracket is measured.
std::optional<std::pair<double, double>> turn(const std::vector<Level>& all) {
  for (std::size_t i = 1; i < all.size(); ++i) {
    const auto &before = all[i - 1].throughput->ratio, &after = all[i].throughput->ratio;
    if (before.value && after.value && (*before.value >= 1) != (*after.value >= 1))
      return std::pair(all[i - 1].load, all[i].load);
  }
  return std::nullopt;
}

CurvePoint curve_point(double x, const stats::Estimate& e) {
  return {x, *e.value, e.lo, e.hi};
}

}  // namespace

std::optional<Chart> sweep_chart(const Input& in) {
  const bool open = levels(in, false).empty();
  const std::vector<Level> all = levels(in, open);
  if (all.empty()) return std::nullopt;
  Curves c;
  c.name = "sweep";
  c.title = open ? "Throughput at each rate" : "Throughput at each concurrency";
  c.x_title = open ? "requests per second, logarithmic" : "streams at once, logarithmic";
  c.y_title = "throughput of all streams (tok/s)";
  c.labels = both_labels(in);
  c.log_y = true;
  std::string csv = "point,load,baseline_tok_s,candidate_tok_s,ratio,ratio_lo,ratio_hi\n";
  const auto text = [](const std::optional<double>& v) { return v ? fmt::format("{}", *v) : ""; };
  for (const Level& l : all) {
    const auto& m = *l.throughput;
    c.points[0].push_back(curve_point(l.load, m.baseline));
    c.points[1].push_back(curve_point(l.load, m.candidate));
    csv += fmt::format("{},{:g},{},{},{},{},{}\n", csv_field(l.id), l.load, *m.baseline.value,
                       *m.candidate.value, text(m.ratio.value), text(m.ratio.lo),
                       text(m.ratio.hi));
  }
  std::string alt = fmt::format("{}: candidate / baseline", c.title);
  for (const Level* l : {&all.front(), &all.back()}) {
    const auto& r = l->throughput->ratio;
    alt += fmt::format("{} {} at {}", l == &all.front() ? "" : ",",
                       r.value ? ratio(*r.value) + "×" : "n/a", exact(l->load));
  }
  if (const auto at = turn(all)) {
    c.stretches.push_back({at->first, at->second, Arm::candidate});
    alt += fmt::format("; the ratio passes 1 between {} and {}", exact(at->first),
                       exact(at->second));
  }
  alt += ".";
  return Chart{c.name, alt, draw(c, alt, is_simulated(in)), csv};
}

}  // namespace abgate::report
