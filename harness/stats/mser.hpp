#pragma once
// MSER-5 (White 1997): where the warm-up of a series ends.

#include <cstddef>
#include <span>
#include <vector>

namespace abgate::stats {

struct Mser {
  std::size_t truncate = 0;  ///< leading observations to drop
  std::size_t batches = 0;   ///< of 5 observations
  bool half_limit =
      false;  ///< the minimum lies at the search limit of half the batches: no steady part found
  bool usable = false;  ///< at least 4 batches
  double mean_all = 0;
  double mean_after = 0;
  std::vector<double> statistic;  ///< MSER(d) for d = 0 … batches/2
};

/// Batch means z_j of `batch` observations; MSER(d) = Σ_{j>=d}(z_j - z̄_d)²/(m-d)²; cut at the
/// smallest, searched for d <= m/2 (first minimum on ties). The rest below one batch at the end
/// counts for the means only. Fewer than 4 batches: `usable` is false and nothing is cut.
Mser mser(std::span<const double> series, std::size_t batch = 5);

}  // namespace abgate::stats
