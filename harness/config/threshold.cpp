// What a criterion's threshold means, and whether it can mean it.

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "config/checks.hpp"
#include "config/text.hpp"
#include "config/units.hpp"

namespace abgate::config {
namespace {

using UnitTable = std::vector<std::pair<std::string, double>>;

UnitTable units_of(Dimension dimension, double base) {
  UnitTable table;
  for (const std::string& unit : units(dimension))
    table.emplace_back(unit, *factor(dimension, unit) / base);
  return table;
}

/// Units that a threshold on the metric may have, and what one of each is in the metric's own.
UnitTable units_for(const MetricInfo& metric, Form form) {
  if (form == Form::ratio) return {{"", 1}, {"x", 1}, {"×", 1}, {"%", 0.01}};
  if (metric.kind == "latency") return units_of(Dimension::time, 1);
  if (metric.kind == "memory") return units_of(Dimension::memory, 1e9);
  if (metric.kind == "score" || metric.kind == "fraction") return {{"", 1}, {"%", 0.01}};
  const std::string own(metric.unit);
  if (metric.kind == "count")
    return own.empty() ? UnitTable{{"", 1}} : UnitTable{{"", 1}, {own, 1}};
  return {{own, 1}};
}

std::string wanted_units(const MetricInfo& metric, Form form) {
  std::vector<std::string> words;
  for (const auto& [unit, value] : units_for(metric, form)) {
    if (!unit.empty()) words.push_back(unit);
  }
  if (form == Form::ratio)
    return "a plain number for a ratio (candidate / baseline), e.g. 0.95 or 2";
  const std::string of = "a number for " + std::string(metric.id);
  return words.empty() ? of + " without a unit" : of + " in " + one_of(words);
}

[[noreturn]] void fail_impossible(const Cursor& at, const Criterion& c, const std::string& wanted) {
  at.at("value").fail(std::string(to_string(c.op)) + " " + number_text(c.value), wanted);
}

/// The values that the compared quantity can take.
struct Range {
  double low;
  double high;
  std::string what;
};

std::optional<Range> possible(const MetricInfo& metric, Form form) {
  const double infinite = std::numeric_limits<double>::infinity();
  const bool bounded =
      (metric.kind == "score" && metric.id != "quality.ppl_ratio") || metric.kind == "fraction";
  if (form == Form::ratio) return Range{0, infinite, "a ratio is never below 0"};
  if (form == Form::difference) {
    return bounded ? std::optional(Range{-1, 1, "differences of shares lie between -1 and 1"})
                   : std::nullopt;
  }
  if (bounded) return Range{0, 1, "it lies between 0 and 1"};
  return Range{0, infinite, "it is never below 0"};
}

bool can_hold(Op op, double value, const Range& range) {
  switch (op) {
    case Op::lt:
      return range.low < value;
    case Op::le:
      return range.low <= value;
    case Op::gt:
      return range.high > value;
    case Op::ge:
      return range.high >= value;
    case Op::eq:
      return range.low <= value && value <= range.high;
  }
  return true;
}

bool always_holds(Op op, double value, const Range& range) {
  switch (op) {
    case Op::lt:
      return range.high < value;
    case Op::le:
      return range.high <= value;
    case Op::gt:
      return range.low > value;
    case Op::ge:
      return range.low >= value;
    case Op::eq:
      return false;
  }
  return false;
}

}  // namespace

void read_threshold(const Cursor& at, Criterion& c) {
  const MetricInfo& metric = *find_metric(c.metric);
  const std::string wanted = wanted_units(metric, c.form);
  const Cursor value = at.at("value");
  const Cursor unit = at.at("unit");
  if (value.node().kind != Node::Kind::scalar) value.fail(wanted);
  const auto quantity = parse_quantity(value.node().text);
  if (!quantity) value.fail(wanted);
  std::string name = quantity->unit;
  if (unit.present()) {
    if (unit.node().kind != Node::Kind::scalar) unit.fail("a unit");
    if (!name.empty() && name != unit.node().text)
      unit.fail(unit.node().text + " beside " + value.node().text, "one unit");
    name = unit.node().text;
  }
  const Cursor& culprit = unit.present() ? unit : value;
  for (const auto& [known, scale] : units_for(metric, c.form)) {
    if (known != name) continue;
    c.value = quantity->number * scale;
    c.unit = c.form == Form::ratio ? "" : std::string(metric.unit);
    return;
  }
  culprit.fail(name.empty() ? value.node().text + " without a unit" : culprit.node().text, wanted);
}

void check_threshold(const Cursor& at, const Criterion& c) {
  const MetricInfo& metric = *find_metric(c.metric);
  const bool upward = c.op == Op::gt || c.op == Op::ge;
  const std::string id(metric.id);
  if (c.op == Op::eq && metric.id != "errors" && metric.id != "restarts") {
    at.at("op").fail("== on a measured quantity, which never holds",
                     metric.better > 0 ? "\">=\"" : "\"<=\"");
  }
  if (c.op != Op::eq && metric.better > 0 && !upward) {
    at.at("op").fail(std::string(to_string(c.op)) + " on " + id + ", where higher is better",
                     "\">\" or \">=\"");
  }
  if (c.op != Op::eq && metric.better < 0 && upward) {
    at.at("op").fail(std::string(to_string(c.op)) + " on " + id + ", where lower is better",
                     "\"<\" or \"<=\"");
  }
  const auto range = possible(metric, c.form);
  if (!range) return;
  const std::string what = "a threshold that can be met: " + range->what;
  if (!can_hold(c.op, c.value, *range)) fail_impossible(at, c, what);
  if (c.op == Op::eq && metric.kind == "count" && c.value != std::floor(c.value))
    fail_impossible(at, c, "a whole number");
  if (always_holds(c.op, c.value, *range)) {
    fail_impossible(at, c, "a threshold that can be missed: " + range->what);
  }
}

}  // namespace abgate::config
