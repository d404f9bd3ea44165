#pragma once
// Statistics of the paired arms, for every metric at every point: what the report shows beside the
// criteria. Made by compare(Measurements); the verdict itself recomputes from Measurements.

#include <string>
#include <string_view>
#include <vector>

#include "core/plan.hpp"
#include "stats/answer_floor.hpp"
#include "stats/answer_rates.hpp"
#include "stats/estimate.hpp"
#include "stats/measurements.hpp"

namespace abgate::stats {

/// One metric and statistic at one point (or over the quality pass).
struct MetricComparison {
  std::string metric;  ///< catalogue id
  std::string stat;    ///< "mean", "p50", …
  std::string unit;
  std::string point;
  Estimate baseline, candidate, ratio, difference;
  std::vector<double> baseline_blocks, candidate_blocks;  ///< aligned by block, NaN where missing
};

/// Noise floor: baseline against itself.
struct AaComparison {
  std::string metric, point;
  Estimate ratio;  ///< control / baseline
};

/// A group of the quality suite (category or language; "" is all).
struct QualityGroup {
  std::string metric;     ///< "em_ws", …
  std::string dimension;  ///< "all" | "category" | "language"
  std::string name;
  std::size_t n = 0, clusters = 0;
  std::size_t both = 0, baseline_only = 0, candidate_only = 0, neither = 0;  ///< binary metrics
  bool binary = false;
  Estimate baseline, candidate;  ///< means, 0..1
  Estimate ratio;                ///< candidate / baseline
  Estimate difference;           ///< in points, 0..1
  bool flagged = false;          ///< Holm-adjusted possible regression
  double p_adjusted = 1;
};

struct LengthDrift {  ///< output tokens: natural stops differ between models
  Estimate ratio;
  double ks_statistic = kUndefined;
  double ks_p = kUndefined;
  std::string point;
};

struct Comparison {
  std::vector<MetricComparison> metrics;
  std::vector<AaComparison> aa;
  std::vector<QualityGroup> quality;
  std::vector<LengthDrift> lengths;
  std::vector<LikelihoodSummary> likelihood;
  std::vector<AnswerFloor> floor;  ///< of the answers; empty without a control
  std::vector<AnswerRate> rates;   ///< truncation rules and detectors that fired at all

  const MetricComparison* find(std::string_view metric, std::string_view stat,
                               std::string_view point) const;
};

}  // namespace abgate::stats
