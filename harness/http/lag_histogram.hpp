#pragma once
// How late the loop looked at what was ready, in constant memory.

#include <algorithm>
#include <cstdint>

#include "core/time.hpp"
#include "http/log_histogram.hpp"

namespace abgate::http {

/// A LogHistogram of durations. Negative ones count as 0.
class LagHistogram {
 public:
  void record(Duration lag) { lags_.record(lag.count()); }
  void add(const LagHistogram& other) { lags_.add(other.lags_); }
  Duration quantile(double q) const { return Duration(lags_.quantile(q)); }
  /// The q-quantile, or the value that `above` samples exceed where that is lower: a quantile of few
  /// samples would be their maximum, and one hiccup is no tail. 0 with no more samples than that.
  Duration tail(double q, std::uint64_t above) const {
    if (count() <= above) return Duration{0};
    const double room = static_cast<double>(above) / static_cast<double>(count());
    return quantile(std::min(q, 1 - room));
  }
  Duration max() const { return Duration(lags_.max()); }
  std::uint64_t count() const { return lags_.count(); }

 private:
  LogHistogram lags_;
};

}  // namespace abgate::http
