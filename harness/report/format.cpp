#include "report/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace abgate::report {

namespace {
constexpr std::string_view kMinus = "−";
constexpr int kMostDigits = 12;

/// Separates thousands of the integer part and makes the hyphen a minus sign.
std::string decorated(std::string text) {
  const bool negative = text.starts_with('-');
  if (negative) text.erase(0, 1);
  const std::size_t point = std::min(text.find('.'), text.size());
  if (text.find('e') == std::string::npos) {
    for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(point) - 3; at > 0; at -= 3) {
      text.insert(static_cast<std::size_t>(at), ",");
    }
  }
  return negative ? std::string(kMinus) + text : text;
}

/// Plain ASCII digits.
std::string digits(double value, int significant) {
  if (value == 0) return "0";
  const double magnitude = std::fabs(value);
  if (magnitude >= 1e15 || magnitude < 1e-9) return fmt::format("{:.{}g}", value, significant);
  int decimals = significant - 1 - static_cast<int>(std::floor(std::log10(magnitude)));
  std::string text = fmt::format("{:.{}f}", value, std::max(decimals, 0));
  // Rounding can carry into a new digit (9.999 -> 10.00): one decimal fewer then.
  const auto rounded = std::fabs(std::strtod(text.c_str(), nullptr));
  if (rounded >= std::pow(10.0, std::floor(std::log10(magnitude)) + 1) && decimals > 0) {
    text = fmt::format("{:.{}f}", value, decimals - 1);
  }
  return text;
}

bool same_side(const std::string& text, double value, double threshold) {
  double shown = 0;
  std::from_chars(text.data(), text.data() + text.size(), shown);
  // 100 * (0.95 - 1) is not -5: a text that means the threshold must be taken for it.
  if (std::fabs(shown - threshold) <= 1e-9 * std::fabs(threshold)) return value == threshold;
  return (shown < threshold) == (value < threshold) && (shown > threshold) == (value > threshold);
}

/// Per cent with two decimals below 10, one above.
std::string percent_digits(double share, int extra) {
  const double value = 100 * share;
  return fmt::format("{:.{}f}", value, (std::fabs(value) < 9.995 ? 2 : 1) + extra);
}

std::string without_sign_of_zero(std::string text) {
  if (text.starts_with('-') && text.find_first_of("123456789") == std::string::npos)
    text.erase(0, 1);
  return text;
}
}  // namespace

std::string number(double value, int significant) {
  if (std::isnan(value)) return "n/a";
  if (std::isinf(value)) return value > 0 ? "∞" : std::string(kMinus) + "∞";
  return decorated(digits(value, significant));
}

std::string number_against(double value, double threshold) {
  if (!std::isfinite(value)) return number(value);
  for (int significant = 3; significant < kMostDigits; ++significant) {
    if (const std::string text = digits(value, significant); same_side(text, value, threshold))
      return decorated(text);
  }
  return decorated(fmt::format("{}", value));
}

std::string exact(double value) {
  return std::isfinite(value) ? decorated(fmt::format("{:.10g}", value)) : number(value);
}

std::string quantity(std::optional<double> value, std::string_view unit) {
  if (!value || std::isnan(*value)) return "n/a";
  return unit.empty() ? number(*value) : fmt::format("{} {}", number(*value), unit);
}

std::string percent(double share) {
  if (!std::isfinite(share)) return "n/a";
  return decorated(without_sign_of_zero(percent_digits(share, 0))) + " %";
}

std::string percent_against(double share, double threshold) {
  if (!std::isfinite(share)) return "n/a";
  for (int extra = 0; extra < kMostDigits; ++extra) {
    const std::string text = without_sign_of_zero(percent_digits(share, extra));
    if (same_side(text, 100 * share, 100 * threshold)) return decorated(text) + " %";
  }
  return decorated(fmt::format("{}", 100 * share)) + " %";
}

std::string signed_percent(double share) {
  const std::string text = percent(share);
  const bool positive = share > 0 && text.find_first_of("123456789") != std::string::npos;
  return positive ? "+" + text : text;
}

std::string points(double difference) {
  std::string text = signed_percent(difference);
  return text == "n/a" ? text : text.substr(0, text.size() - 2) + " points";
}

std::string points_interval(double difference, std::optional<double> lo, std::optional<double> hi) {
  const auto bare = [](double x) {
    const std::string text = signed_percent(x);
    return text == "n/a" ? text : text.substr(0, text.size() - 2);
  };
  return bare(difference) + (lo && hi ? fmt::format(" [{}, {}]", bare(*lo), bare(*hi)) : "");
}

std::string count(std::size_t n) {
  return decorated(fmt::format("{}", n));
}

std::string gib(double gigabytes) {
  return number(gigabytes * 1e9 / (1024.0 * 1024.0 * 1024.0)) + " GiB";
}

std::string duration_s(double seconds) {
  if (!std::isfinite(seconds)) return "n/a";
  const double magnitude = std::fabs(seconds);
  if (seconds == 0) return "0 s";
  if (magnitude < 1e-3) return number(seconds * 1e6) + " µs";
  if (magnitude < 1) return number(seconds * 1e3) + " ms";
  if (magnitude < 600) return number(seconds) + " s";
  return number(seconds / 60) + " min";
}

std::string duration(Duration d) {
  return duration_s(to_seconds(d));
}

std::string ratio(double value) {
  return std::fabs(value - 1) < 0.1 ? fmt::format("{:.3f}", value) : number(value);
}

std::string interval(std::optional<double> lo, std::optional<double> hi) {
  if (!lo || !hi) return std::string(kNone);
  return fmt::format("[{}, {}]", ratio(*lo), ratio(*hi));
}

}  // namespace abgate::report
