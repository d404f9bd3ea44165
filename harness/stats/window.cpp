// The steady window of a cell.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "stats/cell_tokens.hpp"
#include "stats/history.hpp"
#include "stats/measure.hpp"
#include "stats/moments.hpp"
#include "stats/mser.hpp"

namespace abgate::stats {

namespace {

constexpr double kHeldShare = 0.95;  ///< of the target streams in flight
constexpr std::size_t kBins = 40;    ///< of a short window: eight batches of five
constexpr std::size_t kEventsPerBin = 5;
constexpr double kDriftShare = 0.05;  ///< halves closer than this are steady whatever MSER-5 says
constexpr double kDriftP = 0.001;     ///< two-sided, so that chance is not taken for drift
constexpr double kHeldTime = 0.5;     ///< share of the window that the load must be held

double since(const CellRecord& cell, TimePoint t) {
  return to_seconds(t - cell.begin);
}

bool was_sent(const RequestRecord& r) {
  return !std::holds_alternative<NotSent>(r.outcome);
}

struct Change {
  double at;
  int by;
};

/// Starts and ends of all requests, warm-up included. Ends sort before starts at the same instant:
/// nothing is counted twice. A session holds its stream while its user thinks: a turn that follows
/// begins with its think time.
std::vector<Change> in_flight_changes(const CellRecord& cell) {
  std::vector<Change> changes;
  changes.reserve(2 * cell.requests.size());
  for (const RequestRecord& r : cell.requests) {
    if (!was_sent(r)) continue;
    const double start = since(cell, r.stream.started);
    const double think = r.planned.follows ? to_seconds(r.planned.due) : 0;
    changes.push_back({start - think, +1});
    changes.push_back({start + to_seconds(r.stream.closed), -1});
  }
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
    return a.at != b.at ? a.at < b.at : a.by < b.by;
  });
  return changes;
}

struct Held {
  double begin = 0, end = 0;
  double time = 0;  ///< seconds within [begin, end] with enough streams in flight
  bool any = false;
};

Held held_load(const CellRecord& cell, double target, double from) {
  Held held;
  double flying = 0, last = 0;
  for (const Change& change : in_flight_changes(cell)) {
    if (flying >= kHeldShare * target && change.at > from) {
      const double begin = std::max(last, from);
      if (!held.any) held.begin = begin;
      held.any = true;
      held.end = change.at;
      held.time += change.at - begin;
    }
    flying += change.by;
    last = change.at;
  }
  return held;
}

double first_measured(const CellRecord& cell) {
  double first = since(cell, cell.end);
  for (const RequestRecord& r : cell.requests) {
    if (r.planned.phase == Phase::measured && was_sent(r)) {
      first = std::min(first, since(cell, r.stream.started));
    }
  }
  return std::max(first, since(cell, cell.measured_begin));
}

SteadyWindow closed_window(const CellRecord& cell) {
  const auto sent = std::count_if(cell.requests.begin(), cell.requests.end(), was_sent);
  const auto streams = std::min<std::size_t>(cell.load.concurrency, static_cast<std::size_t>(sent));
  const double target = static_cast<double>(std::max<std::size_t>(1, streams));
  const double from = first_measured(cell);
  const Held held = held_load(cell, target, from);
  SteadyWindow w;
  if (!held.any || held.end <= held.begin) {
    w.begin = from;
    w.end = since(cell, cell.end);
    w.why = fmt::format("never {:.0f} % of {} streams in flight", 100 * kHeldShare, streams);
    return w;
  }
  w.begin = held.begin;
  w.end = held.end;
  const double share = held.time / (held.end - held.begin);
  w.steady = share >= kHeldTime;
  w.why = w.steady ? fmt::format("first moment with {:.0f} % of {} streams in flight",
                                 100 * kHeldShare, streams)
                   : fmt::format(
                         "{:.0f} % of {} streams were in flight during only {:.0f} % of the window",
                         100 * kHeldShare, streams, 100 * share);
  return w;
}

SteadyWindow open_window(const CellRecord& cell) {
  SteadyWindow w;
  w.begin = first_measured(cell);
  w.end = w.begin;
  for (const RequestRecord& r : cell.requests) {
    if (r.planned.phase == Phase::measured && was_sent(r)) {
      w.end = std::max(w.end, since(cell, r.stream.due));
    }
  }
  w.steady = w.end > w.begin;
  w.why = w.steady ? "first to last arrival" : "fewer than two arrivals";
  if (!w.steady) w.end = since(cell, cell.end);
  return w;
}

/// Output tokens per second in equal bins of the window.
std::vector<double> rates(const CellRecord& cell, const SteadyWindow& w, std::size_t bins,
                          std::size_t& events) {
  std::vector<double> tokens(bins, 0.0);
  const double width = (w.end - w.begin) / static_cast<double>(bins);
  events = 0;
  for_each_token(cell, [&](double at, double count) {
    if (at < w.begin || at >= w.end) return;
    const auto bin = static_cast<std::size_t>((at - w.begin) / width);
    tokens[std::min(bin, bins - 1)] += count / width;
    ++events;
  });
  return tokens;
}

/// Whether the two halves differ by more than a little, and more than chance explains.
bool drifts(std::span<const double> series) {
  std::vector<double> batches;
  for (std::size_t i = 0; i + 5 <= series.size(); i += 5) {
    batches.push_back(moments(series.subspan(i, 5)).mean());
  }
  const auto first = std::span(batches).first(batches.size() / 2);
  const auto second = std::span(batches).subspan(batches.size() / 2);
  const double a = moments(first).mean();
  const double b = moments(second).mean();
  return std::abs(b - a) > kDriftShare * std::max(a, b) &&
         welch_p(first, second).value_or(1) < kDriftP;
}

void cut_warm_up(const CellRecord& cell, SteadyWindow& w) {
  const double length = w.end - w.begin;
  const std::size_t bins = std::max(kBins, static_cast<std::size_t>(length));
  std::size_t events = 0;
  const std::vector<double> series = rates(cell, w, bins, events);
  if (events < kEventsPerBin * bins) {
    w.why += fmt::format("; short block ({:.1f} s, {} token events): too little for MSER-5", length,
                         events);
    return;
  }
  // A minimum at the search limit is no cut: either noise, or the drift that is looked for below.
  const Mser found = mser(series);
  const std::size_t cut = found.half_limit ? 0 : found.truncate;
  if (drifts(std::span(series).subspan(cut))) {
    w.steady = false;
    w.drifts = true;
    w.why = "throughput drifts through the whole block: no steady part";
  } else if (cut > 0) {
    w.begin += length / static_cast<double>(bins) * static_cast<double>(cut);
    w.why = fmt::format("MSER-5 on throughput cut the first {} of {} bins", cut, bins);
  }
}

}  // namespace

SteadyWindow steady_window(const CellRecord& cell) {
  SteadyWindow w = cell.load.arrival == Arrival::closed ? closed_window(cell) : open_window(cell);
  if (cell.load.arrival == Arrival::ramp || cell.load.arrival == Arrival::trace) {
    w.why += "; the load changes by design: no drift is looked for";
    return w;
  }
  if (w.steady && w.end > w.begin) cut_warm_up(cell, w);
  return w;
}

}  // namespace abgate::stats
