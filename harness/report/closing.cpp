#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "report/criteria.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"

namespace abgate::report {

namespace {
/// What this run cannot know, from how it was set up.
std::vector<std::string> untested(const Input& in) {
  std::vector<std::string> out;
  std::size_t most_streams = 0;
  bool closed = false;
  for (const LoadPoint& p : in.scenario.points) {
    closed = closed || p.arrival == Arrival::closed;
    if (p.arrival == Arrival::closed) most_streams = std::max(most_streams, p.concurrency);
  }
  if (closed)
    out.push_back(fmt::format(
        "more than {} streams at once: four-bit kernels lose their lead as batches grow",
        count(most_streams)));
  if (in.scenario.workload.cache == CachePolicy::cold)
    out.push_back("the gain of a warm prefix cache: every request was made unique");
  if (in.scenario.workload.cache == CachePolicy::off)
    out.push_back("a controlled prefix cache: what the servers' caches did is reported, not set");
  if (in.measurements.quality.empty()) out.push_back("the quality of the answers");
  if (in.scenario.quality.repeats <= 1 && !in.measurements.quality.empty())
    out.push_back("how much answers vary from one try to the next (one repeat an item)");
  double seconds = 0;
  for (const stats::BlockArm& b : in.measurements.blocks) {
    if (b.arm == Arm::candidate) seconds += b.wall_seconds;
  }
  out.push_back(fmt::format("behaviour beyond {} under load: leaks and slow drift need a soak run",
                            duration_s(seconds)));
  out.push_back("prompts unlike those of the suite: other languages, lengths and tasks");
  return out;
}

std::string bullets(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += fmt::format("- {}\n", md_block(item));
  return out;
}

/// How ambiguous criteria were read; a reader who reads them otherwise must know.
std::vector<std::string> readings(const Input& in) {
  std::vector<std::string> out;
  for (const Criterion& c : in.scenario.criteria) {
    if (!c.note.empty())
      out.push_back(fmt::format("{}: {}", c.title.empty() ? c.id : c.title, c.note));
  }
  return out;
}

/// The criteria turned into alarms for production.
Table rollback_triggers(const Input& in) {
  Table table{{"Watch in production", "Roll back when"}, "ll", {}};
  for (const decision::CriterionResult& r : in.verdict.criteria) {
    const CriterionText text = text_of(r);
    if (r.criterion.level != Level::must || r.criterion.form != Form::candidate) continue;
    table.rows.push_back(
        {md(text.title),
         fmt::format("not {} for 15 minutes at a load no higher than tested", md(text.required))});
  }
  return table;
}
}  // namespace

void add_closing(const Input& in, Document& out) {
  out.push_back(Heading{2, "Risks and limits"});
  out.push_back(Paragraph{"Not tested by this run:\n\n" + bullets(untested(in))});
  if (const auto list = readings(in); !list.empty())
    out.push_back(Paragraph{"How the criteria were read:\n\n" + bullets(list)});
  out.push_back(Heading{2, "Rollback"});
  if (in.scenario.report.rollback.empty()) {
    out.push_back(
        Paragraph{"The scenario declares no rollback (report.rollback): write down the command, "
                  "the owner and the time it takes before promoting.\n"});
  } else {
    out.push_back(Paragraph{in.scenario.report.rollback + "\n"});
  }
  if (const Table table = rollback_triggers(in); !table.rows.empty()) out.push_back(table);
  out.push_back(Heading{2, "Sign-off"});
  Table table{
      {"Role", "Name", "Decision", "Date", "Reason, if it differs from the verdict"}, "lllll", {}};
  for (const std::string& role : in.scenario.report.sign_off)
    table.rows.push_back({md(role), "", "", "", ""});
  out.push_back(table);
}

void add_glossary(const Input& in, Document& out) {
  out.push_back(Heading{2, "Glossary"});
  std::set<std::string> used;
  for (const Criterion& c : in.scenario.criteria) used.insert(c.metric);
  for (const auto& m : in.comparison.metrics) used.insert(m.metric);
  for (const auto& g : in.comparison.quality) used.insert("quality." + g.metric);
  Table table{{"Metric", "Unit", "Definition"}, "lll", {}};
  for (const MetricInfo& info : metric_catalogue()) {
    if (used.contains(std::string(info.id)))
      table.rows.push_back({md(info.id), md(info.unit), md(info.definition)});
  }
  out.push_back(table);
  out.push_back(
      Paragraph{"**Block:** one baseline run and one candidate run, paired; the unit of "
                "replication, because requests of one run are not independent. "
                "**One-sided 95 % bound:** a limit that the true value stays within in 95 of 100 "
                "such runs; a PASS needs the whole range on the right side. "
                "**GO:** every must criterion passes, each at its own level (intersection–union "
                "test, no correction needed). "
                "**NO-GO:** at least one must criterion is proven to fail (Bonferroni over the "
                "must criteria). "
                "**INCONCLUSIVE:** neither is proven. **VOID:** the harness or the environment "
                "spoiled the run. "
                "**Non-inferiority:** worse by less than the margin, shown by a bound, not by a "
                "difference that happens to be insignificant. "
                "**1 GB** is 10⁹ bytes, **1 GiB** is 2³⁰ bytes.\n"});
}

}  // namespace abgate::report
