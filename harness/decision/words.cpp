#include "decision/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace abgate::decision {
namespace {

/// `value` with `digits` significant digits, never in exponent form for ordinary magnitudes.
std::string significant(double value, int digits) {
  if (std::isnan(value)) return "n/a";
  if (std::isinf(value)) return value > 0 ? "∞" : "-∞";
  if (value == 0.0) return "0";
  const double magnitude = std::floor(std::log10(std::fabs(value)));
  if (magnitude < -6 || magnitude > 9) return fmt::format("{:.{}g}", value, digits);
  const int decimals = std::max(0, digits - 1 - static_cast<int>(magnitude));
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') != std::string::npos) {
    const bool whole = std::fabs(value - std::round(value)) < 1e-12 * std::fabs(value);
    if (whole) text = fmt::format("{:.0f}", value);
  }
  return text == "-0" ? "0" : text;
}

}  // namespace

std::string number(double value) {
  return significant(value, 3);
}

std::string number_against(double value, double threshold) {
  for (int digits = 3; digits < 10; ++digits) {
    const std::string text = significant(value, digits);
    double shown = 0;
    std::from_chars(text.data(), text.data() + text.size(), shown);
    const bool same_side =
        (shown < threshold) == (value < threshold) && (shown > threshold) == (value > threshold);
    if (same_side || !std::isfinite(value)) return text;
  }
  return significant(value, 10);
}

std::string quantity(double value, std::string_view unit) {
  return unit.empty() ? number(value) : fmt::format("{} {}", number(value), unit);
}

std::string quantity_against(double value, double threshold, std::string_view unit) {
  const std::string text = number_against(value, threshold);
  return unit.empty() ? text : fmt::format("{} {}", text, unit);
}

std::string percent(double fraction) {
  return significant(100.0 * fraction, 3) + " %";
}

std::string points(double difference) {
  return fmt::format("{:+.1f} points", 100.0 * difference);
}

std::string count(std::size_t n) {
  const std::string digits = std::to_string(n);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out.push_back(',');
    out.push_back(digits[i]);
  }
  return out;
}

std::string list(const std::vector<std::string>& items) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += i + 1 == items.size() ? " and " : ", ";
    out += items[i];
  }
  return out;
}

std::string minutes(double value) {
  if (!std::isfinite(value)) return "an unknown time";
  if (value < 1) return "under 1 min";
  const auto whole = static_cast<long>(std::lround(value));
  if (whole < 120) return fmt::format("about {} min", whole);
  return whole % 60 == 0 ? fmt::format("about {} h", whole / 60)
                         : fmt::format("about {} h {} min", whole / 60, whole % 60);
}

std::string counted(std::size_t n, std::string_view singular) {
  return fmt::format("{} {}{}", count(n), singular, n == 1 ? "" : "s");
}

std::string gib(double gb) {
  return significant(gb * 1e9 / (1024.0 * 1024.0 * 1024.0), 3) + " GiB";
}

}  // namespace abgate::decision
