#include <fmt/format.h>

#include <algorithm>

#include "report/criteria.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"

namespace abgate::report {

namespace {
Table criteria_table(const Input& in, Level level) {
  Table table;
  table.header = {"#",
                  level == Level::must ? "Criterion (must)" : "Target (does not decide)",
                  "Required",
                  fmt::format("Measured: {}", md(label(in.scenario, Arm::candidate))),
                  bound_level(in.verdict) + " bound",
                  fmt::format("Baseline: {}", md(label(in.scenario, Arm::baseline))),
                  "n",
                  "Result"};
  table.align = "rllrrrrl";
  for (const CriterionRow& row : criterion_rows(in.verdict, level)) {
    table.rows.push_back({fmt::format("{}", table.rows.size() + 1), md(row.text.title),
                          md(row.text.required), md(row.text.measured), md(row.text.bound),
                          md(row.text.baseline), md(row.text.n), row.text.result});
  }
  return table;
}

std::string validity_list(const decision::Verdict& verdict) {
  std::string out = "**Validity:**\n\n";
  for (const decision::ValidityFinding& f : verdict.validity) {
    out += fmt::format("- {} ({}) {}{}\n", md_block(f.sentence), md(f.id),
                       f.voids ? "Voids the run." : "Forbids a GO.",
                       f.remedy.empty() ? "" : " Remedy: " + md(f.remedy) + ".");
  }
  return out;
}

std::string links() {
  return "[Evidence](#evidence) · [Explanations](#explanations) · [Load](#load-behaviour) · "
         "[Quality](#quality) · "
         "[Validity](#validity) · [Risks](#risks-and-limits) · [Rollback](#rollback) · "
         "[Sign-off](#sign-off) · "
         "[Provenance](#provenance) · [Glossary](#glossary)\n";
}

std::string confidence(const Input& in) {
  return fmt::format(
      "**Confidence:** each must criterion is judged by its own one-sided {} bound; all must hold "
      "for a GO. "
      "Attempt {} with these criteria.\n",
      bound_level(in.verdict), in.manifest.attempt);
}
}  // namespace

std::string label(const Scenario& scenario, Arm arm) {
  const std::string& name = scenario.arm(arm).label;
  if (arm == Arm::control)
    return (name.empty() ? std::string(to_string(Arm::baseline)) : name) + " again";
  return name.empty() ? std::string(to_string(arm)) : name;
}

void add_first_screen(const Input& in, Document& out) {
  const decision::Verdict& v = in.verdict;
  out.push_back(Heading{1, v.headline});
  if (v.simulated || in.measurements.simulated) {
    out.push_back(
        Banner{"SIMULATED: an endpoint said that it is a simulator. Nothing here is a statement "
               "about real hardware."});
  }
  if (in.measurements.interrupted || in.manifest.interrupted) {
    out.push_back(
        Banner{"INTERRUPTED: the run did not come to its end; what is here was measured before."});
  }
  for (const std::string& line : in.manifest.resumed)
    out.push_back(Banner{fmt::format("RESUMED: {}.", line)});
  if (!in.scenario.report.title.empty())
    out.push_back(Paragraph{fmt::format("*{}*\n", md(in.scenario.report.title))});
  if (!v.scope.empty()) out.push_back(Paragraph{fmt::format("**Scope:** {}\n", md(v.scope))});
  out.push_back(Paragraph{confidence(in)});
  if (const Table must = criteria_table(in, Level::must); !must.rows.empty()) {
    out.push_back(must);
  } else {
    out.push_back(Paragraph{"No `must` criterion is declared, so nothing can be decided.\n"});
  }
  if (!v.validity.empty()) out.push_back(Paragraph{validity_list(v)});
  if (!v.caveats.empty()) {
    std::string list = "**Caveats:**\n\n";
    for (const std::string& caveat : v.caveats) list += fmt::format("- {}\n", md_block(caveat));
    out.push_back(Paragraph{list});
  }
  out.push_back(Paragraph{v.aa_line.empty()
                              ? "No A/A block was run: the noise of this setup is not known.\n"
                              : md_block(v.aa_line) + "\n"});
  if (!v.next_step.empty())
    out.push_back(Paragraph{fmt::format("**Next:** {}\n", md(v.next_step))});
  if (const Table targets = criteria_table(in, Level::target); !targets.rows.empty())
    out.push_back(targets);
}

void add_links(Document& out) {
  out.push_back(Paragraph{links()});
}

}  // namespace abgate::report
