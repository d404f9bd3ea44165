#include "config/units.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <utility>

namespace abgate::config {
namespace {

using Table = std::vector<std::pair<std::string, double>>;

const Table& table(Dimension dimension) {
  static const Table time{{"s", 1},  {"ms", 1e-3}, {"us", 1e-6}, {"µs", 1e-6}, {"ns", 1e-9},
                          {"m", 60}, {"min", 60},  {"h", 3600},  {"d", 86400}};
  static const Table memory{
      {"GB", 1e9}, {"GiB", 1073741824.0}, {"MB", 1e6},  {"MiB", 1048576.0},
      {"kB", 1e3}, {"KiB", 1024.0},       {"TB", 1e12}, {"TiB", 1099511627776.0},
      {"B", 1}};
  static const Table rate{{"/s", 1}, {"req/s", 1}, {"/min", 1.0 / 60}, {"/h", 1.0 / 3600}};
  static const Table share{{"", 1}, {"%", 0.01}};
  switch (dimension) {
    case Dimension::time:
      return time;
    case Dimension::memory:
      return memory;
    case Dimension::rate:
      return rate;
    case Dimension::share:
      return share;
  }
  return share;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace

std::optional<Quantity> parse_quantity(std::string_view text) {
  std::string_view rest = trimmed(text);
  if (!rest.empty() && rest.front() == '+') rest.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return Quantity{number, std::string(trimmed(rest))};
}

std::optional<double> parse_number(std::string_view text) {
  const auto quantity = parse_quantity(text);
  return quantity && quantity->unit.empty() ? std::optional(quantity->number) : std::nullopt;
}

std::optional<double> factor(Dimension dimension, std::string_view unit) {
  for (const auto& [name, value] : table(dimension)) {
    if (name == unit) return value;
  }
  return std::nullopt;
}

std::vector<std::string> units(Dimension dimension) {
  std::vector<std::string> out;
  for (const auto& [name, value] : table(dimension)) {
    if (!name.empty()) out.push_back(name);
  }
  return out;
}

std::string number_text(double value) {
  return fmt::format("{}", value);
}

std::string duration_text(double seconds) {
  if (seconds > 0 && std::fmod(seconds, 3600) == 0) return fmt::format("{:g}h", seconds / 3600);
  if (seconds > 0 && std::fmod(seconds, 60) == 0) return fmt::format("{:g}m", seconds / 60);
  if (seconds == std::floor(seconds)) return fmt::format("{:g}s", seconds);
  return fmt::format("{:g}ms", seconds * 1e3);
}

}  // namespace abgate::config
