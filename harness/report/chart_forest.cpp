// Forest plots: ratios of the arms, and the change of quality by category.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/chart_parts.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"

namespace abgate::report {

namespace {
constexpr double kRow = 27, kTop = 66, kLeft = 250, kRight = kChartWidth - 172, kFoot = 50;

/// One line of a forest plot.
struct Entry {
  std::string label;
  Arm arm = Arm::candidate;  ///< control: an A/A bar
  stats::Estimate value;
  std::optional<double> limit;  ///< threshold on this line
  std::string note;             ///< at the right edge
};

struct Forest {
  std::vector<Entry> entries;
  double neutral = 1;
  bool log = true;
  std::string axis;
};

Scale scale_of(const Forest& forest) {
  Range range;
  range.add(forest.neutral);
  for (const Entry& e : forest.entries) {
    range.add(*e.value.value);
    for (const auto& v : {e.value.lo, e.value.hi, e.limit}) {
      if (v) range.add(*v);
    }
  }
  return range.scale(kLeft, kRight, forest.log);
}

void draw_entry(Svg& svg, const Scale& x, const Entry& e, double y) {
  svg.text(kLeft - 12, y + 4, short_label(e.label, 36), Anchor::end);
  if (e.value.lo && e.value.hi) {
    svg.line(x(*e.value.lo), y, x(*e.value.hi), y, fmt::format("a{}", index_of(e.arm)));
    for (const double end : {*e.value.lo, *e.value.hi})
      svg.line(x(end), y - 5, x(end), y + 5, fmt::format("a{}", index_of(e.arm)));
  }
  svg.marker(x(*e.value.value), y, e.arm);
  if (e.limit) svg.line(x(*e.limit), y - 11, x(*e.limit), y + 11, "limit");
  svg.text(kRight + 14, y + 4, e.note, Anchor::start, "soft");
}

Svg draw(const Forest& forest, const std::string& name, const std::string& key) {
  const double bottom = kTop + kRow * static_cast<double>(forest.entries.size()) - 8;
  Svg svg(name, kChartWidth, bottom + kFoot);
  const Scale x = scale_of(forest);
  svg.text(16, 42, key, Anchor::start, "soft");
  svg.x_axis(x, kTop - 14, bottom, forest.axis);
  svg.line(x(forest.neutral), kTop - 14, x(forest.neutral), bottom, "axis");
  double y = kTop;
  for (const Entry& e : forest.entries) {
    draw_entry(svg, x, e, y);
    y += kRow;
  }
  return svg;
}

std::string csv_of(const Forest& forest) {
  std::string out = "label,kind,value,lo,hi,level,n,threshold\n";
  const auto cell = [](const std::optional<double>& v) {
    return v ? fmt::format("{}", *v) : std::string();
  };
  for (const Entry& e : forest.entries) {
    out += fmt::format("{},{},{},{},{},{},{},{}\n", csv_field(e.label),
                       e.arm == Arm::control ? "A/A" : "A/B", cell(e.value.value), cell(e.value.lo),
                       cell(e.value.hi), e.value.level, e.value.n, cell(e.limit));
  }
  return out;
}

std::string ratio_note(const stats::Estimate& e) {
  std::string out = ratio(*e.value) + "×";
  return e.lo && e.hi ? out + " " + interval(e.lo, e.hi) : out;
}

struct Line {
  const char* metric;
  const char* stat;
  const char* title;
};
constexpr Line kLines[] = {{"stream_speed", "mean", "speed per stream ↑"},
                           {"throughput", "mean", "throughput ↑"},
                           {"ttft", "mean", "TTFT mean ↓"},
                           {"ttft", "p95", "TTFT p95 ↓"},
                           {"tpot", "mean", "TPOT mean ↓"},
                           {"e2e", "mean", "end to end ↓"}};

void add_noise(const Input& in, Forest& forest) {
  for (const stats::AaComparison& aa : in.comparison.aa) {
    if (!aa.ratio.value ||
        (aa.metric != "stream_speed" && aa.metric != "ttft" && aa.metric != "throughput"))
      continue;
    forest.entries.push_back({fmt::format("A/A {} at {}", aa.metric, aa.point), Arm::control,
                              aa.ratio, std::nullopt, ratio_note(aa.ratio)});
  }
}

void add_metrics(const Input& in, Forest& forest) {
  for (const std::string& point : points_with_data(in)) {
    for (const Line& line : kLines) {
      const auto* m = in.comparison.find(line.metric, line.stat, point);
      if (m == nullptr || !m->ratio.value || !(*m->ratio.value > 0)) continue;
      const Criterion* c = criterion_on(in, line.metric, Form::ratio, point);
      const bool applies = c != nullptr && c->stat == line.stat;
      forest.entries.push_back({fmt::format("{} at {}", line.title, point), Arm::candidate,
                                m->ratio, applies ? std::optional(c->value) : std::nullopt,
                                ratio_note(m->ratio)});
    }
  }
}
}  // namespace

std::optional<Chart> forest_chart(const Input& in) {
  Forest forest;
  forest.axis = "candidate / baseline (1 = equal; ↑ higher is better, ↓ lower is better)";
  add_noise(in, forest);
  const std::size_t noise = forest.entries.size();
  add_metrics(in, forest);
  if (forest.entries.size() == noise) return std::nullopt;
  const Svg svg = draw(forest, "forest",
                       "squares: candidate / baseline; triangles: baseline / baseline (noise); "
                       "bars: 90 % intervals; dashed: threshold");
  std::string alt = "Ratios of candidate to baseline with 90 % intervals:";
  for (std::size_t i = noise; i < forest.entries.size() && i < noise + 6; ++i) {
    const Entry& e = forest.entries[i];
    alt += fmt::format(" {} {}{};", e.label, e.note,
                       e.limit ? fmt::format(", threshold {}", exact(*e.limit)) : "");
  }
  alt.back() = '.';
  return Chart{"forest", alt, svg.str("Candidate against baseline", alt, is_simulated(in)),
               csv_of(forest)};
}

namespace {
/// Change in per cent of the baseline.
stats::Estimate as_change(const stats::Estimate& ratio) {
  stats::Estimate e = ratio;
  for (auto* v : {&e.value, &e.lo, &e.hi}) {
    if (*v) *v = 100 * (**v - 1);
  }
  return e;
}

std::string change_note(const stats::Estimate& ratio, std::size_t n) {
  return fmt::format("{} (n {})", signed_percent(*ratio.value - 1), count(n));
}
}  // namespace

std::optional<Chart> quality_chart(const Input& in) {
  const std::string metric = leading_quality_metric(in);
  const auto limit_of = [&]() -> std::optional<double> {
    for (const Criterion& c : in.scenario.criteria) {
      if (c.metric == "quality." + metric && c.form == Form::ratio) return 100 * (c.value - 1);
    }
    return std::nullopt;
  };
  Forest forest{{}, 0, false, "change against the baseline, per cent of its score"};
  const auto limit = limit_of();
  for (const char* dimension : {"all", "category", "language"}) {
    for (const stats::QualityGroup& g : in.comparison.quality) {
      if (g.metric != metric || g.dimension != dimension || !g.ratio.value) continue;
      const std::string name = g.name.empty() ? "all items" : g.name + (g.flagged ? " (!)" : "");
      forest.entries.push_back(
          {name, Arm::candidate, as_change(g.ratio), limit, change_note(g.ratio, g.n)});
    }
  }
  if (forest.entries.empty()) return std::nullopt;
  const Svg svg =
      draw(forest, "quality",
           fmt::format("{}: squares and 90 % intervals; dashed: the loss allowed", metric));
  std::string alt = fmt::format("Change of {} from baseline to candidate: all items {}", metric,
                                forest.entries[0].note);
  if (limit) alt += fmt::format(", allowed {} %", exact(*limit));
  alt += ".";
  return Chart{"quality", alt, svg.str("Quality by category and language", alt, is_simulated(in)),
               csv_of(forest)};
}

}  // namespace abgate::report
