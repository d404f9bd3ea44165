#include "load/plan_parts.hpp"

#include <algorithm>

namespace abgate::load {

std::uint64_t seed_of(std::uint64_t set, const Seeds& seeds, std::string_view dimension) {
  return set != 0 ? set : derive_seed(seeds.base, dimension);
}

std::uint64_t warm_salt(const Seeds& seeds) {
  return derive_seed(seeds.base, "warm salt");
}

std::optional<std::size_t> planned_requests(const LoadPoint& point) {
  if (point.requests > 0) return point.requests;
  if (point.arrival != Arrival::closed) return std::nullopt;
  // A closed loop that only time bounds: enough for answers that take a tenth of a second.
  const double rounds = to_seconds(*point.duration) / 0.1;
  return point.concurrency * (static_cast<std::size_t>(rounds) + 1);
}

std::vector<bool> balanced_orders(std::size_t count, Rng& rng) {
  std::vector<std::uint8_t> swapped(count, 0);
  const std::size_t half = count / 2 + (count % 2 == 1 ? rng.below(2) : 0);
  std::fill_n(swapped.begin(), half, std::uint8_t{1});
  shuffle(std::span(swapped), rng);
  return {swapped.begin(), swapped.end()};
}

}  // namespace abgate::load
