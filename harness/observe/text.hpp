#pragma once
// Small text helpers of this room.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace abgate::observe {

std::string_view trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);

/// A number as Prometheus writes it: "89.0", "1e+06", "+Inf", "NaN". The whole text must be one.
std::optional<double> parse_value(std::string_view text);

/// "65,389": whole numbers with thousands separated; 8961.5 keeps its digits.
std::string thousands(double value);

/// What a body is that is not what was asked for: "an empty text", "HTML", "JSON"; empty if it may
/// be.
std::string foreign_format(std::string_view text);

}  // namespace abgate::observe
