// criteria: — one line of the success criteria. The rules that need the rest of the scenario are
// in criterion_checks.cpp.

#include "config/checks.hpp"
#include "config/codec.hpp"
#include "config/sections.hpp"
#include "config/text.hpp"
#include "config/units.hpp"

namespace abgate::config {
namespace {

using Use = Text::Use;

std::vector<std::string> metric_ids() {
  std::vector<std::string> ids;
  for (const MetricInfo& metric : metric_catalogue()) ids.emplace_back(metric.id);
  return ids;
}

Type choice_of(std::vector<std::string> words) {
  return {Type::Kind::choice, std::move(words)};
}

const std::vector<std::pair<std::string, Op>>& op_words() {
  static const std::vector<std::pair<std::string, Op>> words{
      {"<", Op::lt},  {"<=", Op::le}, {">", Op::gt}, {">=", Op::ge},
      {"==", Op::eq}, {"≤", Op::le},  {"≥", Op::ge}, {"=", Op::eq}};
  return words;
}

void read_op(const Cursor& at, Criterion& c) {
  const std::string wanted = "one of \"<\", \"<=\", \">\", \">=\", \"==\" in quotes";
  if (at.node().kind != Node::Kind::scalar) at.fail(wanted);
  for (const auto& [word, op] : op_words()) {
    if (word != at.node().text) continue;
    c.op = op;
    return;
  }
  at.fail(wanted);
}

void read_missing(const Cursor& at, Criterion& c) {
  if (at.node().text == "pass") {
    at.fail("pass",
            "inconclusive or fail: data that are missing never pass, or a crash would read as a "
            "success");
  }
  c.missing = read_choice(at, {"inconclusive", "fail"}) == 0 ? MissingRule::inconclusive
                                                             : MissingRule::fail;
}

/// Only marks the row: value and unit are read together, once metric and form are known.
void read_later(const Cursor&, Criterion&) {}

void add_what(Section<Criterion>& s) {
  s.key("id", &Criterion::id, Text{Use::id}, "unique name").required();
  s.key("title", &Criterion::title, Text{Use::prose}, "for people").fallback("the id");
  s.key("level", &Criterion::level,
        Choice<Level>{{{"must", Level::must}, {"target", Level::target}}},
        "only `must` decides; a missed `target` is a caveat");
  s.custom(
       "metric", choice_of(metric_ids()), "",
       [](const Cursor& at, Criterion& c) {
         c.metric = metric_ids()[read_choice(at, metric_ids())];
       },
       "see the metrics below")
      .required();
  s.custom(
      "stat", choice_of({"mean", "p50", "p90", "p95", "p99", "max", "sum"}),
      "by the metric: mean, max or sum",
      [](const Cursor& at, Criterion& c) {
        const std::vector<std::string> words{"mean", "p50", "p90", "p95", "p99", "max", "sum"};
        c.stat = words[read_choice(at, words)];
      },
      "statistic of the metric");
  s.key("form", &Criterion::form,
        Choice<Form>{{{"candidate", Form::candidate},
                      {"ratio", Form::ratio},
                      {"difference", Form::difference}}},
        "the candidate's own value, candidate / baseline, or candidate − baseline");
}

void add_threshold(Section<Criterion>& s) {
  s.custom("op", choice_of({"<", "<=", ">", ">=", "=="}), "", read_op,
           "what holds between value and threshold; quote it")
      .required();
  s.custom("value", {Type::Kind::quantity}, "", read_later,
           "the threshold, with its unit; a ratio is a plain number")
      .required();
  s.custom("unit", {Type::Kind::text}, "", read_later,
           "unit of `value`, where it does not stand beside the number");
  s.key("point", &Criterion::point, Text{Use::id}, "load point")
      .fallback("the first; for counts all");
  s.key("method", &Criterion::method, Text{Use::id}, "statistical method").fallback("the metric's");
  s.key("alpha", &Criterion::alpha, Number{0, 0.5, true}, "one-sided error of a PASS");
  s.key("min_n", &Criterion::min_n, Whole<std::size_t>{0, 1'000'000'000},
        "fewer samples: INCONCLUSIVE");
  s.custom("missing", choice_of({"inconclusive", "fail"}), "inconclusive", read_missing,
           "result without data; `pass` does not exist");
  s.key("note", &Criterion::note, Text{Use::prose},
        "how an ambiguity was read; printed in the report");
}

}  // namespace

const Section<Criterion>& criterion_section() {
  static const Section<Criterion> section = [] {
    Section<Criterion> s(
        "criterion", "One line of the success criteria: metric, statistic, operator, threshold.");
    add_what(s);
    add_threshold(s);
    s.finally([](const Cursor& at, Criterion& c) {
      c.line = at.line();
      if (c.title.empty()) c.title = c.id;
      check_metric_use(at, c);
      read_threshold(at, c);
      check_threshold(at, c);
    });
    return s;
  }();
  return section;
}

}  // namespace abgate::config
