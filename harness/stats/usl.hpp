#pragma once
// Throughput over concurrency, and where one arm stops winning. Universal Scalability Law (Gunther
// 2007): X(N) = λN / (1 + σ(N-1) + κN(N-1)), σ >= 0 contention, κ >= 0 coherency.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stats/estimate.hpp"

namespace abgate::stats {

/// Throughputs of both arms at one concurrency, one value per block (aligned, NaN where missing).
struct LoadLevel {
  double concurrency = 0;
  std::vector<double> baseline, candidate;
};

struct UslFit {
  double lambda = 0;  ///< throughput of one stream
  double sigma = 0;
  double kappa = 0;
  double rmse_log = 0;  ///< root mean square of ln(observed / fitted)
  double at(double concurrency) const;
  /// Concurrency of the largest throughput: √((1-σ)/κ); nullopt where it never falls.
  std::optional<double> peak() const;
};

/// Least squares on ln X (relative errors), non-negative σ and κ: linear start from N/X, then
/// Gauss–Newton. nullopt: fewer than 3 different concurrencies >= 1, or a throughput not above 0.
std::optional<UslFit> fit_usl(std::span<const double> concurrency,
                              std::span<const double> throughput);

struct Crossover {
  std::optional<UslFit> baseline, candidate;
  Estimate concurrency;  ///< where candidate / baseline falls to 1; value absent: `why`
  bool candidate_wins_everywhere = false;  ///< within the concurrencies measured
  bool candidate_loses_everywhere = false;
};
/// Root of the fitted ratio within the measured range. Interval: blocks resampled (the same for
/// both arms and all levels), percentile; absent below 3 blocks. Replicates without a crossing
/// count as beyond the range on the side that wins, so that an open end stays open.
Crossover crossover(std::span<const LoadLevel> levels, double level, std::uint64_t seed,
                    std::size_t replicates = 2000, unsigned threads = 2);

}  // namespace abgate::stats
