#include "stats/mser.hpp"

#include <cmath>

#include "stats/moments.hpp"

namespace abgate::stats {

namespace {
constexpr std::size_t kMinBatches = 4;

std::vector<double> batch_means(std::span<const double> series, std::size_t batch) {
  std::vector<double> means;
  for (std::size_t i = 0; i + batch <= series.size(); i += batch) {
    means.push_back(moments(series.subspan(i, batch)).mean());
  }
  return means;
}

/// MSER(d) of every suffix, from the back: Σ(z-z̄)² is the suffix's variance times its length less
/// one.
std::vector<double> statistics(const std::vector<double>& z) {
  std::vector<double> out(z.size() / 2 + 1);
  Moments suffix;
  for (std::size_t d = z.size(); d-- > 0;) {
    suffix.add(z[d]);
    if (d >= out.size()) continue;
    const double m = static_cast<double>(suffix.n());
    out[d] = suffix.n() < 2 ? 0 : suffix.variance() * (m - 1) / (m * m);
  }
  return out;
}
}  // namespace

Mser mser(std::span<const double> series, std::size_t batch) {
  Mser result;
  if (batch == 0) return result;
  const std::vector<double> z = batch_means(series, batch);
  result.batches = z.size();
  result.mean_all = moments(series).mean();
  result.mean_after = result.mean_all;
  if (z.size() < kMinBatches) return result;
  result.usable = true;
  result.statistic = statistics(z);
  std::size_t best = 0;
  for (std::size_t d = 1; d < result.statistic.size(); ++d) {
    if (result.statistic[d] < result.statistic[best]) best = d;
  }
  result.truncate = best * batch;
  result.half_limit = best + 1 == result.statistic.size();
  result.mean_after = moments(series.subspan(result.truncate)).mean();
  return result;
}

}  // namespace abgate::stats
