#include "quality/randomness.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <vector>

#include "core/error.hpp"

namespace abgate::quality {

namespace {

void fill(void* to, std::size_t size) {
  ABGATE_ASSERT(getrandom(to, size, 0) == static_cast<ssize_t>(size));
}

}  // namespace

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> raw(bytes);
  fill(raw.data(), raw.size());
  std::string out;
  for (const unsigned char b : raw) out += fmt::format("{:02x}", b);
  return out;
}

std::uint32_t random_below(std::uint32_t n) {
  std::uint64_t value = 0;
  fill(&value, sizeof value);
  return static_cast<std::uint32_t>(value % n);
}

}  // namespace abgate::quality
