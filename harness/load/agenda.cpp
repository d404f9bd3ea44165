#include "load/agenda.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "core/error.hpp"
#include "load/lane.hpp"

namespace abgate::load {

struct Agenda::State {
  struct ArmLane {
    ArmLane(const Cell& cell, std::size_t loops) : lane(cell), in_flight(loops, 0) {}
    Lane lane;
    std::vector<std::uint32_t> in_flight;  ///< by loop
    std::uint32_t dealt = 0;               ///< requests of an open load that went round the loops
  };

  State(const Cell& the_cell, std::size_t arms, std::size_t loops,
        std::function<void(std::size_t)> wake_loop)
      : cell(the_cell), loop_count(loops), wake(std::move(wake_loop)) {
    for (std::size_t i = 0; i < arms; ++i) {
      lanes.push_back(std::make_unique<ArmLane>(the_cell, loops));
    }
  }

  const Cell& cell;
  std::size_t loop_count;
  std::function<void(std::size_t)> wake;
  mutable std::mutex mutex;
  std::vector<std::unique_ptr<ArmLane>> lanes;
  std::size_t first_arm = 0;  ///< whose turn it is to start first
  std::optional<TimePoint> stopped;
  bool finished = false;
  bool tell_others = false;  ///< something changed for loops that may be asleep
  bool told = false;         ///< of a free slot that is not the asker's; until it is taken

  // --- all below with the mutex held

  void begin_measured(TimePoint now) {
    const bool all_warm =
        std::all_of(lanes.begin(), lanes.end(), [](const auto& a) { return a->lane.warm(); });
    // Closed loops go on by themselves; the arms of an open loop share the zero of their schedule,
    // so that they are driven by the same arrivals at the same moments.
    for (auto& arm : lanes) {
      Lane& lane = arm->lane;
      if (lane.measuring() || !(lane.closed() ? lane.warm() : all_warm)) continue;
      lane.begin_measured(now);
      tell_others = true;
    }
  }

  std::uint32_t share(std::size_t loop) const {
    const std::size_t slots = cell.load.concurrency;
    return static_cast<std::uint32_t>(slots / loop_count + (loop < slots % loop_count ? 1 : 0));
  }

  bool scheduled(const ArmLane& arm, std::uint32_t index) const {
    return !arm.lane.closed() && cell.requests[index].phase == Phase::measured;
  }

  // When `loop` may start a request of the schedule that is due at `due`.
  TimePoint mine_from(const ArmLane& arm, std::size_t loop, TimePoint due) const {
    return arm.dealt % loop_count == loop ? due : due + kPatience;
  }

  /// The request that is ready, if it is for this loop. Of a slot of theirs the others are told; what
  /// is due by the schedule they know.
  std::optional<std::uint32_t> ready(const ArmLane& arm, std::size_t loop, TimePoint now) {
    const auto index = arm.lane.ready(now);
    if (!index || loop_count == 1 || cell.requests[*index].follows) return index;
    if (scheduled(arm, *index)) {
      const TimePoint due = *arm.lane.measured_begin() + cell.requests[*index].due;
      return now >= mine_from(arm, loop, due) ? index : std::nullopt;
    }
    if (!arm.lane.closed() || arm.in_flight[loop] < share(loop)) return index;
    if (!std::exchange(told, true)) tell_others = true;
    return std::nullopt;
  }

  Start start(std::size_t position, std::size_t loop, std::uint32_t index, TimePoint now) {
    ArmLane& arm = *lanes[position];
    Start out;
    out.arm = position;
    out.index = index;
    if (scheduled(arm, index) && !cell.requests[index].follows) ++arm.dealt;
    out.due = arm.lane.started(now);
    out.startable = arm.lane.startable_since();
    ++arm.in_flight[loop];
    told = false;
    return out;
  }

  // Takes turns between the arms, so that neither waits for the other's burst.
  void start_due(std::size_t loop, TimePoint now, std::uint32_t most, std::vector<Start>& out) {
    std::size_t idle = 0;
    while (idle < lanes.size() && out.size() < most) {
      const std::size_t position = first_arm;
      first_arm = (first_arm + 1) % lanes.size();
      const auto index = ready(*lanes[position], loop, now);
      if (!index) {
        ++idle;
        continue;
      }
      idle = 0;
      out.push_back(start(position, loop, *index, now));
      if (!lanes[position]->lane.measuring()) begin_measured(now);
    }
  }

  void close(TimePoint now, std::vector<Unsent>& unsent) {
    bool all_over = true;
    for (std::size_t position = 0; position < lanes.size(); ++position) {
      Lane& lane = lanes[position]->lane;
      if (!lane.exhausted(now) && !stopped) {
        all_over = false;
        continue;
      }
      for (const std::uint32_t index : lane.abandon(stopped.has_value())) {
        Unsent& left = unsent.emplace_back();
        left.arm = position;
        left.index = index;
        left.why = stopped ? "interrupted" : "no free slot before the end of the duration";
        const bool has_due = !lane.closed() && !cell.requests[index].follows;
        if (const auto begin = lane.measured_begin(); begin && has_due) {
          left.due = *begin + cell.requests[index].due;
        }
      }
      all_over = all_over && lane.in_flight() == 0;
    }
    if (all_over && !finished) tell_others = true;
    finished = all_over;
  }

  TimePoint next_change(std::size_t loop, TimePoint now) const {
    TimePoint at = TimePoint::max();
    if (finished || stopped) return at;
    for (const auto& arm : lanes) {
      const auto change = arm->lane.next_change();
      if (!change) continue;
      const bool goes_round = loop_count > 1 && !arm->lane.closed();
      at = std::min(at, goes_round ? mine_from(*arm, loop, *change) : *change);
      if (const auto turn = arm->lane.next_turn()) at = std::min(at, *turn);
    }
    return std::max(at, now);
  }
};

Agenda::Agenda(const Cell& cell, const std::vector<Arm>& arms, std::size_t loops,
               std::function<void(std::size_t)> wake)
    : state_(std::make_unique<State>(cell, arms.size(), loops, std::move(wake))) {
  ABGATE_ASSERT(loops > 0);
}
Agenda::~Agenda() = default;

Agenda::Turn Agenda::step(std::size_t loop, TimePoint now, std::uint32_t most) {
  Turn turn;
  bool tell_others = false;
  {
    const std::scoped_lock lock(state_->mutex);
    state_->begin_measured(now);
    if (!state_->stopped) state_->start_due(loop, now, most, turn.starts);
    state_->close(now, turn.unsent);
    turn.next = turn.starts.size() == most ? now : state_->next_change(loop, now);
    turn.finished = state_->finished;
    turn.stopped = state_->stopped;
    tell_others = std::exchange(state_->tell_others, false);
  }
  for (std::size_t other = 0; tell_others && other < state_->loop_count; ++other) {
    if (other != loop) state_->wake(other);
  }
  return turn;
}

void Agenda::ended(std::size_t loop, std::size_t arm, std::uint32_t index, TimePoint at) {
  const std::scoped_lock lock(state_->mutex);
  State::ArmLane& ended = *state_->lanes.at(arm);
  ended.lane.ended(index, at);
  --ended.in_flight.at(loop);
  state_->told = false;
}

void Agenda::stop(TimePoint at) {
  const std::scoped_lock lock(state_->mutex);
  if (!state_->stopped && !state_->finished) state_->stopped = at;
}

bool Agenda::interrupted() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->stopped.has_value();
}

std::optional<TimePoint> Agenda::measured_begin(std::size_t arm) const {
  const std::scoped_lock lock(state_->mutex);
  return state_->lanes.at(arm)->lane.measured_begin();
}

}  // namespace abgate::load
