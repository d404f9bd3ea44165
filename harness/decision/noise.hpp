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
NoiseFloor noise_floor(const Scenario& scenario, const stats::Measurements& m);

}  // namespace abgate::decision
