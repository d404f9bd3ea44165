#pragma once
// How numbers are written: three significant digits (more where fewer would tell a lie), always a
// unit.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace abgate::report {

/// Three significant digits and never fewer digits than the integer part has; thousands are
/// separated: 0.0493, 2.12, 41.7, 1,235. "n/a" for NaN.
std::string number(double value, int significant = 3);
/// The same with as many digits as it takes to stay on its side of `threshold`: 59.996 against 60
/// is "59.996", never "60.0".
std::string number_against(double value, double threshold);
/// A declared value as it was declared: 60, 0.95, 1,000.
std::string exact(double value);
/// Number and unit, or "n/a".
std::string quantity(std::optional<double> value, std::string_view unit);
/// A share in per cent: 0.0234 -> "2.34 %"; 0.0005 -> "0.05 %".
std::string percent(double share);
std::string percent_against(double share, double threshold);
/// The same with its sign: "−2.02 %", "+1.10 %".
std::string signed_percent(double share);
/// A difference of shares in points: -0.018 -> "−1.80 points".
std::string points(double difference);
/// A difference of shares with its interval, in points: "−1.80 [−4.48, +0.88]"; the value alone
/// without one.
std::string points_interval(double difference, std::optional<double> lo, std::optional<double> hi);
/// "3,000".
std::string count(std::size_t n);
/// "55.9 GiB" for 60 GB of 10^9 bytes.
std::string gib(double gigabytes);
/// "81.0 µs", "4.20 ms", "1.35 s", "12.4 min".
std::string duration(Duration d);
std::string duration_s(double seconds);
/// A ratio: three significant digits, three decimals within 10 % of 1, so that equality is seen.
std::string ratio(double value);
/// "[2.10, 2.13]", written as ratios; "–" if an end is missing.
std::string interval(std::optional<double> lo, std::optional<double> hi);

inline constexpr std::string_view kNone = "–";

}  // namespace abgate::report
