#include "core/rng.hpp"

#include <cmath>
#include <numbers>

namespace abgate {

std::uint64_t Rng::below(std::uint64_t n) {
  const std::uint64_t limit = (0 - n) % n;  // 2^64 mod n
  std::uint64_t x = next();
  while (x < limit) x = next();
  return x % n;
}

double Rng::exponential() {
  return -std::log1p(-uniform());
}

double Rng::normal() {
  const double radius = std::sqrt(-2.0 * std::log1p(-uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

double Rng::gamma(double shape) {
  if (shape < 1.0) return gamma(shape + 1.0) * std::pow(1.0 - uniform(), 1.0 / shape);
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = normal();
    const double v = std::pow(1.0 + c * x, 3.0);
    if (v <= 0) continue;
    const double u = 1.0 - uniform();
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t h = 0xCBF29CE484222325ULL;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return h;
}

std::uint64_t derive_seed(std::uint64_t seed, std::string_view name) {
  return Rng(seed ^ Rng(fnv1a(name)).next()).next();
}

std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t index) {
  return Rng(seed ^ Rng(index + 0x51ED270B0A1F39C1ULL).next()).next();
}

}  // namespace abgate
