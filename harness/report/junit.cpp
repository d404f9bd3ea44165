#include <fmt/format.h>

#include "report/criteria.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/report.hpp"

namespace abgate::report {

namespace {
using decision::CriterionResult;
using decision::Result;

double seconds_under_load(const Input& in) {
  double sum = 0;
  for (const stats::BlockArm& b : in.measurements.blocks) sum += b.wall_seconds;
  return sum;
}

std::string property(std::string_view name, std::string_view value) {
  return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, xml(value));
}

std::string numbers(const CriterionResult& r) {
  const CriterionText text = text_of(r);
  return fmt::format("required {}; measured {}; bound {}; baseline {}; n {}", text.required,
                     text.measured, text.bound, text.baseline, text.n);
}

/// A failed target is a note: it decides nothing. An undecided must is an error, never "skipped",
/// which readers of JUnit count as fine.
std::string body(const CriterionResult& r) {
  const std::string detail =
      xml(r.reason + "\n" + numbers(r) + (r.next_step.empty() ? "" : "\nnext: " + r.next_step));
  if (r.result == Result::pass || r.criterion.level == Level::target) {
    return fmt::format("      <system-out>{}: {}</system-out>\n", to_string(r.result), detail);
  }
  if (r.result == Result::fail)
    return fmt::format("      <failure type=\"criterion\" message=\"{}\">{}</failure>\n",
                       xml(r.reason), detail);
  return fmt::format("      <error type=\"inconclusive\" message=\"{}\">{}</error>\n",
                     xml(r.reason), detail);
}

std::string testcase(const std::string& name, const std::string& content) {
  return fmt::format(
      "    <testcase classname=\"abgate\" name=\"{}\" time=\"0\">\n{}    </testcase>\n", xml(name),
      content);
}
}  // namespace

std::string junit_xml(const Input& in) {
  const decision::Verdict& v = in.verdict;
  std::string cases;
  std::size_t tests = 0, failures = 0, errors = 0;
  for (const CriterionResult& r : v.criteria) {
    ++tests;
    if (r.criterion.level == Level::must && r.result == Result::fail) ++failures;
    if (r.criterion.level == Level::must && r.result == Result::inconclusive) ++errors;
    cases +=
        testcase(fmt::format("{}: {}", to_string(r.criterion.level), text_of(r).title), body(r));
  }
  for (const decision::ValidityFinding& f : v.validity) {
    ++tests;
    ++errors;
    cases +=
        testcase("validity: " + f.id,
                 fmt::format("      <error type=\"{}\" message=\"{}\">{}</error>\n",
                             f.voids ? "void" : "inconclusive", xml(f.sentence), xml(f.remedy)));
  }
  if (v.criteria.empty()) {
    ++tests;
    ++errors;
    cases += testcase(
        "criteria", "      <error type=\"inconclusive\" message=\"no criterion is declared\"/>\n");
  }
  const std::string totals =
      fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" time=\"{:.3f}\"", tests,
                  failures, errors, seconds_under_load(in));
  std::string properties;
  properties += property("decision", to_string(v.decision)) + property("headline", v.headline) +
                property("run", in.manifest.run_id);
  properties += property("abgate", in.manifest.tool_version) +
                property("scenario_hash", in.manifest.scenario_hash) +
                property("criteria_hash", v.criteria_hash);
  properties += property("simulated", v.simulated || in.measurements.simulated ? "true" : "false");
  const std::string name = xml(in.manifest.scenario_name);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"abgate\" {0}>\n  <testsuite "
      "name=\"{1}\" {0}{2}>\n"
      "    <properties>\n{3}    </properties>\n{4}  </testsuite>\n</testsuites>\n",
      totals, name,
      in.manifest.started.empty() ? "" : fmt::format(" timestamp=\"{}\"", xml(in.manifest.started)),
      properties, cases);
}

}  // namespace abgate::report
