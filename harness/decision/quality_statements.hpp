#pragma once
// The statistics of quality criteria: which test a series of pairs gets, and its bounds; internal
// to the room.

#include <optional>
#include <string>

#include "decision/methods.hpp"
#include "decision/verdict.hpp"
#include "stats/series.hpp"

namespace abgate::decision {

/// Bounds in the criterion's unit; `p` of the PASS claim.
struct QualityStatement {
  std::optional<double> value, pass, fail, p;
};

/// The pairs of a score. Pairs of which only one arm has the score count as dropped.
stats::QualitySeries scored_series(const stats::Measurements& m, const std::string& score);

/// 0/1 scores: Tang's (ratio) or Tango's (difference) score test on counts divided by the design
/// effect, Clopper–Pearson for a level. Continuous scores: clustered t; a ratio as D = c - R0·b
/// (Fieller).
QualityStatement state_quality(const stats::QualitySeries& s, Method method,
                               const CriterionResult& r);

/// Dropped pairs at their worst for the candidate: 0 where the baseline has 1, or the reverse where
/// small is good. Each is a source of its own.
stats::QualitySeries at_worst(stats::QualitySeries s, Op op);

}  // namespace abgate::decision
