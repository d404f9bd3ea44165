#include "stats/autocorrelation.hpp"

#include <algorithm>
#include <cmath>

#include "stats/moments.hpp"

namespace abgate::stats {

namespace {

constexpr std::size_t kFewest = 8;

std::vector<double> centred(std::span<const double> series) {
  const double mean = moments(series).mean();
  std::vector<double> out(series.begin(), series.end());
  for (double& x : out) x -= mean;
  return out;
}

double lagged(const std::vector<double>& x, std::size_t lag) {
  double sum = 0;
  for (std::size_t t = 0; t + lag < x.size(); ++t) sum += x[t] * x[t + lag];
  return sum;
}

/// Flat-top lag window (Politis and Romano 1995).
double flat_top(double t) {
  return t <= 0.5 ? 1 : t <= 1 ? 2 * (1 - t) : 0;
}

/// Largest lag before a stretch of `stretch` correlations that are all insignificant.
std::size_t last_lag(const std::vector<double>& rho, std::size_t stretch, double threshold) {
  for (std::size_t m = 0; m + stretch < rho.size(); ++m) {
    const auto first = rho.begin() + static_cast<std::ptrdiff_t>(m) + 1;
    if (std::all_of(first, first + static_cast<std::ptrdiff_t>(stretch),
                    [&](double r) { return std::abs(r) < threshold; })) {
      return m;
    }
  }
  std::size_t last = 0;
  for (std::size_t k = 1; k < rho.size(); ++k) {
    if (std::abs(rho[k]) >= threshold) last = k;
  }
  return last;
}

}  // namespace

std::vector<double> autocorrelation(std::span<const double> series, std::size_t max_lag) {
  if (series.size() < 2) return {};
  const std::vector<double> x = centred(series);
  const double variance = lagged(x, 0);
  if (!(variance > 0)) return {};
  std::vector<double> rho;
  for (std::size_t k = 0; k <= max_lag && k < x.size(); ++k) rho.push_back(lagged(x, k) / variance);
  return rho;
}

std::optional<double> integrated_time(std::span<const double> series) {
  if (series.size() < kFewest) return std::nullopt;
  const std::vector<double> x = centred(series);
  const double variance = lagged(x, 0);
  if (!(variance > 0)) return std::nullopt;
  double sum = 0;
  for (std::size_t k = 0; k + 1 < x.size(); k += 2) {
    const double gamma = (lagged(x, k) + lagged(x, k + 1)) / variance;
    if (!(gamma > 0)) break;
    sum += gamma;
  }
  return 2 * sum - 1;
}

std::optional<double> effective_size(std::span<const double> series) {
  const auto tau = integrated_time(series);
  if (!tau) return std::nullopt;
  return static_cast<double>(series.size()) / std::max(1.0, *tau);
}

std::optional<double> correlated_se(std::span<const double> series) {
  const auto n = effective_size(series);
  return n ? std::optional(moments(series).sd() / std::sqrt(*n)) : std::nullopt;
}

std::optional<double> batch_means_se(std::span<const double> series, std::size_t batches) {
  if (batches < 2 || series.size() < batches) return std::nullopt;
  const std::size_t length = series.size() / batches;
  Moments means;
  for (std::size_t i = 0; i < batches; ++i)
    means.add(moments(series.subspan(i * length, length)).mean());
  return means.sd() / std::sqrt(static_cast<double>(batches));
}

std::optional<BlockLength> politis_white(std::span<const double> series) {
  const double n = static_cast<double>(series.size());
  if (series.size() < kFewest) return std::nullopt;
  const auto stretch = static_cast<std::size_t>(std::max(5.0, std::ceil(std::sqrt(std::log10(n)))));
  const auto max_lag = static_cast<std::size_t>(std::ceil(std::sqrt(n))) + stretch;
  const std::vector<double> rho = autocorrelation(series, max_lag);
  if (rho.empty()) return std::nullopt;
  BlockLength out;
  out.m_hat = last_lag(rho, stretch, 2 * std::sqrt(std::log10(n) / n));
  out.bandwidth = std::min(2 * std::max<std::size_t>(1, out.m_hat), rho.size() - 1);
  double spectrum = 1, slope = 0;  // in units of the variance, which cancels
  for (std::size_t k = 1; k <= out.bandwidth; ++k) {
    const double weight = flat_top(static_cast<double>(k) / static_cast<double>(out.bandwidth));
    spectrum += 2 * weight * rho[k];
    slope += 2 * weight * static_cast<double>(k) * rho[k];
  }
  const double ratio = slope * slope / (spectrum * spectrum);
  const double longest = std::ceil(std::min(3 * std::sqrt(n), n / 3));
  const auto length = [&](double d) {
    return std::clamp(std::cbrt(2 * ratio / d * n), 1.0, longest);
  };
  out.stationary = length(2);
  out.circular = length(4.0 / 3);
  return out;
}

}  // namespace abgate::stats
