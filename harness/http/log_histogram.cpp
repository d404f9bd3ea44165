#include "http/log_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace abgate::http {

namespace {
constexpr std::uint32_t kSubBuckets = 16;

std::size_t bucket_of(std::uint64_t value) {
  if (value < kSubBuckets) return value;
  const auto shift = static_cast<std::uint32_t>(std::bit_width(value)) - 5U;
  return (std::size_t{shift} + 1) * kSubBuckets + ((value >> shift) & (kSubBuckets - 1));
}

std::int64_t upper_bound_of(std::size_t bucket) {
  if (bucket < kSubBuckets) return static_cast<std::int64_t>(bucket);
  const std::size_t shift = bucket / kSubBuckets - 1;
  const std::uint64_t mantissa = kSubBuckets + bucket % kSubBuckets;
  return static_cast<std::int64_t>(((mantissa + 1) << shift) - 1);
}
}  // namespace

void LogHistogram::record(std::int64_t value) {
  value = std::max<std::int64_t>(value, 0);
  ++buckets_[bucket_of(static_cast<std::uint64_t>(value))];
  ++count_;
  max_ = std::max(max_, value);
}

void LogHistogram::add(const LogHistogram& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

std::int64_t LogHistogram::quantile(double q) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(upper_bound_of(i), max_);
  }
  return max_;
}

}  // namespace abgate::http
