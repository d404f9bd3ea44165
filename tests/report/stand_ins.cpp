// The few functions of the rooms below that the report calls, for a tree in which those rooms have
// no library. Not built where they have one.

#include <algorithm>

#include "decision/verdict.hpp"
#include "stats/comparison.hpp"

#ifndef ABGATE_HAS_DECISION
namespace abgate::decision {
std::string_view to_string(Result result) {
  return result == Result::pass ? "PASS" : result == Result::fail ? "FAIL" : "INCONCLUSIVE";
}
std::string_view to_string(Decision decision) {
  switch (decision) {
    case Decision::go:
      return "GO";
    case Decision::no_go:
      return "NO-GO";
    case Decision::inconclusive:
      return "INCONCLUSIVE";
    case Decision::void_run:
      return "VOID";
  }
  return "?";
}
ExitCode exit_code(Decision decision) {
  switch (decision) {
    case Decision::go:
      return ExitCode::go;
    case Decision::no_go:
      return ExitCode::no_go;
    case Decision::inconclusive:
      return ExitCode::inconclusive;
    case Decision::void_run:
      return ExitCode::void_run;
  }
  return ExitCode::internal;
}
}  // namespace abgate::decision
#endif

#ifndef ABGATE_HAS_STATS
namespace abgate::stats {
const MetricComparison* Comparison::find(std::string_view metric, std::string_view stat,
                                         std::string_view point) const {
  const auto it = std::find_if(metrics.begin(), metrics.end(), [&](const MetricComparison& m) {
    return m.metric == metric && m.stat == stat && m.point == point;
  });
  return it == metrics.end() ? nullptr : &*it;
}
}  // namespace abgate::stats
#endif
