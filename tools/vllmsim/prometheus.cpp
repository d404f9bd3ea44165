#include "vllmsim/prometheus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace abgate::sim {

std::string prometheus_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::string text = fmt::format("{}", value);
  // Python's repr, then mantissa and exponent for positive numbers with more than six digits.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  const std::size_t dot = text.find('.');
  if (value > 0 && dot != std::string::npos && dot > 6 && text.find('e') == std::string::npos) {
    std::string mantissa = text.substr(0, 1) + "." + text.substr(1, dot - 1) + text.substr(dot + 1);
    mantissa.erase(mantissa.find_last_not_of("0.") + 1);
    return fmt::format("{}e+{:02}", mantissa, dot - 1);
  }
  return text;
}

std::string escape_label(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

void Histogram::observe(double value) {
  const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  ++counts_[static_cast<std::size_t>(at - bounds_.begin())];
  ++count_;
  sum_ += value;
}

std::uint64_t Histogram::cumulative(std::size_t i) const {
  std::uint64_t total = 0;
  for (std::size_t j = 0; j <= i; ++j) total += counts_[j];
  return total;
}

void PrometheusText::header(std::string_view name, std::string_view help, std::string_view type) {
  fmt::format_to(std::back_inserter(text_), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void PrometheusText::sample(std::string_view name, std::string_view labels, double value) {
  text_ += name;
  if (!labels.empty()) fmt::format_to(std::back_inserter(text_), "{{{}}}", labels);
  text_ += ' ' + prometheus_number(value) + '\n';
}

void PrometheusText::gauge(std::string_view name, std::string_view help, std::string_view labels,
                           double value) {
  header(name, help, "gauge");
  sample(name, labels, value);
}

void PrometheusText::counter(std::string_view name, std::string_view help, std::string_view labels,
                             double value) {
  const std::string total = fmt::format("{}_total", name);
  header(total, help, "counter");
  sample(total, labels, value);
  const std::string all[] = {std::string(labels)};
  created(name, help, all);
}

void PrometheusText::created(std::string_view name, std::string_view help,
                             std::span<const std::string> labels) {
  if (labels.empty()) return;  // a labelled family without samples has no such family
  const std::string family = fmt::format("{}_created", name);
  header(family, help, "gauge");
  for (const std::string& each : labels) sample(family, each, created_);
}

void PrometheusText::histogram(std::string_view name, std::string_view help,
                               std::string_view labels_before, std::string_view labels_after,
                               const Histogram& data) {
  header(name, help, "histogram");
  histogram_samples(name, labels_before, labels_after, data);
  const std::string_view comma = labels_before.empty() || labels_after.empty() ? "" : ",";
  const std::string all[] = {fmt::format("{}{}{}", labels_before, comma, labels_after)};
  created(name, help, all);
}

void PrometheusText::histogram_samples(std::string_view name, std::string_view labels_before,
                                       std::string_view labels_after, const Histogram& data) {
  const std::string before = labels_before.empty() ? "" : std::string(labels_before) + ",";
  const std::string after = labels_after.empty() ? "" : "," + std::string(labels_after);
  const std::string bucket = fmt::format("{}_bucket", name);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= data.bounds().size(); ++i) {
    const double bound = i < data.bounds().size() ? data.bounds()[i] : HUGE_VAL;
    total = data.cumulative(i);
    sample(bucket, fmt::format("{}le=\"{}\"{}", before, prometheus_number(bound), after),
           static_cast<double>(total));
  }
  const std::string_view comma = labels_before.empty() || labels_after.empty() ? "" : ",";
  const std::string all = fmt::format("{}{}{}", labels_before, comma, labels_after);
  sample(fmt::format("{}_count", name), all, static_cast<double>(total));
  sample(fmt::format("{}_sum", name), all, data.sum());
}

}  // namespace abgate::sim
