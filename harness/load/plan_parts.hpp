#pragma once
// Parts of make_plan that only plan*.cpp and body.cpp use.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/plan.hpp"
#include "core/rng.hpp"
#include "core/scenario.hpp"

namespace abgate::load {

/// The seed of a random dimension: as set, or derived from the base.
std::uint64_t seed_of(std::uint64_t set, const Seeds& seeds, std::string_view dimension);

/// The one salt of all load requests under cache policy `warm`.
std::uint64_t warm_salt(const Seeds& seeds);

/// How many measured requests a block of this point plans at most; nullopt: as many as are due
/// (open loop bounded by time only, a ramp by its stages, a trace by its rows).
std::optional<std::size_t> planned_requests(const LoadPoint& point);

/// Which of `count` pairs run their second arm first: half of them, the odd one by chance,
/// shuffled.
std::vector<bool> balanced_orders(std::size_t count, Rng& rng);

/// The steps for the cells of a plan (they must be there). See make_plan for the order.
std::vector<Step> make_steps(const Scenario& scenario, const std::vector<Cell>& cells);

}  // namespace abgate::load
