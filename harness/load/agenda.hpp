#pragma once
// Which request of a cell starts next, and where: the one thing that the loops of a cell share.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/arm.hpp"
#include "core/plan.hpp"
#include "core/time.hpp"

namespace abgate::load {

/// The lanes of a cell's arms, for any number of loops. What starts when does not depend on how many
/// there are: a closed load keeps the same number in flight, an open one has one schedule.
/// Thread-safe; a loop asks once a turn and once for each request that ended, never for an event.
///
/// Where a request runs: in a closed load each loop has its share of the slots. The requests of an
/// open load go round the loops; one that its loop does not start within kPatience is anybody's, so
/// that a loop which is held up delays no others. A turn that follows goes to whoever comes first.
class Agenda {
 public:
  static constexpr Duration kPatience = std::chrono::milliseconds(1);

  /// `wake(loop)` makes a loop call step() soon; never called with only one loop. May be called from
  /// any loop's thread. The cell must outlive it. REQUIRES: loops > 0.
  Agenda(const Cell& cell, const std::vector<Arm>& arms, std::size_t loops = 1,
         std::function<void(std::size_t loop)> wake = {});
  ~Agenda();
  Agenda(const Agenda&) = delete;
  Agenda& operator=(const Agenda&) = delete;

  /// A request to be started now. `arm` and `index` are positions in the arms and in the cell.
  struct Start {
    std::size_t arm = 0;
    std::uint32_t index = 0;
    TimePoint due{};
    TimePoint startable{};  ///< earliest moment: its due time, or when a slot became free for it
  };
  /// Requests that will never be started.
  struct Unsent {
    std::size_t arm = 0;
    std::uint32_t index = 0;
    std::optional<TimePoint> due;
    std::string why;
  };
  struct Turn {
    std::vector<Start> starts;
    std::vector<Unsent> unsent;  ///< each is told of once, to one loop
    /// When something may be to start for this loop by time alone; it wants to be asked earlier
    /// after a request of its own ended.
    TimePoint next = TimePoint::max();
    bool finished = false;  ///< all requests of all loops have ended
    std::optional<TimePoint> stopped;
  };
  /// What `loop` is to start at `now`, at most `most`, taking turns between the arms.
  Turn step(std::size_t loop, TimePoint now, std::uint32_t most);
  /// A request that `loop` started ended, however.
  void ended(std::size_t loop, std::size_t arm, std::uint32_t index, TimePoint at);
  /// Nothing starts any more. The first call counts.
  void stop(TimePoint at);

  bool interrupted() const;
  /// nullopt: the measured phase was never reached.
  std::optional<TimePoint> measured_begin(std::size_t arm) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace abgate::load
