#pragma once
// Random numbers that are the same on every platform: SplitMix64 and our own transformations (the
// distributions of <random> differ between libraries). One stream per random dimension.

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace abgate {

/// SplitMix64 (Steele, Lea, Flood 2014). Cheap, seedable, 2^64 period.
class Rng {
 public:
  explicit constexpr Rng(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  /// Uniform in [0, 1), 53 bits.
  constexpr double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  /// Uniform in {0, …, n-1}; n > 0. Unbiased (rejection).
  std::uint64_t below(std::uint64_t n);
  /// Standard exponential, by inversion.
  double exponential();
  /// Standard normal, by Box–Muller (two uniforms a call, none kept: the stream position is
  /// predictable).
  double normal();
  /// Gamma with the given shape > 0 and scale 1 (Marsaglia–Tsang 2000).
  double gamma(double shape);

 private:
  std::uint64_t state_;
};

/// The seed of a named stream below `seed`: equal names give equal streams, different names
/// unrelated ones.
std::uint64_t derive_seed(std::uint64_t seed, std::string_view name);
std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t index);

/// FNV-1a, 64 bits: stable hash for ids and salts (not cryptographic).
std::uint64_t fnv1a(std::string_view text);

/// Fisher–Yates.
template <typename T>
void shuffle(std::span<T> items, Rng& rng) {
  for (std::size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[static_cast<std::size_t>(rng.below(i))]);
  }
}

}  // namespace abgate
