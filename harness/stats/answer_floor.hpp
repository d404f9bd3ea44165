#pragma once
// The A/A floor of answers: how much changes when the baseline is only asked again.

#include <cstddef>
#include <string>
#include <vector>

#include "stats/estimate.hpp"
#include "stats/measurements.hpp"

namespace abgate::stats {

/// Share of A/A changes of a binary score above which a margin of 5 % is beyond reach.
inline constexpr double kFloorLimit = 0.05;

/// One score over the items that all of baseline, candidate and control answered.
struct AnswerFloor {
  std::string metric;
  bool binary = false;
  std::size_t n = 0;
  Estimate changed;        ///< mean |candidate - baseline|; binary: share of flips
  Estimate floor;          ///< the same of control against baseline
  Estimate excess;         ///< of the pairwise difference of both
  Estimate difference;     ///< mean candidate - baseline
  Estimate floor_difference;
  /// A/A alone changes more than kFloorLimit of the answers: a margin of 5 % cannot be resolved
  /// from single answers.
  bool unresolved = false;
};

/// Binary scores: Wilson for shares, Tango for differences, on counts divided by the design effect;
/// other scores: clustered t. One per score that the control has; empty without a control.
std::vector<AnswerFloor> answer_floor(const Measurements& data, double level);

}  // namespace abgate::stats
