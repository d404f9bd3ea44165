#pragma once
// How often a truncation rule or a detector fired, per arm. A quantised model that forgets how to
// stop shows here first.

#include <cstddef>
#include <string>
#include <vector>

#include "core/score.hpp"
#include "stats/estimate.hpp"

namespace abgate::stats {

/// One rule ("dedent") or detector ("repetition_loop") that fired in any arm.
struct AnswerRate {
  enum class Kind { cut, flag } kind = Kind::cut;
  std::string name;
  std::size_t n = 0;          ///< items that baseline and candidate both answered
  std::size_t n_control = 0;  ///< items that baseline and control both answered
  /// Share of the answers: clustered by source; Wilson on effective counts. `control` is absent
  /// without one.
  Estimate baseline, candidate, control;
  Estimate difference;        ///< candidate - baseline, paired: Tango, or clustered t with repeats
  Estimate floor_difference;  ///< control - baseline, over the items of both
};

/// Cut rules first, then detectors, each by name.
std::vector<AnswerRate> answer_rates(const std::vector<ItemScore>& answers, double level);

}  // namespace abgate::stats
