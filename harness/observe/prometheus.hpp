#pragma once
// The Prometheus text format (0.0.4, and what OpenMetrics adds to it): text in, samples out.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace abgate::observe {

/// One line: a value with its labels, in the text's order.
struct Sample {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
  int line = 0;

  /// The label's value, or nullptr.
  const std::string* label(std::string_view name) const;
};

/// What HELP and TYPE say of a family.
struct Family {
  std::string type;  ///< "counter", "gauge", "histogram", "summary"; empty: not told
  std::string help;
};

/// A histogram summed over its label sets. `buckets`: upper bound to cumulative count, +Inf last.
struct Histogram {
  std::map<double, double> buckets;
  double sum = 0;
  double count = 0;
};

/// A parsed text. Immutable after parse_prometheus, hence safe to read from several threads.
class Exposition {
 public:
  Exposition(std::vector<Sample> samples, std::map<std::string, Family, std::less<>> families);

  const std::vector<Sample>& samples() const { return samples_; }
  const std::map<std::string, Family, std::less<>>& families() const { return families_; }
  /// Samples of this exact name.
  std::vector<const Sample*> find(std::string_view name) const;
  bool has(std::string_view name) const { return index_.find(name) != index_.end(); }
  /// Sum over all label sets (engines, reasons); absent if there is no such sample.
  std::optional<double> sum(std::string_view name) const;
  /// Mean over all label sets.
  std::optional<double> mean(std::string_view name) const;
  /// The histogram `name` (without _bucket), summed over its label sets.
  std::optional<Histogram> histogram(std::string_view name) const;

 private:
  std::vector<Sample> samples_;
  std::map<std::string, Family, std::less<>> families_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> index_;
};

/// Throws DataError (`source:line: saw …, want …`) for a text that is empty, HTML, JSON, broken in
/// a line, cut in the middle, or has a series twice.
Exposition parse_prometheus(std::string_view text, const std::string& source);

}  // namespace abgate::observe
