#pragma once
// How many independent values a correlated series is worth, and how long a bootstrap's blocks must
// be. Series in order of time, without NaN.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace abgate::stats {

/// ρ_0 … ρ_max_lag: Σ(x_t-x̄)(x_{t+k}-x̄) / Σ(x_t-x̄)², the biased form. Empty for a constant series
/// or fewer than 2 values.
std::vector<double> autocorrelation(std::span<const double> series, std::size_t max_lag);

/// τ = -1 + 2 Σ Γ_m, Γ_m = ρ_{2m} + ρ_{2m+1}, up to the first Γ_m <= 0: Geyer's (1992) initial
/// positive sequence. An alternating series has τ < 1. nullopt below 8 values and for a constant
/// series.
std::optional<double> integrated_time(std::span<const double> series);
/// n / τ, at most n.
std::optional<double> effective_size(std::span<const double> series);
/// s / √n with the effective size.
std::optional<double> correlated_se(std::span<const double> series);
/// Standard error from the means of `batches` equal batches; the rest at the end is dropped.
std::optional<double> batch_means_se(std::span<const double> series, std::size_t batches);

/// Block lengths that minimise the error of the bootstrap's variance: Politis and White (2004),
/// with the correction of Patton, Politis and White (2009).
struct BlockLength {
  std::size_t m_hat = 0;      ///< last lag with a correlation that counts
  std::size_t bandwidth = 0;  ///< M = 2 m_hat
  double stationary = 1;
  double circular = 1;
};
std::optional<BlockLength> politis_white(std::span<const double> series);

}  // namespace abgate::stats
