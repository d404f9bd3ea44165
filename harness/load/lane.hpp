#pragma once
// Paces one arm of a cell: which request may start, and when. Bookkeeping only; nothing is sent
// here.

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

#include "core/plan.hpp"
#include "core/time.hpp"

namespace abgate::load {

/// The order of sending is the order of Cell::requests.
///
/// Closed load: `concurrency` requests are kept in flight. Warm-up requests that can fill every
/// slot run over into the measured ones, one by one, so that the measured phase begins at full load
/// and without a burst; fewer of them are drained first. Open load: warm-up is drained (as a closed
/// load), then each request is due at its planned time after the start of the measured phase,
/// whatever the answers do; with a cap (`concurrency` > 0) it may have to wait for a slot, visibly.
/// A session keeps its slot while its user thinks: a turn that follows is due its think time after
/// the end of the turn before it, however that ended, and needs no other slot.
/// Not thread-safe. The cell must outlive it.
class Lane {
 public:
  explicit Lane(const Cell& cell);

  /// Warm-up is over: measured requests may follow once begin_measured was called.
  bool warm() const;
  bool measuring() const { return measured_begin_.has_value(); }
  /// REQUIRES: warm(). Zero of the planned due times and of the duration bound.
  void begin_measured(TimePoint at) { measured_begin_ = at; }
  std::optional<TimePoint> measured_begin() const { return measured_begin_; }

  /// The request that may start at `now`; nullopt if none may.
  std::optional<std::uint32_t> ready(TimePoint now) const;
  /// The request that ready() named was started. Returns when it was due: `now` in a closed loop.
  TimePoint started(TimePoint now);
  /// A request in flight ended.
  void ended(std::uint32_t index, TimePoint at);
  /// When ready() changes by time alone; nullopt: not before a request ends or begin_measured.
  std::optional<TimePoint> next_change() const;
  /// When the next turn of a session is due, if one waits for its think time.
  std::optional<TimePoint> next_turn() const {
    return turns_.empty() ? std::nullopt : std::optional(turns_.top().due);
  }

  /// When the request last started could have started at the earliest: its due time, or the moment
  /// a slot became free for it.
  TimePoint startable_since() const { return startable_since_; }
  std::uint32_t in_flight() const { return in_flight_; }
  bool closed() const { return cell_.load.arrival == Arrival::closed; }
  /// Sessions whose next turn waits for its think time.
  std::uint32_t thinking() const { return static_cast<std::uint32_t>(turns_.size()); }
  /// No request will start any more: all were started, or time is up at `now`.
  bool exhausted(TimePoint now) const;
  /// Gives up what was not started and returns it, for NotSent. In a closed loop bounded by time
  /// the plan holds more requests than fit: those are nothing that was missed, and are not
  /// returned.
  std::vector<std::uint32_t> abandon(bool interrupted);

 private:
  struct Turn {
    TimePoint due;
    std::uint32_t index;
    bool operator>(const Turn& other) const {
      return due != other.due ? due > other.due : index > other.index;
    }
  };

  bool has_turn(TimePoint now) const { return !turns_.empty() && turns_.top().due <= now; }
  void skip_turns();
  std::uint32_t width() const;
  std::uint32_t taken() const { return in_flight_ + thinking(); }
  bool over(TimePoint now) const;
  TimePoint due(std::uint32_t index) const { return *measured_begin_ + cell_.requests[index].due; }

  const Cell& cell_;
  std::uint32_t warmups_ = 0;
  std::uint32_t next_ = 0;  ///< the next request that follows no other
  std::vector<bool> started_;
  std::uint32_t unstarted_ = 0;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns_;
  std::uint32_t in_flight_ = 0;
  bool overlap_ = false;
  std::optional<TimePoint> measured_begin_;
  TimePoint full_until_{};  ///< when the lane last stopped having every slot taken
  TimePoint startable_since_{};
};

}  // namespace abgate::load
