#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "core/criterion.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"

namespace abgate::report {

namespace {
using stats::QualityGroup;

std::string score(const QualityGroup& g, const stats::Estimate& e) {
  if (!e.value || std::isnan(*e.value)) return "n/a";
  return g.binary ? percent(*e.value) : number(*e.value);
}

std::string change(const stats::Estimate& ratio) {
  if (!ratio.value || std::isnan(*ratio.value)) return std::string(kNone);
  std::string out = signed_percent(*ratio.value - 1);
  if (ratio.lo && ratio.hi)
    out += fmt::format(" [{}, {}]", signed_percent(*ratio.lo - 1), signed_percent(*ratio.hi - 1));
  return md(out);
}

std::string points_cell(const stats::Estimate& difference) {
  if (!difference.value || std::isnan(*difference.value)) return std::string(kNone);
  return md(points_interval(*difference.value, difference.lo, difference.hi));
}

bool less_is_better(const Input& in, const std::string& metric) {
  const MetricInfo* info = find_metric("quality." + metric);
  return (info != nullptr && info->better < 0) ||
         (metric == "plugin" && !in.scenario.quality.scorer.higher_is_better);
}

Table all_table(const Input& in) {
  Table table{{"Score", md(label(in.scenario, Arm::baseline)),
               md(label(in.scenario, Arm::candidate)), "Change, relative (90 %)", "Points (90 %)",
               "Both right", "Only baseline", "Only candidate", "Neither", "n", "Clusters"},
              "lrrrrrrrrrr",
              {}};
  for (const QualityGroup& g : in.comparison.quality) {
    if (g.dimension != "all") continue;
    const auto flips = [&](std::size_t n) { return g.binary ? count(n) : std::string(kNone); };
    table.rows.push_back({md(shown_metric(in, g.metric)), score(g, g.baseline), score(g, g.candidate),
                          change(g.ratio), points_cell(g.difference), flips(g.both),
                          flips(g.baseline_only), flips(g.candidate_only), flips(g.neither),
                          count(g.n), count(g.clusters)});
  }
  return table;
}

Table group_table(const Input& in, const std::string& metric, const std::string& dimension) {
  Table table{
      {dimension == "category" ? "Category" : "Language", md(label(in.scenario, Arm::baseline)),
       md(label(in.scenario, Arm::candidate)), "Change, relative (90 %)", "Points (90 %)", "n", "Holm p", "Note"},
      "lrrrrrrl",
      {}};
  for (const QualityGroup& g : in.comparison.quality) {
    if (g.metric != metric || g.dimension != dimension) continue;
    table.rows.push_back(
        {md(g.name), score(g, g.baseline), score(g, g.candidate), change(g.ratio),
         points_cell(g.difference), count(g.n), number(g.p_adjusted),
         g.flagged ? "possible regression" : ""});
  }
  return table;
}

/// An item on which the candidate did worse.
struct Worse {
  std::string item;
  double drop = 0;      ///< of the leading metric
  double likeness = 0;  ///< how far the edit similarity fell, to order equal drops
  const ItemScore* baseline = nullptr;
  const ItemScore* candidate = nullptr;
};

double score_of(const std::map<std::string, double>& scores, const std::string& metric) {
  const auto it = scores.find(metric);
  return it == scores.end() ? 0 : it->second;
}

std::vector<Worse> worst_pairs(const Input& in, const std::string& metric) {
  std::map<std::string, std::pair<const ItemScore*, const ItemScore*>> answers;
  for (const ItemScore& a : in.measurements.answers) {
    if (!a.answered || a.repeat != 0) continue;
    if (a.arm == Arm::baseline) answers[a.item].first = &a;
    if (a.arm == Arm::candidate) answers[a.item].second = &a;
  }
  std::vector<Worse> worst;
  const double sign = less_is_better(in, metric) ? -1 : 1;
  for (const stats::QualityPair& pair : in.measurements.quality) {
    const auto found = answers.find(pair.item);
    const double drop =
        sign * (score_of(pair.baseline, metric) - score_of(pair.candidate, metric));
    if (pair.dropped || drop <= 0 || found == answers.end() || !found->second.first ||
        !found->second.second)
      continue;
    const double likeness =
        score_of(pair.baseline, "edit_similarity") - score_of(pair.candidate, "edit_similarity");
    worst.push_back({pair.item, drop, likeness, found->second.first, found->second.second});
  }
  std::sort(worst.begin(), worst.end(), [](const Worse& a, const Worse& b) {
    return std::tuple(-a.drop, -a.likeness, a.item) < std::tuple(-b.drop, -b.likeness, b.item);
  });
  return worst;
}

std::string flags_of(const ItemScore& answer) {
  std::string out;
  for (const std::string& flag : answer.flags) out += (out.empty() ? "" : ", ") + flag;
  return out;
}

/// Long answers are cut for reading; the run folder has them whole.
std::string shortened(const std::string& text) {
  constexpr std::size_t kMost = 4000;
  if (text.size() <= kMost) return text;
  std::size_t at = kMost;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  return text.substr(0, at) + fmt::format("\n… ({} more bytes)", text.size() - at);
}

void add_pair(const Input& in, const Worse& w, const std::string& metric, Document& out) {
  const ItemScore& b = *w.baseline;
  out.push_back(DetailsBegin{fmt::format("{} ({}, {}): {} {} → {}", w.item, b.category, b.language,
                                         metric, number(score_of(b.scores, metric)),
                                         number(score_of(w.candidate->scores, metric)))});
  if (!b.context.empty())
    out.push_back(Paragraph{"End of the prompt:\n\n" + md_fence(shortened(b.context))});
  out.push_back(SideBySide{label(in.scenario, Arm::baseline), label(in.scenario, Arm::candidate),
                           shortened(b.completion), shortened(w.candidate->completion)});
  if (!b.reference.empty())
    out.push_back(Paragraph{"Reference:\n\n" + md_fence(shortened(b.reference))});
  if (const std::string flags = flags_of(*w.candidate); !flags.empty())
    out.push_back(Paragraph{fmt::format("Detectors on the candidate's answer: {}\n", md(flags))});
  out.push_back(DetailsEnd{});
}

void add_worst(const Input& in, const std::string& metric, Document& out) {
  const auto worst = worst_pairs(in, metric);
  if (worst.empty()) return;
  const std::size_t shown = std::min(worst.size(), in.scenario.quality.worst_shown);
  out.push_back(Heading{3, "Where the candidate did worse"});
  out.push_back(Paragraph{fmt::format(
      "{} of {} items lost in {}; the {} largest losses. These are the worst, not typical ones.\n",
      count(worst.size()), count(in.measurements.quality.size()), md(metric), count(shown))});
  for (std::size_t i = 0; i < shown; ++i) add_pair(in, worst[i], metric, out);
}

void add_requests(const Input& in, Document& out) {
  const auto& m = in.measurements;
  std::string text = "Requests of the quality pass:";
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    text += fmt::format(" {} {} sent, {} failed;", md(label(in.scenario, arm)),
                        count(m.quality_attempted[index_of(arm)]),
                        count(m.quality_failed[index_of(arm)]));
  }
  const auto dropped =
      std::count_if(m.quality.begin(), m.quality.end(), [](const auto& p) { return p.dropped; });
  out.push_back(Paragraph{text + fmt::format(" {} pairs dropped because an arm did not answer.\n",
                                             count(static_cast<std::size_t>(dropped)))});
}

/// What was executed and parsed, and what was not measured: never silently.
void add_notes(const Input& in, Document& out) {
  std::string list;
  if (!in.manifest.grader.empty()) list += fmt::format("- Before the load: {}\n", md(in.manifest.grader));
  if (in.manifest.logprobs) list += fmt::format("- {}\n", md(describe(*in.manifest.logprobs)));
  for (const std::string& note : in.measurements.quality_notes)
    list += fmt::format("- {}\n", md(note));
  if (!list.empty()) out.push_back(Paragraph{list});
}

void add_drift(const Input& in, Document& out) {
  for (const stats::LengthDrift& d : in.comparison.lengths) {
    if (d.point != "quality" || !d.ratio.value) continue;
    out.push_back(Paragraph{
        fmt::format("Length of the answers at natural stops, candidate / baseline: {}× {}.\n",
                    ratio(*d.ratio.value), md(interval(d.ratio.lo, d.ratio.hi)))});
  }
}
void add_groups(const Input& in, const std::string& metric, Document& out) {
  for (const char* dimension : {"category", "language"}) {
    const Table table = group_table(in, metric, dimension);
    if (table.rows.empty()) continue;
    out.push_back(Heading{3, fmt::format("By {} ({})", dimension, shown_metric(in, metric))});
    out.push_back(table);
  }
}
}  // namespace

std::string shown_metric(const Input& in, const std::string& metric) {
  const std::string& own = in.scenario.quality.scorer.metric;
  return metric == "plugin" && own != metric ? fmt::format("plugin ({})", own) : metric;
}

std::string leading_quality_metric(const Input& in) {
  const auto has = [&](const std::string& metric) {
    return std::any_of(in.comparison.quality.begin(), in.comparison.quality.end(),
                       [&](const QualityGroup& g) { return g.metric == metric; });
  };
  constexpr std::string_view kPrefix = "quality.";
  for (const Criterion& c : in.scenario.criteria) {
    if (c.metric.starts_with(kPrefix) && has(c.metric.substr(kPrefix.size())))
      return c.metric.substr(kPrefix.size());
  }
  if (has("em_ws")) return "em_ws";
  return in.comparison.quality.empty() ? "" : in.comparison.quality.front().metric;
}

void add_quality(const Input& in, const std::vector<Chart>& charts, Document& out) {
  out.push_back(Heading{2, "Quality"});
  const std::string metric = leading_quality_metric(in);
  if (metric.empty()) {
    out.push_back(Paragraph{"No quality pass was run; nothing is known about the answers.\n"});
    add_likelihood(in, out);
    return;
  }
  add_requests(in, out);
  add_notes(in, out);
  out.push_back(all_table(in));
  add_drift(in, out);
  add_chart(charts, "quality", out);
  add_groups(in, metric, out);
  if (metric != "pass1") add_groups(in, "pass1", out);  // whether it works, where that was tried
  add_answer_floor(in, out);
  add_likelihood(in, out);
  add_answer_rates(in, out);
  add_worst(in, metric, out);
  add_published(in, out);
}

}  // namespace abgate::report
