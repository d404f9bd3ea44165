#pragma once
// Text of one field to a value. Internal to the room.

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/time.hpp"

namespace abgate::dataset {

/// More tokens than any context holds: a row that says so is broken.
inline constexpr int kMaxTokens = 10'000'000;
/// The latest time that a trace's clock may show: 31 years from its zero.
inline constexpr double kMaxSeconds = 1e9;

/// Position of the first byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7); npos if
/// there is none.
std::size_t invalid_utf8(std::string_view text);
bool blank(std::string_view text);
std::string_view trimmed(std::string_view text);

/// Decimal digits only, up to `high`; nothing for a sign, a fraction, text or an overflow.
std::optional<int> whole_number(std::string_view text, int high);

/// "12" or "12.5" seconds up to kMaxSeconds; digits below a nanosecond are dropped. Nothing for a
/// sign, an exponent or text.
std::optional<Duration> decimal_seconds(std::string_view text);

/// "2023-11-16 18:17:03.9799600" (0 to 9 digits of fraction, "T" for the space) in UTC, with
/// "+00:00" or "Z" behind it or without; since 1970. Nothing for any other text or a date that no
/// calendar has.
std::optional<Duration> utc_time(std::string_view text);

}  // namespace abgate::dataset
