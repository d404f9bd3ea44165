#pragma once
// Whole numbers over all magnitudes in constant memory: lags, sizes.

#include <array>
#include <cstdint>

namespace abgate::http {

/// Counts values in buckets of 1/16 of a power of two: quantiles are at most 6.25 % too high.
class LogHistogram {
 public:
  /// Negative values count as 0.
  void record(std::int64_t value);
  /// As if the other's values had been recorded here too.
  void add(const LogHistogram& other);
  /// Upper bound of the bucket with the q-quantile (0..1), never above max(); 0 without any
  /// samples.
  std::int64_t quantile(double q) const;
  std::int64_t max() const { return max_; }
  std::uint64_t count() const { return count_; }

 private:
  static constexpr std::uint32_t kSubBits = 4;
  std::array<std::uint32_t, (64 - kSubBits + 1) << kSubBits> buckets_{};
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace abgate::http
