#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

#include "report/escape.hpp"
#include "report/report.hpp"

namespace abgate::report {

namespace {
using decision::CriterionResult;
using decision::Decision;

/// Unix time of "2026-01-31T02:17:00Z"; absent for any other text.
std::optional<double> unix_time(const std::string& iso) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(iso.c_str(), "%4d-%2u-%2uT%2u:%2u:%2uZ", &year, &month, &day, &hour, &minute,
                  &second) != 6)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days{date}.time_since_epoch();
  return static_cast<double>(std::chrono::seconds(days).count() + hour * 3600 + minute * 60 +
                             second);
}

/// One metric family: help and type once, then its samples. Nothing is written without samples.
class Family {
 public:
  Family(std::string name, std::string_view help)
      : name_(std::move(name)),
        head_(fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name_, help)) {}

  Family& add(const std::string& labels, double value) {
    if (!std::isfinite(value)) return *this;
    samples_ += labels.empty() ? fmt::format("{} {}\n", name_, value)
                               : fmt::format("{}{{{}}} {}\n", name_, labels, value);
    return *this;
  }
  Family& add(const std::string& labels, const std::optional<double>& value) {
    return value ? add(labels, *value) : *this;
  }
  std::string text() const { return samples_.empty() ? "" : head_ + samples_; }

 private:
  std::string name_, head_, samples_;
};

std::string label(std::string_view name, std::string_view value) {
  return fmt::format("{}=\"{}\"", name, prometheus_label(value));
}

std::string verdicts(const Input& in, const std::string& scenario) {
  Family family("abgate_verdict", "1 for the verdict of the last run, 0 for the others.");
  for (const auto& [decision, word] : {std::pair{Decision::go, "go"},
                                       {Decision::no_go, "no_go"},
                                       {Decision::inconclusive, "inconclusive"},
                                       {Decision::void_run, "void"}}) {
    family.add(scenario + "," + label("verdict", word),
               in.verdict.decision == decision ? 1.0 : 0.0);
  }
  return family.text();
}

std::string criteria(const Input& in, const std::string& scenario) {
  Family value("abgate_criterion_value", "What the criterion compares with its threshold.");
  Family bound("abgate_criterion_bound", "One-sided bound that a PASS needs on the right side.");
  Family threshold("abgate_criterion_threshold", "Threshold of the criterion.");
  Family result("abgate_criterion_result", "1 for the result of the criterion, 0 for the others.");
  for (const CriterionResult& r : in.verdict.criteria) {
    const std::string labels = fmt::format("{},{},{}", scenario, label("id", r.criterion.id),
                                           label("level", to_string(r.criterion.level)));
    value.add(labels, r.measured);
    bound.add(labels, r.bound);
    threshold.add(labels, r.criterion.value);
    for (const auto& [which, word] : {std::pair{decision::Result::pass, "pass"},
                                      {decision::Result::fail, "fail"},
                                      {decision::Result::inconclusive, "inconclusive"}}) {
      result.add(labels + "," + label("result", word), r.result == which ? 1.0 : 0.0);
    }
  }
  return value.text() + bound.text() + threshold.text() + result.text();
}

std::string ratios(const Input& in, const std::string& scenario) {
  Family ratio("abgate_ratio", "Candidate / baseline.");
  Family noise("abgate_aa_ratio", "Baseline against itself: the noise floor.");
  for (const auto& m : in.comparison.metrics) {
    ratio.add(fmt::format("{},{},{},{}", scenario, label("metric", m.metric), label("stat", m.stat),
                          label("point", m.point)),
              m.ratio.value);
  }
  for (const auto& aa : in.comparison.aa) {
    noise.add(
        fmt::format("{},{},{}", scenario, label("metric", aa.metric), label("point", aa.point)),
        aa.ratio.value);
  }
  return ratio.text() + noise.text();
}

std::string requests(const Input& in, const std::string& scenario) {
  Family total("abgate_requests", "Measured requests of the last run.");
  Family errors("abgate_errors", "Failed requests of the last run.");
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    double attempted = 0, failed = 0;
    for (const stats::BlockArm& b : in.measurements.blocks) {
      if (b.kind != CellKind::load || b.arm != arm) continue;
      attempted += static_cast<double>(b.attempted);
      failed += static_cast<double>(b.failed);
    }
    const std::string labels = scenario + "," + label("arm", to_string(arm));
    total.add(labels, attempted);
    errors.add(labels, failed);
  }
  return total.text() + errors.text();
}

std::string times(const Input& in, const std::string& scenario) {
  const auto finished = unix_time(in.manifest.finished), started = unix_time(in.manifest.started);
  Family last("abgate_last_run_timestamp_seconds", "When the last run ended.");
  Family last_go("abgate_last_go_timestamp_seconds", "When the last run with verdict GO ended.");
  Family duration("abgate_duration_seconds", "How long the last run took.");
  last.add(scenario, finished);
  if (in.verdict.decision == Decision::go) last_go.add(scenario, finished);
  if (finished && started) duration.add(scenario, *finished - *started);
  return last.text() + last_go.text() + duration.text();
}
}  // namespace

std::string prometheus_text(const Input& in) {
  // No run id among the labels: a new series a night would never end.
  const std::string scenario = label("scenario", in.manifest.scenario_name);
  Family build("abgate_build_info", "Version of abgate that judged.");
  build.add(scenario + "," + label("version", in.manifest.tool_version), 1.0);
  Family simulated("abgate_simulated", "1 if an endpoint said that it is a simulator.");
  simulated.add(scenario, in.verdict.simulated || in.measurements.simulated ? 1.0 : 0.0);
  return build.text() + simulated.text() + times(in, scenario) + verdicts(in, scenario) +
         criteria(in, scenario) + ratios(in, scenario) + requests(in, scenario);
}

}  // namespace abgate::report
