#include "report/criteria.hpp"

#include "catch.hpp"
#include "sample.hpp"

using namespace abgate;
using namespace abgate::report;
using namespace abgate::test;
using decision::CriterionResult;
using decision::Result;

namespace {
CriterionText row(std::size_t i) {
  return criterion_rows(go_sample().verdict, Level::must).at(i).text;
}
}  // namespace

TEST_CASE("absolute and ratio criteria on the same figure share a row") {
  const auto rows = criterion_rows(go_sample().verdict, Level::must);
  REQUIRE(rows.size() == 5);
  REQUIRE(rows[1].text.title == "Output speed per stream");
  REQUIRE(rows[1].text.required == "≥ 40 tok/s and ≥ 2×");
  REQUIRE(rows[1].text.measured == "42.7 tok/s; 2.12×");
  REQUIRE(rows[1].text.bound == "≥ 42.1 tok/s; ≥ 2.10×");
  REQUIRE(rows[1].text.baseline == "20.2 tok/s");
  REQUIRE(rows[1].text.result == "PASS");
  REQUIRE(rows[1].criteria == std::vector<std::size_t>{1, 2});
  REQUIRE(criterion_rows(go_sample().verdict, Level::target).size() == 1);
}

TEST_CASE("memory is written in both units and is exact") {
  REQUIRE(row(0).required == "< 60 GB");
  REQUIRE(row(0).measured == "41.7 GB (38.8 GiB)");
  REQUIRE(row(0).bound == "exact");
  REQUIRE(row(0).n == "1,846 samples");
}

TEST_CASE("quality is a loss against the baseline") {
  REQUIRE(row(2).required == "loss < 5 % of the baseline");
  REQUIRE(row(2).measured == "−2.03 % (−1.80 points)");
  REQUIRE(row(2).bound == "≤ 4.78 % worse");
  REQUIRE(row(2).baseline == "88.6 %");
  REQUIRE(row(2).result == "PASS (narrow)");
}

TEST_CASE("no failure in n says what it proves") {
  REQUIRE(row(3).required == "0");
  REQUIRE(row(3).measured == "0 of 3,000");
  REQUIRE(row(3).bound == "rate < 0.10 %");
}

TEST_CASE("a percentile limit has its bound in seconds") {
  REQUIRE(row(4).required == "< 1 s");
  REQUIRE(row(4).measured == "0.520 s");
  REQUIRE(row(4).bound == "≤ 0.870 s");
  REQUIRE(row(4).baseline == "0.980 s");
}

TEST_CASE("a value just inside its threshold is never rounded onto it") {
  CriterionResult r = go_sample().verdict.criteria[0];
  r.measured = 59.996;
  REQUIRE(text_of(r).measured == "59.996 GB (55.9 GiB)");
  CriterionResult q = go_sample().verdict.criteria[3];
  q.measured = 0.9500004;
  REQUIRE_THAT(text_of(q).measured, ContainsSubstring("−4.99996 %"));
}

TEST_CASE("a FAIL shows the bound that decided it, with its level") {
  const auto rows = criterion_rows(no_go_sample().verdict, Level::must);
  REQUIRE(rows[1].text.bound == "≤ 7.71 tok/s (99 %); ≤ 0.382× (99 %)");
  CriterionResult q = go_sample().verdict.criteria[3];
  q.result = Result::fail;
  q.other_bound = 0.93;
  REQUIRE(text_of(q).bound == "≥ 7.00 % worse (99 %)");
  q.result = Result::pass;
  q.bound = 1.01;
  REQUIRE(text_of(q).bound == "≥ 1.00 % better");
}

TEST_CASE("what was not measured says so") {
  CriterionResult r = go_sample().verdict.criteria[0];
  r.measured = r.bound = r.baseline = std::nullopt;
  r.code = "missing";
  r.result = Result::inconclusive;
  r.p_value.reset();
  REQUIRE(text_of(r).measured == "not measured");
  REQUIRE(text_of(r).bound == "–");
  REQUIRE(text_of(r).baseline == "–");
  REQUIRE(text_of(r).result == "INCONCLUSIVE");
}

TEST_CASE("a row of unequal results shows both and counts as the worst") {
  auto verdict = go_sample().verdict;
  verdict.criteria[2].result = Result::inconclusive;
  REQUIRE(criterion_rows(verdict, Level::must)[1].text.result == "PASS; INCONCLUSIVE");
  REQUIRE(criterion_rows(verdict, Level::must)[1].result == Result::inconclusive);
  verdict.criteria[1].result = Result::fail;
  REQUIRE(criterion_rows(verdict, Level::must)[1].result == Result::fail);
}

TEST_CASE("one item, one block: the unit follows") {
  CriterionResult r = go_sample().verdict.criteria[1];
  r.n = 1;
  REQUIRE(text_of(r).n == "1 block");
}

TEST_CASE("every metric of the catalogue can be written in every form") {
  for (const MetricInfo& info : metric_catalogue()) {
    for (const Form form : {Form::candidate, Form::ratio, Form::difference}) {
      CriterionResult r;
      r.criterion.metric = info.id;
      r.criterion.form = form;
      r.criterion.value = 0.9;
      r.criterion.op = info.better > 0 ? Op::ge : Op::lt;
      r.measured = r.candidate = r.baseline = r.bound = 0.95;
      const CriterionText text = text_of(r);
      REQUIRE_FALSE(text.measured.empty());
      REQUIRE(text.required.find("n/a") == std::string::npos);
    }
  }
}

TEST_CASE("the level of the bound is named if it is one") {
  auto verdict = go_sample().verdict;
  REQUIRE(bound_level(verdict) == "95 %");
  verdict.criteria[0].alpha_pass = 0.01;
  REQUIRE(bound_level(verdict) == "one-sided");
}
