#pragma once
// A/A: the baseline against itself shows what the setup alone makes of two equal servers.

#include <string>
#include <string_view>
#include <vector>

#include "core/scenario.hpp"
#include "stats/measurements.hpp"

namespace abgate::decision {

struct NoiseFloor {
  /// A metric at a point whose A/A interval does not contain 1: |ln| of its farthest end.
  struct Shift {
    std::string metric, point;
    double amount = 0;
  };
  /// Half width, |ln|, with which blocks of this run compare two equal servers on a metric.
  struct Floor {
    std::string metric, point;
    double half_width = 0;
  };
  bool measured = false;
  std::vector<Floor> floors;
  std::vector<Shift> shifts;
  bool biased = false;  ///< some shift is too large to go on with (see kNegligibleShare)
  /// The metric at its point whose shift is beyond any chance and material as well: such a run is
  /// VOID (see noise_floor). Empty: none.
  std::string spoiled;
  /// Half width (relative, 90 %) with which the blocks of this run compare two equal servers; of
  /// metrics that a criterion compares between the arms. Others are judged by their own interval
  /// alone.
  double resolution = 0;
  std::string worst;  ///< metric at its point with the largest shift, else resolution
  std::string line;   ///< for the first screen; empty: no A/A

  /// What a PASS and a FAIL on that metric must clear beyond their threshold; 0 where A/A
  /// contains 1.
  double shift_of(std::string_view metric, std::string_view point) const;
  /// Smallest |ln ratio| that is an effect at all; 0 where no A/A block tells.
  double floor_of(std::string_view metric, std::string_view point) const;
};

/// A/A ratios of every metric that a block criterion uses. "Contains 1" is tested at 99 % over all
/// of them together: a gate that cried wolf in one run of ten would be switched off. A deviation
/// below a fifth of validity.aa_max_half_width does not spoil the run (servers as even as simulated
/// ones show such differences beyond doubt), but results must clear it.
///
/// What a shift does to the run is graded, because an interval at 95 % would miss 1 in one sound
/// run of twenty and throw it away:
///   99.9 % family interval without 1 and estimate beyond ±aa_max_half_width   VOID (`spoiled`)
///   99 % family interval without 1 and estimate beyond a fifth of it          INCONCLUSIVE at most
///   99 % family interval without 1                                            results must clear
///   it
/// Guarded by it: every criterion on a request or block metric (means, percentiles, rates; ratio,
/// difference and level). Quality is guarded by the baseline's second answers where
/// quality.control asks for them (judge_quality.cpp). Not guarded, for want of an A/A analogue:
/// errors, restarts, memory and slo_attainment (facts and shares of the candidate alone), a largest
/// value seen, flips, likelihood, quality without a control.
///
/// So at most 1 sound run in 1,000 is VOID by chance (Bonferroni over the metrics), and a
/// difference that the scenario tolerates as noise never voids.
NoiseFloor noise_floor(const Scenario& scenario, const stats::Measurements& m);

}  // namespace abgate::decision
