#pragma once
// Prometheus text exposition, read whole.

#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace abgate::observe {

struct MetricSample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

/// One /metrics text.
class MetricsText {
 public:
  explicit MetricsText(std::vector<MetricSample> samples);

  const std::vector<MetricSample>& samples() const { return samples_; }
  /// Sum over all label sets of the first of `names` that is there; absent if none is.
  std::optional<double> sum(std::initializer_list<std::string_view> names) const;
  /// Mean over all label sets (gauges of several engines).
  std::optional<double> mean(std::string_view name) const;
  /// Sum of the samples of `name` whose label `label` has the value `value`.
  std::optional<double> sum_where(std::string_view name, std::string_view label,
                                  std::string_view value) const;
  /// First sample of that name; nullptr if there is none.
  const MetricSample* first(std::string_view name) const;
  /// Cumulative buckets of a histogram, summed over the other labels: upper bound to count.
  std::map<double, double> buckets(std::string_view family) const;

 private:
  template <typename Keep>
  std::optional<double> sum_if(std::string_view name, Keep keep) const;
  std::vector<MetricSample> samples_;
  std::multimap<std::string, std::size_t, std::less<>> index_;
};

/// Parses `text`; `where` (file or URL) stands in messages. Throws DataError with the line for: an
/// empty text, HTML, JSON, a line that is no sample, a text that was cut (last line without its
/// end, a histogram without its +Inf bucket or its count, a family announced and never given).
MetricsText parse_prometheus(std::string_view text, const std::string& where);

}  // namespace abgate::observe
