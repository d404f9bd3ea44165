// A criterion against the metric's nature and against the rest of the scenario.

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "config/checks.hpp"
#include "config/text.hpp"

namespace abgate::config {
namespace {

bool is_quality(const Criterion& c) {
  return c.metric.rfind("quality.", 0) == 0;
}
bool is_memory(const MetricInfo& metric) {
  return metric.kind == "memory";
}
/// Not tied to a load point.
bool is_global(const Criterion& c) {
  return is_quality(c) || is_memory(*find_metric(c.metric)) || c.metric == "restarts";
}

std::vector<std::string> stats_for(const MetricInfo& metric) {
  if (is_memory(metric)) return {"max"};
  if (metric.id == "errors" || metric.id == "restarts") return {"sum"};
  if (metric.id == "stream_speed") return {"mean", "p50"};
  if (metric.kind == "latency" || metric.id == "output_tokens")
    return {"mean", "p50", "p90", "p95", "p99", "max"};
  return {"mean"};
}

std::string why_not(const MetricInfo& metric, const std::string& stat) {
  const bool upper = stat == "p90" || stat == "p95" || stat == "p99" || stat == "max";
  if (metric.id == "stream_speed" && upper) {
    return " (an upper tail says nothing about the slow streams: use tpot with " + stat + ")";
  }
  return "";
}

std::string plural(std::size_t n, const std::string& word) {
  return std::to_string(n) + " " + word + (n == 1 ? "" : "s");
}

/// Smallest n for which a one-sided bound of the quantile exists: 1 - q^n >= 1 - alpha.
std::size_t quantile_min_n(double q, double alpha) {
  return static_cast<std::size_t>(std::ceil(std::log(alpha) / std::log(q) - 1e-9));
}

void check_point(const Cursor& at, const Criterion& c, const Scenario& s) {
  if (c.point.empty()) return;
  if (is_global(c)) at.at("point").fail("no point: " + c.metric + " belongs to the whole run");
  std::vector<std::string> ids;
  for (const LoadPoint& point : s.points) ids.push_back(point.id);
  if (std::find(ids.begin(), ids.end(), c.point) == ids.end()) {
    at.at("point").fail(one_of(ids) + did_you_mean(c.point, ids));
  }
}

void check_percentile(const Cursor& at, const Criterion& c, const Scenario& s) {
  static const std::map<std::string, double> quantiles{
      {"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}};
  const auto q = quantiles.find(c.stat);
  if (q == quantiles.end() || s.points.empty()) return;
  const auto named = std::find_if(s.points.begin(), s.points.end(),
                                  [&](const LoadPoint& p) { return p.id == c.point; });
  const LoadPoint& point = named == s.points.end() ? s.points.front() : *named;
  if (point.duration || point.requests == 0) return;
  const std::size_t planned = s.blocks * point.requests;
  const std::size_t needed = quantile_min_n(q->second, c.alpha);
  if (planned >= needed) return;
  at.at("stat").fail(c.stat + " of " + std::to_string(planned) + " requests (" +
                         plural(s.blocks, "block") + " × " + std::to_string(point.requests) +
                         " at point " + point.id + ")",
                     "at least " + std::to_string(needed) +
                         " requests, or no bound of it exists: raise requests or blocks");
}

void check_plugin(const Cursor& at, const Criterion& c, const QualityConfig& q) {
  if (q.scorer.command.empty()) {
    at.at("metric").fail("quality.plugin without a scorer",
                         "quality.scorer: {command: [...]}, or no such criterion");
  }
  const bool upward = c.op == Op::gt || c.op == Op::ge;
  if (upward != q.scorer.higher_is_better) {
    at.at("op").fail(std::string(to_string(c.op)) + " on a score of which " +
                         (q.scorer.higher_is_better ? "higher" : "lower") +
                         " is better (quality.scorer.higher_is_better)",
                     q.scorer.higher_is_better ? "\">\" or \">=\"" : "\"<\" or \"<=\"");
  }
}

void check_source(const Cursor& at, const Criterion& c, const Scenario& s) {
  const bool memory = is_memory(*find_metric(c.metric));
  if (is_quality(c) && s.quality.suite.empty()) {
    at.at("metric").fail(c.metric + " without a quality pass",
                         "quality.suite set, or no such criterion");
  }
  if (c.metric == "quality.ppl_ratio" && !s.quality.likelihood.enabled) {
    at.at("metric").fail(c.metric + " without log-probabilities of reference code",
                         "quality.likelihood: {enabled: true}, or no such criterion");
  }
  if (c.metric == "quality.plugin") check_plugin(at, c, s.quality);
  if (c.metric == "quality.pass_at_k" && s.quality.repeats < 2) {
    at.at("metric").fail(c.metric + " with quality.repeats: 1",
                         "quality.repeats of at least k and 2, or quality.pass1");
  }
  if (memory && s.candidate.gpu.kind == GpuSource::Kind::none && c.metric == "gpu_memory_used") {
    at.at("metric").fail(c.metric + " without a source",
                         "candidate.gpu.source: nvidia-smi or dcgm");
  }
  if (memory && c.form != Form::candidate && s.baseline.gpu.kind == GpuSource::Kind::none) {
    at.at("form").fail("a comparison without the baseline's memory",
                       "baseline.gpu.source: nvidia-smi or dcgm");
  }
  if (c.metric == "slo_attainment" && !s.slo.ttft && !s.slo.tpot && !s.slo.e2e) {
    at.at("metric").fail(c.metric + " without objectives", "slo.ttft, slo.tpot or slo.e2e");
  }
}

}  // namespace

void check_metric_use(const Cursor& at, Criterion& c) {
  const MetricInfo& metric = *find_metric(c.metric);
  const auto stats = stats_for(metric);
  if (!at.at("stat").present()) c.stat = stats.front();
  if (std::find(stats.begin(), stats.end(), c.stat) == stats.end()) {
    at.at("stat").fail(c.stat + " of " + c.metric, one_of(stats) + why_not(metric, c.stat));
  }
  const bool between_arms = metric.id == "quality.ppl_ratio" || metric.id == "quality.flip_rate";
  if (between_arms && c.form != Form::candidate) {
    at.at("form").fail("form: candidate, " + c.metric + " already compares the arms");
  }
  const bool counted =
      metric.id == "errors" || metric.id == "restarts" || metric.kind == "fraction";
  if (counted && c.form != Form::candidate) {
    at.at("form").fail(std::string(to_string(c.form)) + " of " + c.metric +
                           ", a count whose baseline is 0 when all is well",
                       "form: candidate");
  }
}

void check_criteria(const Cursor& at, const Scenario& s) {
  std::set<std::string> ids;
  bool any_must = false;
  for (std::size_t i = 0; i < s.criteria.size(); ++i) {
    const Criterion& c = s.criteria[i];
    if (!ids.insert(c.id).second) at.at(i).at("id").fail(c.id + " a second time", "a unique id");
    any_must = any_must || c.level == Level::must;
    check_point(at.at(i), c, s);
    check_percentile(at.at(i), c, s);
    check_source(at.at(i), c, s);
  }
  if (!any_must)
    at.fail("no criterion of level must", "at least one: without it nothing can be decided");
}

}  // namespace abgate::config
