#include <fmt/format.h>

#include <cmath>

#include "report/criteria.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"

namespace abgate::report {

namespace {
using decision::CriterionResult;

std::string bound_row(const CriterionResult& r, std::optional<double> bound, double alpha,
                      std::string_view use) {
  const std::string value =
      bound && std::isfinite(*bound) ? md(value_text(r.criterion, *bound)) : std::string(kNone);
  return fmt::format("{} ({} one-sided, {})", value, level_text(alpha), use);
}

/// The load point that a criterion is judged at; empty where it is judged over the whole run.
std::string where(const Scenario& scenario, const Criterion& c) {
  const MetricInfo* info = find_metric(c.metric);
  const bool of_a_point = info != nullptr && (info->kind == "latency" || info->kind == "rate");
  std::string point = c.point;
  if (point.empty() && of_a_point && !scenario.points.empty()) point = scenario.points.front().id;
  return point.empty() ? "" : fmt::format("{}: {}", point, load_text(scenario, point));
}

Table numbers(const Input& in, const CriterionResult& r) {
  const CriterionText text = text_of(r);
  const Criterion& c = r.criterion;
  Table table{{"Question", "Answer"}, "ll", {}};
  const auto row = [&](const char* name, const std::string& value) {
    if (!value.empty()) table.rows.push_back({name, value});
  };
  row("Required", md(text.required));
  row("Measured", md(text.measured));
  if (r.candidate)
    row("Candidate's own value", fmt::format("{} ({})", md(own_value_text(c, *r.candidate)),
                                             md(label(in.scenario, Arm::candidate))));
  if (r.baseline)
    row("Baseline's own value", fmt::format("{} ({})", md(own_value_text(c, *r.baseline)),
                                            md(label(in.scenario, Arm::baseline))));
  if (text.bound == "exact") {
    row("Bound", "exact: an observed fact, not an estimate");
  } else if (!r.bound && !r.other_bound) {
    row("Bound", md(text.bound));
  } else {
    const bool must = c.level == Level::must;
    row("Bound that a PASS needs", bound_row(r, r.bound, r.alpha_pass, "decides PASS"));
    row("Opposite bound",
        bound_row(r, r.other_bound, r.alpha_fail,
                  must ? "decides FAIL; Bonferroni over the must criteria" : "decides FAIL"));
    if (r.p_value) row("p of the PASS claim", number(*r.p_value));
  }
  row("n", md(text.n));
  row("Where", md(where(in.scenario, c)));
  row("Method", md(r.method));
  if (const MetricInfo* info = find_metric(c.metric))
    row("Definition", md(fmt::format("{}: {}", c.metric, info->definition)));
  return table;
}

/// Values of the blocks that a t statement rests on.
void add_blocks(const Input& in, const CriterionResult& r, Document& out) {
  const Criterion& c = r.criterion;
  const std::string point =
      !c.point.empty() || in.scenario.points.empty() ? c.point : in.scenario.points.front().id;
  const auto* m = in.comparison.find(c.metric, c.stat, point);
  if (m == nullptr || m->baseline_blocks.size() < 2 ||
      m->baseline_blocks.size() != m->candidate_blocks.size())
    return;
  Table table{{"Block", md(label(in.scenario, Arm::baseline)),
               md(label(in.scenario, Arm::candidate)), "Ratio"},
              "rrrr",
              {}};
  for (std::size_t i = 0; i < m->baseline_blocks.size(); ++i) {
    const double b = m->baseline_blocks[i], x = m->candidate_blocks[i];
    table.rows.push_back({fmt::format("{}", i + 1), md(quantity(b, m->unit)),
                          md(quantity(x, m->unit)), ratio(x / b) + "×"});
  }
  out.push_back(DetailsBegin{"Block values"});
  out.push_back(table);
  out.push_back(DetailsEnd{});
}

void add_notes(const CriterionResult& r, Document& out) {
  std::string list;
  for (const std::string& note : r.notes) list += fmt::format("- {}\n", md_block(note));
  if (!r.criterion.note.empty())
    list += fmt::format("- How the criterion is read: {}\n", md(r.criterion.note));
  if (!list.empty()) out.push_back(Paragraph{list});
}
}  // namespace

void add_evidence(const Input& in, const std::vector<Chart>& charts, Document& out) {
  out.push_back(Heading{2, "Evidence"});
  add_chart(charts, "forest", out);
  add_chart(charts, "blocks", out);
  std::size_t i = 0;
  for (const CriterionResult& r : in.verdict.criteria) {
    const CriterionText text = text_of(r);
    const std::string level(to_string(r.criterion.level));
    out.push_back(Heading{3, fmt::format("{}. {} ({}): {}", ++i, text.title, level, text.result)});
    out.push_back(Paragraph{md_block(r.reason) + "\n"});
    if (!r.next_step.empty())
      out.push_back(Paragraph{fmt::format("**To decide it:** {}\n", md(r.next_step))});
    out.push_back(numbers(in, r));
    add_notes(r, out);
    add_blocks(in, r, out);
  }
}

void add_explanations(const Input& in, Document& out) {
  out.push_back(Heading{2, "Explanations"});
  if (in.verdict.explanations.empty()) {
    out.push_back(Paragraph{"None of the known traps was recognised in the data.\n"});
    return;
  }
  for (const decision::Explanation& e : in.verdict.explanations) {
    out.push_back(Heading{3, e.title});
    out.push_back(Paragraph{fmt::format(
        "{}\n{}", md(e.evidence), e.advice.empty() ? "" : "\n**Advice:** " + md(e.advice) + "\n")});
  }
}

}  // namespace abgate::report
