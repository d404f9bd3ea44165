#pragma once
// Numbers with units as people write them: 250ms, 60 GB, 48 GiB, 4/s, 5 %.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace abgate::config {

/// A finite number and what stands behind it.
struct Quantity {
  double number = 0;
  std::string unit;  ///< empty: a bare number
};

/// Reads "<number> <unit>"; the space is optional. Empty if it does not begin with a finite number.
std::optional<Quantity> parse_quantity(std::string_view text);

/// A finite number and nothing else.
std::optional<double> parse_number(std::string_view text);

enum class Dimension {
  time,    ///< base: second
  memory,  ///< base: byte
  rate,    ///< base: per second
  share,   ///< base: 1
};

/// What one `unit` is in the dimension's base; empty if the dimension has no such unit.
/// A bare number (unit "") is only a share.
std::optional<double> factor(Dimension dimension, std::string_view unit);

/// Units of the dimension, in the order to show them.
std::vector<std::string> units(Dimension dimension);

/// The shortest text that reads back as the same number.
std::string number_text(double value);
/// The same with the largest unit that keeps the number whole: 60 -> "1m", 0.25 -> "250ms".
std::string duration_text(double seconds);

}  // namespace abgate::config
