#include "dataset/fields.hpp"

#include <charconv>
#include <chrono>
#include <cstring>

namespace abgate::dataset {

namespace {

constexpr std::int64_t kNanos = 1'000'000'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Length of the well-formed sequence at `at`; 0 if it is ill-formed.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

/// Takes ".123" off the front of `text` as nanoseconds; nothing if a dot has no digit behind it.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (text.empty() || text[0] != '.') return 0;
  text.remove_prefix(1);
  std::int64_t nanos = 0;
  std::int64_t unit = kNanos / 10;
  bool any = false;
  for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
    nanos += unit * (text[0] - '0');
    unit /= 10;
    any = true;
  }
  if (!any) return std::nullopt;
  return nanos;
}

/// Exactly `digits` digits off the front.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  const std::optional<int> value = whole_number(text.substr(0, digits), 9999);
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::size_t invalid_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    std::uint64_t word = 0;
    if (i + sizeof word <= text.size()) {  // eight ASCII bytes at a time
      std::memcpy(&word, text.data() + i, sizeof word);
      if ((word & 0x8080808080808080ULL) == 0) {
        i += sizeof word;
        continue;
      }
    }
    const std::size_t length = utf8_length(text, i);
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

bool blank(std::string_view text) {
  return trimmed(text).empty();
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\v\f";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::optional<int> whole_number(std::string_view text, int high) {
  if (text.empty() || !is_digit(text[0])) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > high) return std::nullopt;
  return value;
}

std::optional<Duration> decimal_seconds(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  const std::optional<int> whole =
      whole_number(text.substr(0, digits), static_cast<int>(kMaxSeconds));
  if (!whole) return std::nullopt;
  text.remove_prefix(digits);
  const std::optional<std::int64_t> nanos = take_fraction(text);
  if (!nanos || !text.empty()) return std::nullopt;
  return Duration{*whole * kNanos + *nanos};
}

std::optional<Duration> utc_time(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !(take(text, ' ') || take(text, 'T'))) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const auto nanos = take_fraction(text);
  if (!nanos || !(text.empty() || text == "+00:00" || text == "Z")) return std::nullopt;

  using namespace std::chrono;
  const year_month_day date{std::chrono::year{*year},
                            std::chrono::month{static_cast<unsigned>(*month)},
                            std::chrono::day{static_cast<unsigned>(*day)}};
  // Beyond 2200 the nanoseconds of an int64 come near their end.
  if (!date.ok() || *year < 1970 || *year > 2200) return std::nullopt;
  const auto seconds_of_day = *hour * 3600 + *minute * 60 + *second;
  return Duration{sys_days{date}.time_since_epoch()} + seconds{seconds_of_day} + Duration{*nanos};
}

}  // namespace abgate::dataset
