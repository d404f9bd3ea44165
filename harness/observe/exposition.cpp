#include <cmath>
#include <limits>

#include "observe/prometheus.hpp"
#include "observe/text.hpp"

namespace abgate::observe {

const std::string* Sample::label(std::string_view wanted) const {
  for (const auto& [key, text] : labels) {
    if (key == wanted) return &text;
  }
  return nullptr;
}

Exposition::Exposition(std::vector<Sample> samples,
                       std::map<std::string, Family, std::less<>> families)
    : samples_(std::move(samples)), families_(std::move(families)) {
  for (std::size_t i = 0; i < samples_.size(); ++i) index_[samples_[i].name].push_back(i);
}

std::vector<const Sample*> Exposition::find(std::string_view name) const {
  std::vector<const Sample*> out;
  const auto known = index_.find(name);
  if (known == index_.end()) return out;
  for (const std::size_t i : known->second) out.push_back(&samples_[i]);
  return out;
}

std::optional<double> Exposition::sum(std::string_view name) const {
  const auto found = find(name);
  if (found.empty()) return std::nullopt;
  double total = 0;
  for (const Sample* sample : found) total += sample->value;
  return total;
}

std::optional<double> Exposition::mean(std::string_view name) const {
  const auto total = sum(name);
  if (!total) return std::nullopt;
  return *total / static_cast<double>(find(name).size());
}

std::optional<Histogram> Exposition::histogram(std::string_view name) const {
  const std::string base(name);
  const auto count = sum(base + "_count");
  const auto total = sum(base + "_sum");
  if (!count || !total) return std::nullopt;
  Histogram out{{}, *total, *count};
  for (const Sample* bucket : find(base + "_bucket")) {
    const std::string* le = bucket->label("le");
    const auto bound = le == nullptr ? std::nullopt : parse_value(*le);
    if (bound) out.buckets[*bound] += bucket->value;
  }
  return out;
}

}  // namespace abgate::observe
