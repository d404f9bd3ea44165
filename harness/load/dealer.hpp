#pragma once
// Which prompts the requests of a cell get, in which order. Pure; seeded.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/rng.hpp"
#include "load/plan.hpp"

namespace abgate::load {

/// Numbers from 0 in seeded random order, dealt without end: reshuffled when used up. Within one
/// cell none comes twice before all came once.
class Deck {
 public:
  Deck(std::size_t size, std::uint64_t seed);
  void begin_cell();
  /// REQUIRES: size > 0.
  std::uint32_t deal();

 private:
  void reshuffle();

  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> last_cell_;  ///< by number: the cell that had it last
  std::uint32_t cell_ = 0;
  std::size_t next_;
  Rng rng_;
};

/// One unit as dealt.
struct Dealt {
  PromptUnit unit;
  std::uint16_t traffic_class = 0;
};

/// Deals the units of a prompt set. Each unit's class is drawn by the weights; within a class the
/// units come from a deck, or in their order where that is theirs.
class Dealer {
 public:
  /// Keeps a reference to `set`.
  Dealer(const PromptSet& set, std::uint64_t seed);

  /// A cell's draws of classes depend on its name alone, so cells can be added without changing
  /// others.
  void begin_cell(std::string_view name);
  /// REQUIRES: some class has units.
  Dealt deal();
  /// The units of the only class, in their order, for arrivals that a trace sets.
  std::vector<Dealt> in_order() const;
  const PromptClass& class_of(const Dealt& dealt) const { return classes_[dealt.traffic_class]; }

 private:
  std::size_t draw_class();
  PromptUnit unit(std::uint32_t index) const;

  const PromptSet& set_;
  std::vector<PromptClass> classes_;
  std::vector<double> cumulative_;  ///< weights, added up
  std::vector<Deck> decks_;
  std::vector<std::uint32_t> next_;  ///< in order: by class
  std::uint64_t seed_;
  Rng choice_{0};
};

}  // namespace abgate::load
