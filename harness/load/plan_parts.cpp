#include "load/plan_parts.hpp"

#include <algorithm>
#include <numeric>

#include "core/error.hpp"

namespace abgate::load {

std::uint64_t seed_of(std::uint64_t set, const Seeds& seeds, std::string_view dimension) {
  return set != 0 ? set : derive_seed(seeds.base, dimension);
}

std::uint64_t warm_salt(const Seeds& seeds) {
  return derive_seed(seeds.base, "warm salt");
}

PromptDeck::PromptDeck(std::size_t prompts, std::uint64_t seed)
    : order_(prompts), last_cell_(prompts, 0), next_(prompts), rng_(seed) {
  std::iota(order_.begin(), order_.end(), 0U);
}

void PromptDeck::begin_cell() {
  ++cell_;
}

std::uint32_t PromptDeck::deal() {
  ABGATE_ASSERT(!order_.empty());
  if (next_ == order_.size()) reshuffle();
  const std::uint32_t prompt = order_[next_++];
  last_cell_[prompt] = cell_;
  return prompt;
}

void PromptDeck::reshuffle() {
  shuffle(std::span(order_), rng_);
  std::stable_partition(order_.begin(), order_.end(),
                        [this](std::uint32_t prompt) { return last_cell_[prompt] != cell_; });
  next_ = 0;
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
