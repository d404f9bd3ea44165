#include "../golden/golden.hpp"

#include "catch.hpp"
#include "report/report.hpp"
#include "sample.hpp"
#include "truth_table.hpp"

using namespace abgate;
using namespace abgate::report;
using namespace abgate::test;
using decision::Decision;
using decision::Result;

namespace {
/// Everything up to the links.
std::string first_screen(const Sample& s) {
  const std::string text = report_markdown(s.input(), {});
  return text.substr(0, text.find("[Evidence]"));
}

void set(Sample& s, const std::vector<Result>& must, const std::vector<Result>& target) {
  std::vector<decision::CriterionResult> criteria;
  const auto take = [&](const std::vector<Result>& results, Level level) {
    for (std::size_t i = 0; i < results.size(); ++i) {
      auto r = s.verdict.criteria[i];
      r.criterion.level = level;
      r.result = results[i];
      r.reason = std::string("the sentence of a ") + std::string(to_string(results[i]));
      criteria.push_back(r);
    }
  };
  take(must, Level::must);
  take(target, Level::target);
  s.verdict.criteria = criteria;
  s.verdict.caveats.clear();
}

/// The verdicts of the oracle's truth table, each with what its report says.
std::string truth_table() {
  constexpr Result p = Result::pass, f = Result::fail, i = Result::inconclusive;
  struct Case {
    std::vector<Result> must, target;
    Decision decision;
    const char* headline;
    bool valid = true;
  };
  const std::vector<Case> cases{
      {{p, p, p, p, p}, {f}, Decision::go, "GO: AWQ meets all 5 must criteria"},
      {{p, p, f, p, i}, {}, Decision::no_go, "NO-GO: AWQ does not meet 1 of 5 must criteria"},
      {{p, p, i, p, p},
       {p},
       Decision::inconclusive,
       "INCONCLUSIVE: 1 of 5 must criteria is undecided"},
      {{}, {p}, Decision::inconclusive, "INCONCLUSIVE: no must criterion is declared"},
      {{p, p, p, p, p},
       {},
       Decision::inconclusive,
       "INCONCLUSIVE: every must criterion holds, but the run is not valid (aa)",
       false},
      {{p, p, f, p, p},
       {},
       Decision::void_run,
       "VOID: the run proves nothing about AWQ (loop_lag)",
       false}};
  std::string out;
  for (const Case& c : cases) {
    Sample s = go_sample();
    set(s, c.must, c.target);
    s.verdict.decision = c.decision;
    s.verdict.headline = c.headline;
    if (!c.valid) {
      const bool voids = c.decision == Decision::void_run;
      s.verdict.validity = {
          {voids ? "loop_lag" : "aa", voids,
           voids ? "the loop was 31.0 ms late (p99), at most 10.0 ms are allowed"
                 : "FP16 against itself is 1.04× [1.02, 1.06]: it does not contain 1",
           voids ? "give the load generator cores of its own"
                 : "find what differs between two runs of the same server"}};
    }
    out += first_screen(s) + "\n---\n\n";
    out += "Console:\n\n```\n" + console_summary(s.input()) + "```\n\n---\n\n";
  }
  return out;
}
}  // namespace

TEST_CASE("the report of a GO is as approved", "[golden]") {
  const Sample s = go_sample();
  check_golden("report/go.md", report_markdown(s.input(), make_charts(s.input())));
  check_golden("report/go.summary.md", summary_markdown(s.input()));
  check_golden("report/go.verdict.json", verdict_json(s.input()));
  check_golden("report/go.junit.xml", junit_xml(s.input()));
  check_golden("report/go.prom", prometheus_text(s.input()));
  check_golden("report/go.console.txt", console_summary(s.input()));
}

TEST_CASE("the report of a simulated NO-GO is as approved", "[golden]") {
  const Sample s = no_go_sample();
  check_golden("report/no-go.md", report_markdown(s.input(), make_charts(s.input())));
  check_golden("report/no-go.junit.xml", junit_xml(s.input()));
  check_golden("report/no-go.console.txt", console_summary(s.input()));
}

TEST_CASE("the quality part of a report with everything is as approved", "[golden]") {
  const Sample s = quality_sample();
  const std::string whole = report_markdown(s.input(), make_charts(s.input()));
  const std::size_t begin = whole.find("## Quality");
  REQUIRE(begin != std::string::npos);
  check_golden("report/quality.md", whole.substr(begin, whole.find("\n## ", begin) - begin + 1));
}

TEST_CASE("the report of nothing is as approved", "[golden]") {
  const Sample s = empty_sample();
  check_golden("report/empty.md", report_markdown(s.input(), make_charts(s.input())));
  check_golden("report/empty.console.txt", console_summary(s.input()));
}

TEST_CASE("the truth table of verdicts reads as approved", "[golden]") {
  check_golden("report/truth-table.md", truth_table() + complete_truth_table());
}

TEST_CASE("the charts of a GO are as approved", "[golden]") {
  const Sample s = go_sample();
  for (const Chart& chart : make_charts(s.input())) {
    if (chart.name == "forest" || chart.name == "quality" || chart.name == "blocks" ||
        chart.name == "memory")
      check_golden("report/" + chart.name + ".svg", chart.svg);
  }
}

TEST_CASE("the first screen says what the textbook example says") {
  const std::string screen = first_screen(go_sample());
  for (const char* part :
       {"# GO: AWQ meets all 6 must criteria", "41.7 GB (38.8 GiB)", "≥ 40 tok/s and ≥ 2×",
        "42.7 tok/s; 2.12×", "≥ 42.1 tok/s; ≥ 2.10×", "−2.03 % (−1.80 points)", "≤ 4.78 % worse",
        "88.6 %", "0 of 3,000", "rate < 0.10 %", "0.520 s", "0.980 s", "PASS (narrow)",
        "stream_speed 1.0005× [0.993, 1.008]", "Promote AWQ"}) {
    REQUIRE_THAT(screen, ContainsSubstring(part));
  }
  REQUIRE(std::count(screen.begin(), screen.end(), '\n') <= 45);
}

TEST_CASE("the same input gives the same bytes twice") {
  const std::vector<std::string> formats{"md", "html", "json", "junit", "prom"};
  const Sample one = go_sample(), two = go_sample();
  const auto a = render(one.input(), formats), b = render(two.input(), formats);
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    REQUIRE(a[i].path == b[i].path);
    REQUIRE(a[i].bytes == b[i].bytes);
  }
}

TEST_CASE("several loops of the client are told of where there were any") {
  Sample s = go_sample();
  REQUIRE(report_markdown(s.input(), {}).find("a thread each") == std::string::npos);
  s.measurements.blocks.back().health.loops = 4;
  const std::string text = report_markdown(s.input(), {});
  REQUIRE(text.find("The client drove its largest cells with 4 loops, a thread each") !=
          std::string::npos);
}

TEST_CASE("only the wanted formats are rendered, the verdict always") {
  const Sample s = go_sample();
  REQUIRE(render(s.input(), {}).size() == 1);
  REQUIRE(render(s.input(), {"junit", "prom"}).size() == 3);
  const auto html = render(s.input(), {"html"});
  REQUIRE(std::any_of(html.begin(), html.end(),
                      [](const File& f) { return f.path == "charts/forest.svg"; }));
  REQUIRE(
      std::none_of(html.begin(), html.end(), [](const File& f) { return f.path == "report.md"; }));
}

TEST_CASE("a summary keeps within its limit however much there is to say") {
  Sample s = go_sample();
  for (int i = 0; i < 5000; ++i) {
    s.verdict.caveats.push_back("caveat number " + std::to_string(i) +
                                " of very many, each with some text of its own");
    s.comparison.quality.push_back(s.comparison.quality[2]);
  }
  REQUIRE(summary_markdown(s.input()).size() <= kSummaryBytes);
}
