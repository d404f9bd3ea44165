// JUnit and Prometheus.

#include <regex>
#include <set>
#include <sstream>

#include "catch.hpp"
#include "report/report.hpp"
#include "sample.hpp"

using namespace abgate;
using namespace abgate::report;
using namespace abgate::test;
using decision::Result;

namespace {
std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

std::size_t attribute(const std::string& xml, const std::string& name) {
  std::smatch match;
  REQUIRE(std::regex_search(xml, match, std::regex("<testsuite [^>]*" + name + "=\"([0-9]+)\"")));
  return std::stoul(match[1]);
}

void check_sums(const std::string& xml) {
  REQUIRE(attribute(xml, "tests") == occurrences(xml, "<testcase "));
  REQUIRE(attribute(xml, "failures") == occurrences(xml, "<failure "));
  REQUIRE(attribute(xml, "errors") == occurrences(xml, "<error "));
  REQUIRE(occurrences(xml, "<skipped") == 0);
}

/// Parses the text exposition format strictly; returns metric names.
std::set<std::string> families(const std::string& text) {
  static const std::regex sample(
      R"re(^([a-zA-Z_:][a-zA-Z0-9_:]*)\{([a-z_]+="(\\.|[^"\\\n])*",?)+\} -?([0-9.]+(e[+-]?[0-9]+)?)$)re");
  static const std::regex comment(R"re(^# (HELP|TYPE) [a-z_]+ .+$)re");
  std::set<std::string> names;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    INFO(line);
    std::smatch match;
    if (line.starts_with('#')) {
      REQUIRE(std::regex_match(line, comment));
    } else {
      REQUIRE(std::regex_match(line, match, sample));
      names.insert(match[1]);
    }
  }
  return names;
}
}  // namespace

TEST_CASE("JUnit: a failed must is a failure, an undecided one an error, a target neither") {
  Sample s = no_go_sample();
  s.verdict.criteria[5].result = Result::inconclusive;
  const std::string xml = junit_xml(s.input());
  check_sums(xml);
  REQUIRE(attribute(xml, "failures") == 2);
  REQUIRE(attribute(xml, "errors") == 1);
  REQUIRE(attribute(xml, "tests") == 7);
  REQUIRE_THAT(xml, ContainsSubstring("<error type=\"inconclusive\""));
  REQUIRE_THAT(xml, ContainsSubstring("value=\"NO-GO\""));
}

TEST_CASE("JUnit: validity findings and the lack of criteria are errors") {
  Sample s = go_sample();
  s.verdict.validity = {{"aa", false, "does not contain 1", "find out why"}};
  check_sums(junit_xml(s.input()));
  REQUIRE(attribute(junit_xml(s.input()), "errors") == 1);
  check_sums(junit_xml(empty_sample().input()));
  REQUIRE(attribute(junit_xml(empty_sample().input()), "errors") == 1);
}

TEST_CASE("Prometheus text is well-formed, ends in a newline and has the promised families") {
  const std::string text = prometheus_text(go_sample().input());
  REQUIRE(text.back() == '\n');
  const auto names = families(text);
  for (const char* name :
       {"abgate_build_info", "abgate_simulated", "abgate_last_run_timestamp_seconds",
        "abgate_last_go_timestamp_seconds", "abgate_duration_seconds", "abgate_verdict",
        "abgate_criterion_value", "abgate_criterion_bound", "abgate_criterion_threshold",
        "abgate_criterion_result", "abgate_ratio", "abgate_aa_ratio", "abgate_requests",
        "abgate_errors"}) {
    REQUIRE(names.contains(name));
  }
  REQUIRE_THAT(text, ContainsSubstring(
                         "abgate_verdict{scenario=\"redfin-fp16-vs-awq\",verdict=\"go\"} 1\n"));
  REQUIRE_THAT(
      text, ContainsSubstring(
                "abgate_last_run_timestamp_seconds{scenario=\"redfin-fp16-vs-awq\"} 1769828370\n"));
  REQUIRE_THAT(
      text, ContainsSubstring("abgate_duration_seconds{scenario=\"redfin-fp16-vs-awq\"} 2550\n"));
  REQUIRE(text.find("20260131T021700Z") == std::string::npos);
}

TEST_CASE("Prometheus: a NO-GO leaves the time of the last GO alone, hostile names stay names") {
  REQUIRE_FALSE(families(prometheus_text(no_go_sample().input()))
                    .contains("abgate_last_go_timestamp_seconds"));
  families(prometheus_text(hostile_sample().input()));
  families(prometheus_text(empty_sample().input()));
}
