#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace abgate {

/// One side of the comparison. `control` is the baseline's endpoint driven a second time (A/A): it
/// measures the noise floor of the whole setup.
enum class Arm : std::uint8_t { baseline = 0, candidate = 1, control = 2 };

inline constexpr std::array kArms{Arm::baseline, Arm::candidate, Arm::control};
inline constexpr std::size_t kArmCount = 3;

constexpr std::size_t index_of(Arm arm) {
  return static_cast<std::size_t>(arm);
}
constexpr std::string_view to_string(Arm arm) {
  constexpr std::array<std::string_view, kArmCount> names{"baseline", "candidate", "control"};
  return names[index_of(arm)];
}

}  // namespace abgate
