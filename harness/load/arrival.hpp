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
/// --burstiness`). closed: all 0. ramp: an inhomogeneous Poisson process, see ramp_arrivals; it ends
/// with its last stage at the latest. REQUIRES: not trace, whose times the workload brings.
std::vector<Duration> arrivals(const LoadPoint& point, std::size_t count,
                               std::optional<Duration> until, Rng& rng);

/// Expected number of requests of a ramp from its start to `at` seconds: the integral of the rate,
/// which goes linearly from LoadPoint::rate through the targets of the stages; 0 after the last.
double ramp_expected(const LoadPoint& point, double at);

/// Seconds from the start to the end of a ramp.
double ramp_seconds(const LoadPoint& point);

/// Mean rate of the measured phase, requests per second: the rate itself; of a ramp, the mean over
/// its stages. 0: closed, or a trace.
double mean_rate(const LoadPoint& point);

}  // namespace abgate::load
