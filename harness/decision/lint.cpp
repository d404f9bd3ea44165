#include "decision/lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.hpp"
#include "decision/algebra.hpp"
#include "decision/inputs.hpp"
#include "decision/methods.hpp"
#include "decision/preview.hpp"
#include "decision/words.hpp"

namespace abgate::decision {
namespace {

/// Collects findings of one criterion.
class Desk {
 public:
  Desk(const Criterion& c, std::vector<LintFinding>& out) : c_(c), out_(out) {}
  void refuse(const char* key, std::string seen, std::string wanted) {
    add(true, key, std::move(seen), std::move(wanted));
  }
  void warn(const char* key, std::string seen, std::string wanted) {
    add(false, key, std::move(seen), std::move(wanted));
  }

 private:
  void add(bool fatal, const char* key, std::string seen, std::string wanted) {
    out_.push_back({fatal, c_.id, c_.line, fmt::format("criteria[{}].{}", c_.id, key),
                    std::move(seen), std::move(wanted)});
  }
  const Criterion& c_;
  std::vector<LintFinding>& out_;
};

std::string threshold_text(const Criterion& c) {
  return fmt::format("{} {} {}", to_string(c.op), number(c.value), c.unit);
}

void check_direction(const Criterion& c, const MetricInfo& metric, Desk& desk) {
  if (metric.better == 0 || c.op == Op::eq) return;
  const bool asks_for_small = upper_limit(c.op);
  if ((metric.better < 0) != asks_for_small) {
    desk.refuse("op", threshold_text(c),
                metric.better < 0 ? fmt::format("< or <=: lower {} is better", c.metric)
                                  : fmt::format("> or >=: higher {} is better", c.metric));
  }
  if (asks_for_small && percentile_of(c.stat) > 0 && c.metric == "stream_speed") {
    desk.warn("stat", c.stat, "a metric whose slow tail is its upper end, e.g. tpot");
  }
}

void check_unit(const Criterion& c, const MetricInfo& metric, Desk& desk) {
  const std::string_view wanted = c.form == Form::ratio ? std::string_view{} : metric.unit;
  if (!c.unit.empty() && c.unit != wanted) {
    desk.refuse("unit", c.unit,
                wanted.empty() ? "no unit: the threshold is a plain number" : std::string(wanted));
  }
}

void check_value(const Criterion& c, const MetricInfo& metric, Desk& desk) {
  if (!std::isfinite(c.value)) return desk.refuse("value", number(c.value), "a finite number");
  if (c.form == Form::ratio && c.value <= 0) {
    desk.refuse("value", number(c.value), "a ratio above 0");
  }
  const bool share =
      metric.kind == "fraction" || (metric.kind == "score" && c.metric != "quality.ppl_ratio");
  if (share && c.form == Form::candidate && (c.value < 0 || c.value > 1)) {
    desk.refuse("value", number(c.value), "a share between 0 and 1");
  }
  if (c.metric == "error_rate" && c.value >= 0.5) {
    desk.refuse("value", number(c.value),
                "an error rate below 0.5 (0.95 would accept 95 % failures)");
  }
  if (metric.kind == "score" && c.form == Form::ratio && metric.better > 0 && c.value < 0.5) {
    desk.refuse(
        "value", number(c.value),
        "what must remain, e.g. 0.95 for a loss below 5 %; this accepts half of the baseline");
  }
  if (metric.kind == "score" && c.form == Form::ratio && metric.better > 0 && c.value >= 1) {
    desk.warn("value", number(c.value),
              "below 1: not even an identical model is proven to be as good");
  }
}

void check_level(const Criterion& c, Desk& desk) {
  if (!(c.alpha > 0 && c.alpha < 0.5)) {
    desk.refuse("alpha", number(c.alpha), "an error rate above 0 and below 0.5");
  } else if (c.alpha > 0.1) {
    desk.warn("alpha", number(c.alpha), "at most 0.1: a PASS would be wrong that often");
  }
}

bool scrapes(const ArmConfig& arm) {
  return arm.metrics_url != "none";
}

void check_source(const Criterion& c, const Scenario& scenario, Desk& desk) {
  const ArmConfig& candidate = scenario.candidate;
  if (c.metric == "gpu_memory_used" && candidate.gpu.kind == GpuSource::Kind::none) {
    desk.warn("metric", c.metric,
              "a gpu source of the candidate: without one it stays INCONCLUSIVE");
  }
  if (c.metric == "gpu_memory_demand" && !candidate.facts.weights_gb) {
    desk.warn("metric", c.metric,
              "facts.weights_gb of the candidate: without it the demand stays unknown");
  }
  if (c.metric == "restarts" && !scrapes(candidate)) {
    desk.refuse("metric", c.metric, "a metrics_url of the candidate: restarts are read there");
  }
  if (c.metric == "slo_attainment" && !scenario.slo.ttft && !scenario.slo.tpot &&
      !scenario.slo.e2e) {
    desk.refuse("metric", c.metric, "at least one objective under slo");
  }
  if (c.metric.starts_with("quality.") && scenario.quality.suite.empty()) {
    desk.refuse("metric", c.metric, "a suite under quality: nothing would be scored");
  }
}

void check_point(const Criterion& c, const Scenario& scenario, Desk& desk) {
  if (!c.point.empty() && point_of(scenario, c) == nullptr) {
    std::vector<std::string> ids;
    for (const LoadPoint& p : scenario.points) ids.push_back(p.id);
    desk.refuse("point", c.point, ids.empty() ? "a declared load point" : "one of " + list(ids));
  }
}

void check_blocks(const Criterion& c, const Scenario& scenario, Desk& desk) {
  const MethodChoice choice = choose_method(c);
  if (choice.ok && needs_blocks(choice.method) && scenario.blocks < scenario.validity.min_blocks) {
    desk.warn("method", counted(scenario.blocks, "block"),
              fmt::format("at least {}: it stays INCONCLUSIVE", scenario.validity.min_blocks));
  }
}

/// Requests that the plan sends to the candidate and that a count over `point` sees.
std::size_t planned_requests(const Plan& plan, const std::string& point) {
  std::size_t n = 0;
  for (const Step& step : plan.steps) {
    const Cell& cell = plan.cells[step.cell];
    const bool counted_cell =
        cell.kind == CellKind::load || (point.empty() && cell.kind == CellKind::quality);
    const bool candidate =
        std::find(step.arms.begin(), step.arms.end(), Arm::candidate) != step.arms.end();
    if (!counted_cell || !candidate || (!point.empty() && cell.point != point)) continue;
    n += static_cast<std::size_t>(
        std::count_if(cell.requests.begin(), cell.requests.end(),
                      [](const PlannedRequest& r) { return r.phase == Phase::measured; }));
  }
  return n;
}

void check_size(const Criterion& c, const Plan& plan, Desk& desk) {
  const MethodChoice choice = choose_method(c);
  if (!choice.ok || (choice.method != Method::error_count && choice.method != Method::error_share))
    return;
  const std::size_t planned = planned_requests(plan, c.point);
  if (c.min_n > planned) {
    desk.warn(
        "min_n", count(c.min_n),
        fmt::format("at most the {} planned requests: it stays INCONCLUSIVE", count(planned)));
  }
}

/// What the planner finds impossible, in its words.
void check_plan(const Criterion& c, const Scenario& scenario, const Plan& plan, Desk& desk) {
  Scenario alone = scenario;
  alone.criteria = {c};
  const CriterionPreview seen = preview(alone, plan).criteria.front();
  if (!seen.can_pass)
    desk.warn("value", "a criterion that cannot pass with this plan: " + seen.why_not, seen.remedy);
}

void lint_criterion(const Criterion& c, const Scenario& scenario, const Plan* plan,
                    std::vector<LintFinding>& out) {
  Desk desk(c, out);
  const std::ptrdiff_t first = std::ssize(out);
  const MetricInfo* metric = find_metric(c.metric);
  if (metric == nullptr) return desk.refuse("metric", c.metric, "a metric of the catalogue");
  const MethodChoice choice = choose_method(c);
  if (!choice.ok) desk.refuse("method", c.method.empty() ? c.stat : c.method, choice.why);
  check_direction(c, *metric, desk);
  check_unit(c, *metric, desk);
  check_value(c, *metric, desk);
  check_level(c, desk);
  check_source(c, scenario, desk);
  check_point(c, scenario, desk);
  check_blocks(c, scenario, desk);
  if (plan == nullptr) return;
  const bool refused =
      std::any_of(out.begin() + first, out.end(), [](const LintFinding& f) { return f.fatal; });
  const std::size_t before = out.size();
  check_size(c, *plan, desk);
  if (out.size() == before && !refused) check_plan(c, scenario, *plan, desk);
}

}  // namespace

std::vector<LintFinding> lint(const Scenario& scenario, const Plan* plan) {
  std::vector<LintFinding> out;
  std::set<std::string> ids;
  bool any_must = false;
  for (const Criterion& c : scenario.criteria) {
    any_must = any_must || c.level == Level::must;
    if (!ids.insert(c.id).second) Desk(c, out).refuse("id", c.id, "an id that occurs once");
    lint_criterion(c, scenario, plan, out);
  }
  if (!any_must) {
    out.push_back({false, "", 0, "criteria", "no criterion of level must",
                   "at least one: without it the verdict is always INCONCLUSIVE"});
  }
  return out;
}

std::string sentence_of(const LintFinding& finding) {
  return describe(Place{}, finding.key, finding.seen, finding.wanted);
}

}  // namespace abgate::decision
