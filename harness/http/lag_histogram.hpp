#pragma once
// How late the loop looked at what was ready, in constant memory.

#include <array>
#include <cstdint>

#include "core/time.hpp"

namespace abgate::http {

/// Counts durations in buckets of 1/16 of a power of two: quantiles are at most 6.25 % too high.
class LagHistogram {
 public:
  /// Negative durations count as 0.
  void record(Duration lag);
  /// Upper bound of the bucket with the q-quantile (0..1), never above max(); 0 without any
  /// samples.
  Duration quantile(double q) const;
  Duration max() const { return Duration(max_); }
  std::uint64_t count() const { return count_; }

 private:
  static constexpr std::uint32_t kSubBits = 4;
  std::array<std::uint32_t, (64 - kSubBits + 1) << kSubBits> buckets_{};
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace abgate::http
