#pragma once
// When the requests of an open loop are due. Pure; seeded.

#include <cstddef>
#include <optional>
#include <vector>

#include "core/rng.hpp"
#include "core/scenario.hpp"
#include "core/time.hpp"

namespace abgate::load {

/// Due times, ascending, as offsets from the start of the measured phase. `count` of them, or while
/// they are at most `until`, whichever ends first (one of the two must be given: count 0 means no
/// bound).
///
/// constant: i / rate, the first at 0. poisson: gaps are exponential with mean 1 / rate, by
/// inversion. gamma: gaps are Gamma(shape = burstiness, mean 1 / rate), so their coefficient of
/// variation is 1/sqrt(burstiness) and burstiness 1 is Poisson (the meaning of `vllm bench serve
/// --burstiness`). closed: all 0.
std::vector<Duration> arrivals(const LoadPoint& point, std::size_t count,
                               std::optional<Duration> until, Rng& rng);

}  // namespace abgate::load
