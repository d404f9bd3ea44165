#pragma once
// Cells with known truth.

#include <string>
#include <vector>

#include "core/record.hpp"
#include "core/rng.hpp"

namespace abgate::stats::test {

inline TimePoint at(double seconds) {
  return TimePoint{} + std::chrono::hours(1) + from_seconds(seconds);
}

/// A success: `tokens` tokens, one an event, first after `ttft`, then every `tpot` seconds.
inline RequestRecord answer(std::uint32_t index, double start, double ttft, double tpot,
                            int tokens) {
  RequestRecord r;
  r.planned.index = index;
  r.outcome = Completed{"length"};
  r.usage = Usage{100, tokens, std::nullopt};
  r.stream.due = r.stream.started = at(start);
  r.stream.counts_known = true;
  for (int i = 0; i < tokens; ++i) {
    r.stream.events.push_back({from_seconds(ttft + i * tpot), std::uint32_t(i + 1), false});
  }
  r.stream.finish = r.stream.closed = from_seconds(ttft + (tokens - 1) * tpot);
  r.chunks = std::uint32_t(tokens);
  return r;
}

inline RequestRecord failure(std::uint32_t index, double start, double closed, Outcome outcome) {
  RequestRecord r;
  r.planned.index = index;
  r.outcome = std::move(outcome);
  r.stream.due = r.stream.started = at(start);
  r.stream.closed = from_seconds(closed);
  return r;
}

struct Speed {
  double ttft = 0.1, tpot = 0.02, spread = 0;  ///< spread: sd of the log of both, per request
};

/// A closed loop of `streams`, `warmup` + `measured` requests of `tokens` tokens.
inline CellRecord closed_cell(std::size_t streams, std::size_t warmup, std::size_t measured,
                              int tokens, const Speed& speed, std::uint64_t seed = 1) {
  CellRecord cell;
  cell.point = "c" + std::to_string(streams);
  cell.load.id = cell.point;
  cell.load.concurrency = streams;
  cell.load.warmup_requests = warmup;
  cell.begin = at(0);
  std::vector<double> free(streams, 0.0);
  Rng rng(seed);
  for (std::size_t i = 0; i < warmup + measured; ++i) {
    auto slot = std::min_element(free.begin(), free.end());
    const double factor = std::exp(speed.spread * rng.normal());
    RequestRecord r =
        answer(std::uint32_t(i), *slot, speed.ttft * factor, speed.tpot * factor, tokens);
    r.planned.phase = i < warmup ? Phase::warmup : Phase::measured;
    if (i == warmup) cell.measured_begin = r.stream.started;
    *slot += to_seconds(r.stream.closed);
    cell.requests.push_back(std::move(r));
  }
  cell.end = at(*std::max_element(free.begin(), free.end()));
  return cell;
}

/// The same cell for an arm and block.
inline CellRecord as(CellRecord cell, Arm arm, std::uint32_t block,
                     CellKind kind = CellKind::load) {
  cell.arm = arm;
  cell.block = block;
  cell.kind = kind;
  for (RequestRecord& r : cell.requests) r.arm = arm;
  return cell;
}

}  // namespace abgate::stats::test
