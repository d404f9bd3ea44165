#pragma once
// What every criterion is judged from, gathered once; internal to the room.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/scenario.hpp"
#include "decision/judge.hpp"
#include "decision/noise.hpp"
#include "stats/comparison.hpp"
#include "stats/measurements.hpp"
#include "stats/series.hpp"

namespace abgate::decision {

struct Inputs {
  const Scenario& scenario;
  const stats::Measurements& m;
  const stats::Comparison& comparison;
  const JudgeContext& context;
  std::size_t must = 1;  ///< number of must criteria: the Bonferroni divisor of FAIL claims
  NoiseFloor noise{};     ///< A/A; without shifts where the scenario does not ask A/A to contain 1
  double minutes_per_block = 0;  ///< of both arms at every point; 0 unknown
};

/// The load point that a criterion reads: its own, or the scenario's first. nullptr: there is none.
const LoadPoint* point_of(const Scenario& scenario, const Criterion& criterion);

/// Load blocks of one arm, by block number; `point` empty: every point.
std::vector<const stats::BlockArm*> blocks_of(const stats::Measurements& m, std::string_view point,
                                              Arm arm, CellKind kind = CellKind::load);

/// Failed and attempted requests of one arm at one point ("" every point), load cells only.
stats::RunCount load_failures(const stats::Measurements& m, std::string_view point, Arm arm);

/// True where a success should have a value of the metric and has none: its tokens were never
/// counted (or came in one piece), so that its time per token is unknown. An answer of one token
/// has no time per token by definition and lacks nothing.
bool lacks_value(const stats::RequestMetrics& r, std::string_view metric);
/// Successes of one arm at one point that lack a value of the metric; load cells only.
std::size_t lacking(const stats::Measurements& m, std::string_view point, Arm arm,
                    std::string_view metric);

/// A copy in which every failed request at `point` has become a success with the worst latencies
/// seen there in either arm (candidate) or the best (baseline), and every value that a success
/// lacks likewise. A PASS on a mean must survive it: left out, failing would make an endpoint look
/// faster. nullopt if nothing failed or is lacking there.
std::optional<stats::Measurements> with_failures_at_worst(const stats::Measurements& m,
                                                          std::string_view point);

/// Expected cells that are not there and that the criterion needs.
std::vector<std::string> missing_for(const Inputs& in, const Criterion& criterion);

/// Wall minutes of one block with both arms at every point, from what was measured; 0 if unknown.
double measured_minutes_per_block(const Scenario& scenario, const stats::Measurements& m);

/// Label of an arm for people: the scenario's, else the arm's name.
std::string label_of(const Scenario& scenario, Arm arm);

}  // namespace abgate::decision
