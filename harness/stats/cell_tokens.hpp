#pragma once
// Output tokens of a cell by the time they arrived.

#include <cstdint>
#include <optional>

#include "core/record.hpp"

namespace abgate::stats {

/// Output tokens by the server's usage; else the last cumulative count of its events; else unknown.
inline std::optional<double> output_tokens(const RequestRecord& r) {
  if (r.usage) return static_cast<double>(r.usage->completion_tokens);
  if (r.stream.counts_known && !r.stream.events.empty()) {
    return static_cast<double>(r.stream.events.back().tokens);
  }
  return std::nullopt;
}

/// Calls f(seconds since the cell's begin, tokens) for every token-bearing event of every success,
/// warm-up included. Without counts from the server the request's tokens are spread evenly over its
/// events; a rest that usage counts and no event carried (the end-of-sequence token) goes to the
/// last event.
template <typename F>
void for_each_token(const CellRecord& cell, F&& f) {
  for (const RequestRecord& r : cell.requests) {
    const auto total = output_tokens(r);
    if (!succeeded(r.outcome) || !total || r.stream.events.empty()) continue;
    const double start = to_seconds(r.stream.started - cell.begin);
    const auto& events = r.stream.events;
    const double even = *total / static_cast<double>(events.size());
    double before = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
      const bool last = i + 1 == events.size();
      double tokens = even;
      if (r.stream.counts_known) {
        const double after = last ? *total : static_cast<double>(events[i].tokens);
        tokens = after - before;
        before = after;
      }
      f(start + to_seconds(events[i].at), tokens);
    }
  }
}

}  // namespace abgate::stats
