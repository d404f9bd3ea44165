#pragma once
// What no program can foresee: from the kernel, never from a seed. Internal to the room.

#include <cstddef>
#include <cstdint>
#include <string>

namespace abgate::quality {

/// Two lower-case hexadecimal digits a byte.
std::string random_hex(std::size_t bytes);
/// 0 <= result < n; needs n > 0. The bias of the remainder is below n / 2^64.
std::uint32_t random_below(std::uint32_t n);

}  // namespace abgate::quality
