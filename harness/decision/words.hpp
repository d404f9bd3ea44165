#pragma once
// Numbers and lists as the verdict's sentences write them: with unit, with enough digits to be
// true.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace abgate::decision {

/// Three significant digits at least, without trailing zeros beyond them: 41.7, 0.532, 1200, 2.12.
std::string number(double value);
/// The same with as many digits (up to 10) as it takes to read differently from `threshold`, so
/// that 59.996 against 60 is never printed as 60.
std::string number_against(double value, double threshold);
/// "41.7 GB"; a plain number where the unit is empty.
std::string quantity(double value, std::string_view unit);
std::string quantity_against(double value, double threshold, std::string_view unit);
/// 0.0234 -> "2.34 %".
std::string percent(double fraction);
/// "-4.1 points" of a share.
std::string points(double difference);
/// "3,000".
std::string count(std::size_t n);
/// "a, b and c".
std::string list(const std::vector<std::string>& items);
/// "about 50 min", "about 2 h 10 min", "under 1 min".
std::string minutes(double value);
/// n with its noun: "1 block", "6 blocks". The plural adds an s.
std::string counted(std::size_t n, std::string_view singular);
/// "55.9 GiB" of a figure in GB.
std::string gib(double gb);

}  // namespace abgate::decision
