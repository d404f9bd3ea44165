#pragma once
// Prometheus text as the Python client library prints it: sorted labels, floats, `_created`
// families.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace abgate::sim {

/// A float as Python's client prints it: "89.0", "0.5", "1.234567e+06", "+Inf".
std::string prometheus_number(double value);

/// A label value with backslash, quote and line feed escaped.
std::string escape_label(std::string_view value);

/// Cumulative buckets over fixed upper bounds; +Inf is implicit.
class Histogram {
 public:
  explicit Histogram(std::span<const double> bounds)
      : bounds_(bounds), counts_(bounds.size() + 1) {}
  void observe(double value);
  std::uint64_t count() const { return count_; }
  double sum() const { return sum_; }
  std::span<const double> bounds() const { return bounds_; }
  /// Observations <= bounds()[i], or all of them for i == bounds().size().
  std::uint64_t cumulative(std::size_t i) const;

 private:
  std::span<const double> bounds_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

/// Builds one exposition. `labels` are given without braces, sorted, e.g.
/// `engine="0",model_name="m"`.
class PrometheusText {
 public:
  /// `created`: unix time that the `_created` families show.
  explicit PrometheusText(double created) : created_(created) {}

  void header(std::string_view name, std::string_view help, std::string_view type);
  void sample(std::string_view name, std::string_view labels, double value);
  void gauge(std::string_view name, std::string_view help, std::string_view labels, double value);
  /// `name` without `_total`.
  void counter(std::string_view name, std::string_view help, std::string_view labels, double value);
  /// The `_created` family of a counter or histogram.
  void created(std::string_view name, std::string_view help, std::span<const std::string> labels);
  /// `labels` are split around `le`, which sorts between them.
  void histogram(std::string_view name, std::string_view help, std::string_view labels_before,
                 std::string_view labels_after, const Histogram& histogram);
  void histogram_samples(std::string_view name, std::string_view labels_before,
                         std::string_view labels_after, const Histogram& histogram);
  std::string take() { return std::move(text_); }

 private:
  double created_;
  std::string text_;
};

}  // namespace abgate::sim
