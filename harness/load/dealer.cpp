#include "load/dealer.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/error.hpp"

namespace abgate::load {

Deck::Deck(std::size_t size, std::uint64_t seed)
    : order_(size), last_cell_(size, 0), next_(size), rng_(seed) {
  std::iota(order_.begin(), order_.end(), 0U);
}

void Deck::begin_cell() {
  ++cell_;
}

std::uint32_t Deck::deal() {
  ABGATE_ASSERT(!order_.empty());
  if (next_ == order_.size()) reshuffle();
  const std::uint32_t dealt = order_[next_++];
  last_cell_[dealt] = cell_;
  return dealt;
}

void Deck::reshuffle() {
  shuffle(std::span(order_), rng_);
  std::stable_partition(order_.begin(), order_.end(),
                        [this](std::uint32_t number) { return last_cell_[number] != cell_; });
  next_ = 0;
}

Dealer::Dealer(const PromptSet& set, std::uint64_t seed)
    : set_(set), classes_(set.classes), seed_(seed) {
  if (classes_.empty()) {
    PromptClass all;
    all.units = static_cast<std::uint32_t>(set.units.empty() ? set.prompts.size()
                                                             : set.units.size());
    classes_.push_back(std::move(all));
  }
  double sum = 0;
  for (const PromptClass& c : classes_) {
    cumulative_.push_back(sum += c.units > 0 ? c.weight : 0);
    // A single class has the seed itself: the order of a plain workload is older than classes.
    decks_.emplace_back(c.units, c.name.empty() ? seed : derive_seed(seed, c.name));
  }
  next_.resize(classes_.size());
}

void Dealer::begin_cell(std::string_view name) {
  for (Deck& deck : decks_) deck.begin_cell();
  std::fill(next_.begin(), next_.end(), 0U);
  choice_ = Rng(derive_seed(derive_seed(seed_, "classes"), name));
}

Dealt Dealer::deal() {
  const std::size_t drawn = draw_class();
  const PromptClass& from = classes_[drawn];
  ABGATE_ASSERT(from.units > 0);
  const std::uint32_t number = from.in_order ? next_[drawn]++ % from.units : decks_[drawn].deal();
  return {unit(from.first + number), static_cast<std::uint16_t>(drawn)};
}

std::vector<Dealt> Dealer::in_order() const {
  std::vector<Dealt> out;
  const PromptClass& from = classes_.front();
  for (std::uint32_t i = 0; i < from.units; ++i) out.push_back({unit(from.first + i), 0});
  return out;
}

std::size_t Dealer::draw_class() {
  if (classes_.size() == 1) return 0;
  const double at = choice_.uniform() * cumulative_.back();
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), at);
  return static_cast<std::size_t>(found - cumulative_.begin());
}

PromptUnit Dealer::unit(std::uint32_t index) const {
  return set_.units.empty() ? PromptUnit{index, 1, Duration{0}} : set_.units[index];
}

PromptSet merge_classes(std::vector<PromptSet> sets, const std::vector<WorkloadClass>& classes) {
  ABGATE_ASSERT(sets.size() == classes.size());
  PromptSet all;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    PromptSet& set = sets[i];
    ABGATE_ASSERT(set.classes.size() <= 1);
    const auto prompts = static_cast<std::uint32_t>(all.prompts.size());
    PromptClass merged = set.classes.empty() ? PromptClass{} : set.classes.front();
    merged.name = classes[i].name;
    merged.weight = classes[i].weight;
    merged.first = static_cast<std::uint32_t>(all.units.size());
    if (set.units.empty()) {
      for (std::uint32_t p = 0; p < set.prompts.size(); ++p) set.units.push_back({p, 1, {}});
    }
    merged.units = static_cast<std::uint32_t>(set.units.size());
    for (PromptUnit unit : set.units) {
      unit.first += prompts;
      all.units.push_back(unit);
    }
    set.max_tokens.resize(set.prompts.size(), 0);
    if (set.exact.empty()) set.exact.assign(set.prompts.size(), set.ignore_eos ? 1 : 0);
    for (PlannedPrompt& prompt : set.prompts) {
      prompt.id = classes[i].name + "/" + prompt.id;
      all.prompts.push_back(std::move(prompt));
    }
    all.max_tokens.insert(all.max_tokens.end(), set.max_tokens.begin(), set.max_tokens.end());
    all.exact.insert(all.exact.end(), set.exact.begin(), set.exact.end());
    all.classes.push_back(std::move(merged));
  }
  return all;
}

}  // namespace abgate::load
