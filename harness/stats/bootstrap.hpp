#pragma once
// Resampling intervals. Secondary: within one session they say how much the mix of prompts matters,
// never how much another run would differ (t_blocks.hpp does). Every replicate has its own
// SplitMix64 stream, seeded from (seed, replicate), so that the number of threads cannot change a
// result.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "stats/estimate.hpp"

namespace abgate::stats {

/// Where the random numbers come from. `sequential`: one stream through all replicates in order,
/// one thread; the form that published test vectors have.
enum class Streams { per_replicate, sequential };

struct BootstrapOptions {
  std::size_t replicates = 10000;
  std::uint64_t seed = 1;
  unsigned threads = 2;  ///< at least 1; changes the time only
  Streams streams = Streams::per_replicate;
};

/// Σ candidate / Σ baseline over pairs resampled jointly; one value per replicate, in order of
/// replicates. Empty input, unequal lengths or more than 2^32 pairs give an empty vector. Cost: one
/// random number per two pairs and one cache line per pair.
std::vector<double> bootstrap_ratio(std::span<const double> baseline,
                                    std::span<const double> candidate,
                                    const BootstrapOptions& options);

/// Mean of circular blocks of `length` consecutive values (1: independent values): ⌈n/length⌉
/// blocks from uniform starts, cut to n values (Politis, Romano 1992).
std::vector<double> bootstrap_mean(std::span<const double> values, std::size_t length,
                                   const BootstrapOptions& options);

/// One run of both arms: values paired by request.
struct PairedRun {
  std::vector<double> baseline, candidate;
};
/// Runs resampled first, then circular blocks of `length` pairs within each; ratio of sums.
std::vector<double> bootstrap_hierarchical_ratio(std::span<const PairedRun> runs,
                                                 std::size_t length,
                                                 const BootstrapOptions& options);

/// Any statistic of resampled positions 0 … n-1. Called from several threads at once.
using Statistic = std::function<double(std::span<const std::uint32_t>)>;
std::vector<double> bootstrap(std::size_t n, const Statistic& statistic,
                              const BootstrapOptions& options);

/// Percentile interval of the replicates (type 7). Replicates that are not finite are left out and
/// counted in a warning.
Estimate percentile_interval(std::vector<double> replicates, double value, double level);

/// Bias correction and acceleration (Efron 1987).
struct Bca {
  Estimate interval;
  double z0 = 0;             ///< Φ⁻¹((#below + ½ #equal) / B)
  double acceleration = 0;   ///< from the jackknife
  double low = 0, high = 0;  ///< levels of the replicates' quantiles
};
/// Refused: fewer than 50 values (`jackknife.size()`), a degenerate bias. Not for percentiles: the
/// jackknife of a quantile is inconsistent.
Bca bca_interval(std::vector<double> replicates, double value, std::span<const double> jackknife,
                 double level, std::size_t fewest = 50);
/// Σc/Σb with one pair left out, for every pair.
std::vector<double> jackknife_ratio(std::span<const double> baseline,
                                    std::span<const double> candidate);

/// Maps a 64-bit random number to {0 … n-1}: high half of the product. Bias below n/2^64.
constexpr std::uint64_t below_by_product(std::uint64_t random, std::uint64_t n) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(random) * n) >> 64);
}

}  // namespace abgate::stats
