#pragma once
// Views of Measurements that statistics are made of: values per block, counts per run, pairs per
// item. Used by compare() and by the verdict, so that both say the same about the same data.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "stats/estimate.hpp"
#include "stats/exceedance.hpp"
#include "stats/measurements.hpp"
#include "stats/paired_binary.hpp"

namespace abgate::stats {

/// Values of the requests of one block for a latency metric, "stream_speed" or "output_tokens".
/// Undefined ones are left out. `with_censored`: response times of timed-out requests are included
/// at their time-out (percentiles); without, successes only (means).
std::vector<double> request_values(const BlockArm& block, std::string_view metric,
                                   bool with_censored);

/// One number per block and arm, aligned by block; NaN where a block lacks the arm or the value.
struct BlockSeries {
  std::vector<std::uint32_t> blocks;
  std::vector<double> baseline, candidate;  ///< for kind aa: `candidate` is the control
  std::size_t baseline_requests = 0, candidate_requests = 0;  ///< values behind them, all blocks
  std::string why;                                            ///< why everything is absent
};

/// stat: "mean" | "p50" | "p90" | … (any "p" number) for request metrics. Means of "stream_speed"
/// are 1/mean(TPOT): the harmonic mean of the streams' speeds. "throughput" and "request_rate" have
/// only "mean": the block's own figure. A percentile needs min_n_to_show(p) values over all blocks
/// of an arm and 1/(1-p) values in each block, else the series is empty and `why` says how many.
BlockSeries block_series(const Measurements& data, std::string_view metric, std::string_view stat,
                         std::string_view point, CellKind kind = CellKind::load);

/// Requests at or above `limit` (failed ones included) per block of one arm: input of exceedance().
std::vector<RunCount> exceeding(const Measurements& data, std::string_view metric,
                                std::string_view point, Arm arm, double limit);

/// Requests that failed or missed an objective of `slo`, per block of one arm. An answer whose
/// tokens nobody counted has not been shown to meet one on tpot.
std::vector<RunCount> missing_slo(const Measurements& data, const Slo& slo, std::string_view point,
                                  Arm arm);

/// Attempted and failed over the load cells of one arm; `point` empty: all points, quality pass
/// included.
RunCount failures(const Measurements& data, std::string_view point, Arm arm);

/// The pairs of one quality metric ("em_ws", without "quality.").
struct QualitySeries {
  std::vector<double> baseline, candidate;
  std::vector<std::uint32_t> clusters;
  std::vector<std::size_t> pairs;  ///< positions in Measurements::quality
  std::size_t cluster_count = 0;
  std::size_t dropped = 0;   ///< pairs without both answers
  bool binary = false;       ///< every score is 0 or 1
  PairedCounts counts;       ///< binary only
  double design_effect = 1;  ///< of candidate - baseline, >= 1
};
/// dimension "all" (name ignored), "category" or "language".
QualitySeries quality_series(const Measurements& data, std::string_view metric,
                             std::string_view dimension = "all", std::string_view name = "");

/// Metrics that any pair has, ascending.
std::vector<std::string> quality_metrics(const Measurements& data);
/// Load point ids in order of first appearance.
std::vector<std::string> points(const Measurements& data);

/// Share of items whose score in `metric` differs between baseline and candidate (or control).
Estimate flip_rate(const Measurements& data, std::string_view metric, Arm other, double level);
/// Share of scored answers of one arm with any of the flags of degenerate output.
Estimate degenerate_rate(const Measurements& data, Arm arm, double level);

/// One arm's mean score over the pairs of a series (`values` is one of its arms): Wilson on counts
/// divided by the arm's own design effect for 0/1 scores, clustered t otherwise.
Estimate arm_mean(const QualitySeries& series, const std::vector<double>& values, double level);
/// The same where part of what lies between the items is no chance: `spread` has the values without
/// it, and the same mean.
Estimate arm_mean(const QualitySeries& series, const std::vector<double>& values, double level,
                  const std::vector<double>& spread);

/// The value and interval that quality groups are judged by: binary → Tang (ratio) and Tango
/// (difference) on counts divided by the design effect, else clustered Fieller and clustered t.
Estimate quality_ratio(const QualitySeries& series, double level);
Estimate quality_difference(const QualitySeries& series, double level);

}  // namespace abgate::stats
