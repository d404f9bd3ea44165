#pragma once
// From raw records to Measurements. Pure; one cell at a time, so that a run never has to fit in
// memory.

#include <string>
#include <vector>

#include "core/record.hpp"
#include "core/scenario.hpp"
#include "core/score.hpp"
#include "core/telemetry.hpp"
#include "stats/measurements.hpp"

namespace abgate::stats {

/// Every metric of one cell of one arm, by the definitions of metric_catalogue(). Requests in order
/// of sending; warm-up requests are not among them, but their tokens count in the steady window
/// while they drain. Latencies are of successes; a time-out with no token is entered as censored at
/// its time-out.
BlockArm measure_cell(const CellRecord& cell);

/// Where throughput may be read (see SteadyWindow). Closed loop: from the first to the last moment
/// at which 95 % of the streams are in flight, measured requests only; open loop: from the first to
/// the last arrival. The begin is then cut by MSER-5 on throughput per second (shorter bins where
/// the window is short), never by more than half. `steady` is false when no such window exists,
/// when the load was not held, or when throughput still drifts; the window is then the best there
/// is.
SteadyWindow steady_window(const CellRecord& cell);

/// Everything that measure() combines.
struct MeasureInput {
  std::vector<BlockArm> cells;    ///< measure_cell of every cell of every kind, any order
  std::vector<ItemScore> scores;  ///< quality pass, every arm
  Telemetry telemetry;
  std::vector<std::string> expected;  ///< names of the cells that the manifest promises (cell_name)
};

/// Pairs quality answers by item (repeats averaged over those that both arms answered), takes the
/// server's deltas, restarts and memory from telemetry, and lists what is missing. Cells of kind
/// `prime` are dropped; those of kind `quality` become counts. The order of the input changes
/// nothing.
Measurements measure(MeasureInput input, const Scenario& scenario);

/// Convenience for tests and small runs.
Measurements measure(const std::vector<CellRecord>& cells, std::vector<ItemScore> scores,
                     Telemetry telemetry, const Scenario& scenario);

/// Parts of measure(), for tests and for tools that have only telemetry.
std::vector<QualityPair> pair_quality(const std::vector<ItemScore>& scores);
/// Counters grow from the sample labelled "begin CELL" to the one labelled "end CELL" (cell_name),
/// summed over load cells; without such labels from the arm's first sample to its last.
ServerDelta server_delta(const Telemetry& telemetry, Arm arm, Mode mode);
/// `intervals`: when the arm was under load; samples must cover them without a gap above `max_gap`.
struct Interval {
  TimePoint begin{}, end{};
};
MemoryUse memory_use(const Telemetry& telemetry, Arm arm, const std::vector<Interval>& intervals,
                     const ArmConfig& config, const ServerDelta& server);

}  // namespace abgate::stats
