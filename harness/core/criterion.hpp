#pragma once
// One line of the success criteria, as the scenario declares it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace abgate {

enum class Level { must, target };            ///< only `must` decides GO / NO-GO
enum class Op { lt, le, gt, ge, eq };
enum class MissingRule { inconclusive, fail };  ///< "pass" does not exist
/// What the threshold is compared with.
enum class Form {
  candidate,   ///< the candidate's own value
  ratio,       ///< candidate / baseline
  difference,  ///< candidate - baseline
};

/// A metric of the catalogue (`criterion.cpp`): everything that a criterion may name.
struct MetricInfo {
  std::string_view id;          ///< e.g. "ttft"
  std::string_view unit;        ///< unit of a threshold on it, e.g. "s"
  int better;                   ///< -1 lower is better, +1 higher is better
  std::string_view kind;        ///< "latency" | "rate" | "memory" | "count" | "score" | "fraction"
  std::string_view definition;  ///< one sentence, printed beside each number
};

/// nullptr if there is no such metric.
const MetricInfo* find_metric(std::string_view id);
/// All metrics, for help texts and the schema.
const std::vector<MetricInfo>& metric_catalogue();

struct Criterion {
  std::string id;            ///< unique in the scenario, e.g. "ttft"
  std::string title;         ///< for people; defaults to the id
  Level level = Level::must;
  std::string metric;        ///< MetricInfo::id
  std::string stat = "mean"; ///< "mean" | "p50" | "p90" | "p95" | "p99" | "max" | "sum"
  Form form = Form::candidate;
  Op op = Op::lt;
  double value = 0;          ///< in the metric's unit; for a ratio a plain number
  std::string unit;          ///< the metric's unit, to which `value` was converted; empty for a ratio
  std::string point;         ///< load point id; empty: the scenario's first (for counts: all of them)
  std::string method;        ///< empty: the metric's default (see decision/methods)
  double alpha = 0.05;       ///< one-sided error of a PASS
  std::size_t min_n = 0;     ///< below: INCONCLUSIVE
  MissingRule missing = MissingRule::inconclusive;
  std::string note;          ///< how an ambiguity was read; printed in the report
  int line = 0;              ///< in the scenario file, for messages
};

std::string_view to_string(Level level);
std::string_view to_string(Op op);      ///< "<", "≤", ">", "≥", "="
std::string_view to_string(Form form);
std::string_view to_string(MissingRule rule);

}  // namespace abgate
