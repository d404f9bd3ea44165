#include "stats/sketch.hpp"

#include <algorithm>
#include <bit>
#include <boost/histogram.hpp>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "stats/quantile.hpp"

namespace abgate::stats {

namespace {

namespace bh = boost::histogram;

constexpr double kTick = 1e-9;  ///< seconds
constexpr std::uint32_t kSubBits = 6;
constexpr std::uint64_t kSub = std::uint64_t{1} << kSubBits;
constexpr std::uint64_t kLargest = std::uint64_t{1} << 62U;

std::uint64_t ticks(double seconds) {
  const double n = std::max(0.0, seconds) / kTick;
  return n >= static_cast<double>(kLargest) ? kLargest : static_cast<std::uint64_t>(n);
}

/// Whole ticks below 64, then 64 buckets for each power of two: no logarithm for each value.
struct Axis {
  bh::axis::index_type index(std::uint64_t n) const {
    if (n < kSub) return static_cast<bh::axis::index_type>(n);
    const auto shift = static_cast<std::uint32_t>(std::bit_width(n)) - kSubBits - 1;
    return static_cast<bh::axis::index_type>((shift + 1) * kSub + ((n >> shift) & (kSub - 1)));
  }
  /// Smallest number of ticks in a bucket.
  std::uint64_t value(bh::axis::index_type index) const {
    const auto i = static_cast<std::uint64_t>(index);
    return i < kSub ? i : (kSub + i % kSub) << (i / kSub - 1);
  }
  bh::axis::index_type size() const { return index(kLargest) + 1; }
  bool operator==(const Axis&) const { return true; }
};

double middle(bh::axis::index_type index) {
  const auto i = static_cast<std::uint64_t>(index);
  const auto low = static_cast<double>(Axis{}.value(index));
  if (i < kSub) return low * kTick;
  return (low + 0.5 * static_cast<double>(std::uint64_t{1} << (i / kSub - 1))) * kTick;
}

using Histogram = bh::histogram<std::tuple<Axis>, bh::dense_storage<std::uint64_t>>;

}  // namespace

struct Sketch::Impl {
  Histogram buckets{Axis{}};
  std::uint64_t count = 0;
  double low = std::numeric_limits<double>::infinity();
  double high = 0;

  /// Value of rank `rank`, from 0.
  double at(std::uint64_t rank) const {
    std::uint64_t seen = 0;
    for (bh::axis::index_type i = 0; i < buckets.axis().size(); ++i) {
      seen += buckets.at(i);
      if (seen > rank) return std::clamp(middle(i), low, high);
    }
    return high;
  }
};

Sketch::Sketch() : impl_(std::make_unique<Impl>()) {}
Sketch::~Sketch() = default;
Sketch::Sketch(const Sketch& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
Sketch::Sketch(Sketch&& other) noexcept = default;
Sketch& Sketch::operator=(Sketch other) noexcept {
  impl_ = std::move(other.impl_);
  return *this;
}

void Sketch::add(double seconds, std::uint64_t times) {
  if (times == 0 || std::isnan(seconds)) return;
  impl_->buckets.at(Axis{}.index(ticks(seconds))) += times;
  impl_->count += times;
  impl_->low = std::min(impl_->low, std::max(0.0, seconds));
  impl_->high = std::max(impl_->high, seconds);
}

void Sketch::merge(const Sketch& other) {
  impl_->buckets += other.impl_->buckets;
  impl_->count += other.impl_->count;
  impl_->low = std::min(impl_->low, other.impl_->low);
  impl_->high = std::max(impl_->high, other.impl_->high);
}

std::uint64_t Sketch::count() const {
  return impl_->count;
}

std::optional<double> Sketch::quantile(double p) const {
  if (impl_->count == 0 || !(p >= 0 && p <= 1)) return std::nullopt;
  const double h = static_cast<double>(impl_->count - 1) * p;
  const auto rank = static_cast<std::uint64_t>(h);
  const double a = impl_->at(rank);
  const double b = impl_->at(std::min(rank + 1, impl_->count - 1));
  return a + (b - a) * (h - std::floor(h));
}

void Distribution::sketch_all() {
  sketch_.emplace();
  for (const double value : values_) sketch_->add(value);
  values_ = {};
}

void Distribution::add(double seconds, std::uint64_t times) {
  if (times == 0 || std::isnan(seconds)) return;
  count_ += times;
  sum_ += seconds * static_cast<double>(times);
  if (!sketch_ && count_ > limit_) sketch_all();
  if (sketch_) {
    sketch_->add(seconds, times);
  } else {
    values_.insert(values_.end(), static_cast<std::size_t>(times), seconds);
  }
}

void Distribution::merge(const Distribution& other) {
  count_ += other.count_;
  sum_ += other.sum_;
  if (!sketch_ && (other.sketch_ || count_ > limit_)) sketch_all();
  if (!sketch_) {
    values_.insert(values_.end(), other.values_.begin(), other.values_.end());
  } else if (other.sketch_) {
    sketch_->merge(*other.sketch_);
  } else {
    for (const double value : other.values_) sketch_->add(value);
  }
}

std::optional<double> Distribution::mean() const {
  if (count_ == 0) return std::nullopt;
  return sum_ / static_cast<double>(count_);
}

std::optional<double> Distribution::quantile(double p) const {
  return sketch_ ? sketch_->quantile(p) : stats::quantile(values_, p);
}

}  // namespace abgate::stats
