#pragma once
// One metric, night after night: is the last point out of line, does it drift, where did it change?
// Missing nights are missing: never filled. Series in order of time, without NaN.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace abgate::stats {

struct RobustZ {
  double median = 0;
  double mad = 0;         ///< median absolute deviation
  double sigma = 0;       ///< max(1.4826 MAD, floor)
  double z = 0;           ///< (x - median) / sigma
  double modified_z = 0;  ///< Iglewicz and Hoaglin: 0.6745 (x - median) / MAD; NaN for MAD 0
};
/// `floor`: noise below which a spread is not believed (the A/A noise). nullopt: empty history, or
/// MAD and floor both 0.
std::optional<RobustZ> robust_z(std::span<const double> history, double x, double floor = 0);

struct Prediction {
  double lower = 0, upper = 0;  ///< one-sided prediction bounds of the next value at `confidence`
  double p_low = 1;             ///< P of a value this low or lower
  double p_high = 1;
};
/// x̄ ± t_{confidence, n-1} s √(1 + 1/n). nullopt below 2 values or without spread.
std::optional<Prediction> t_prediction(std::span<const double> history, double x,
                                       double confidence);
std::optional<Prediction> t_prediction(double mean, double sd, std::size_t n, double x,
                                       double confidence);

struct Cusum {
  std::vector<double> up, down;            ///< S⁺ and S⁻ after every value
  std::optional<std::size_t> first_alarm;  ///< position of the first value with S > h
};
/// Page's CUSUM of (x - target)/sigma with slack k and limit h; not reset after an alarm.
Cusum cusum(std::span<const double> series, double target, double sigma, double k = 0.5,
            double h = 5);

/// E-divisive with means (Matteson and James 2014), exponent 1.
struct Split {
  double q = 0;           ///< largest divergence
  std::size_t tau = 0;    ///< first value of the right part
  std::size_t kappa = 0;  ///< end of the right part
};
/// Largest Q(τ, κ) over all τ < κ, each part with at least `min_part` values. q = 0 if none fits.
Split best_split(std::span<const double> series, std::size_t min_part = 1);
/// τ for κ at the end of the series only; V-statistic (n² in the denominators) if `v_statistic`.
Split best_split_to_end(std::span<const double> series, bool v_statistic);

struct SplitTest {
  Split split;
  std::size_t as_large = 0;  ///< permutations with as large a q
  double p = 1;              ///< (as_large + 1) / (permutations + 1), never 0
};
/// One stream of SplitMix64 through all permutations, each a Fisher–Yates shuffle of the series as
/// given. `to_end`: κ fixed at the end of the series.
SplitTest test_split(std::span<const double> series, std::size_t permutations, std::uint64_t seed,
                     std::size_t min_part = 1, bool to_end = false);

struct ChangePoint {
  std::size_t index = 0;       ///< first value of the new level
  double p = 1;                ///< permutation p
  double welch_p = 1;          ///< two-sided, of the segments beside it
  double relative_change = 0;  ///< mean after / mean before - 1
};
struct ChangeOptions {
  double p = 0.01;
  double min_change = 0;  ///< relative
  std::size_t min_part = 5;
  std::size_t permutations = 999;
  std::uint64_t seed = 1;
};
/// Hierarchical: split where significant, then both parts again. Ascending positions.
std::vector<ChangePoint> change_points(std::span<const double> series,
                                       const ChangeOptions& options);

/// Two-sided p of Welch's t test, sample variances (n-1). nullopt below 2 values a side.
std::optional<double> welch_p(std::span<const double> a, std::span<const double> b);

}  // namespace abgate::stats
