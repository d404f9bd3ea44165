#include "load/agenda.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "catch.hpp"
#include "core/rng.hpp"
#include "load/runner_rig.hpp"

namespace abgate::load {

namespace {

/// Loops that sleep: each steps only when the time comes that it asked for, when it is woken, or when
/// a request of its own ended. What they leave undone shows as a simulation that ends too early.
class Simulation {
 public:
  struct Started {
    std::size_t loop = 0;
    TimePoint at{}, ended = TimePoint::max();
    Agenda::Start start;
  };

  Simulation(Cell cell, std::vector<Arm> arms, std::size_t loops, std::uint64_t seed)
      : cell_(std::move(cell)), rng_(seed), wants_(loops, kStart), agenda_(cell_, arms, loops, [this](std::size_t loop) {
          wants_[loop] = std::min(wants_[loop], now_ + 20us);
        }) {}

  /// How late a loop is with what it does.
  std::function<Duration(std::size_t loop)> lag = [](std::size_t) { return Duration{0}; };
  std::function<Duration()> service = [this] {
    return Duration(static_cast<std::int64_t>(1'000'000 + rng_.below(20'000'000)));
  };
  std::optional<TimePoint> stop_at;

  /// Runs until nothing is left to happen.
  void run() {
    while (true) {
      std::size_t next = 0;
      for (std::size_t i = 1; i < wants_.size(); ++i) {
        if (runs_at(i) < runs_at(next)) next = i;
      }
      const auto end = std::min_element(ends_.begin(), ends_.end());
      if (end != ends_.end() && end->at <= runs_at(next)) {
        now_ = end->at;
        const End ended = *end;
        ends_.erase(end);
        agenda_.ended(ended.loop, ended.arm, ended.index, now_);
        --in_flight[ended.arm];
        started.at({ended.arm, ended.index}).ended = now_;
        wants_[ended.loop] = std::min(wants_[ended.loop], now_);
        continue;
      }
      if (runs_at(next) == TimePoint::max()) return;
      step(next, runs_at(next));
    }
  }

  std::map<std::pair<std::size_t, std::uint32_t>, Started> started;  ///< by arm and index
  std::vector<Agenda::Unsent> unsent;
  std::map<std::size_t, std::uint32_t> in_flight, most_in_flight;
  std::size_t finished = 0;  ///< loops that were told so
  const Agenda& agenda() const { return agenda_; }

 private:
  struct End {
    TimePoint at;
    std::size_t loop, arm;
    std::uint32_t index;
    bool operator<(const End& other) const { return at < other.at; }
  };

  TimePoint runs_at(std::size_t loop) const {
    return wants_[loop] == TimePoint::max() ? wants_[loop] : wants_[loop] + lag(loop);
  }

  void step(std::size_t loop, TimePoint at) {
    now_ = std::max(now_, at);
    if (stop_at && now_ >= *stop_at) agenda_.stop(now_);
    wants_[loop] = TimePoint::max();
    const Agenda::Turn turn = agenda_.step(loop, now_, 50);
    for (const Agenda::Start& start : turn.starts) {
      REQUIRE(started.emplace(std::pair{start.arm, start.index}, Started{loop, now_, {}, start}).second);
      most_in_flight[start.arm] = std::max(most_in_flight[start.arm], ++in_flight[start.arm]);
      ends_.push_back({now_ + service(), loop, start.arm, start.index});
    }
    unsent.insert(unsent.end(), turn.unsent.begin(), turn.unsent.end());
    if (turn.finished) {
      ++finished;
      return;
    }
    wants_[loop] = std::min(wants_[loop], turn.next);
    if (stop_at && now_ < *stop_at) wants_[loop] = std::min(wants_[loop], *stop_at);
  }

  Cell cell_;
  Rng rng_;
  TimePoint now_ = kStart;
  std::vector<TimePoint> wants_;
  std::vector<End> ends_;
  Agenda agenda_;
};

std::size_t count_of(const Simulation& s, std::size_t loop) {
  return static_cast<std::size_t>(std::count_if(
      s.started.begin(), s.started.end(), [&](const auto& e) { return e.second.loop == loop; }));
}

/// Turns of a conversation that follow one another, `turns` of them each.
void make_sessions(Cell& cell, std::size_t turns, Duration think) {
  for (std::size_t i = cell.load.warmup_requests; i < cell.requests.size(); ++i) {
    if ((i - cell.load.warmup_requests) % turns == 0) continue;
    cell.requests[i].follows = true;
    cell.requests[i].due = think;
  }
}

}  // namespace

TEST_CASE("any number of loops sends every request of every shape once, and all of them end") {
  Rng rng(7);
  for (int trial = 0; trial < 400; ++trial) {
    const std::size_t loops = 1 + rng.below(5);
    const bool closed = rng.below(2) == 0;
    const std::size_t slots = closed ? 1 + rng.below(16) : rng.below(2) * (1 + rng.below(12));
    const std::size_t warmups = rng.below(16);
    const std::size_t measured = 1 + rng.below(60);
    const Duration gap(static_cast<std::int64_t>(rng.below(4'000'000)));
    Cell cell = closed ? closed_cell(warmups, measured, slots) : open_cell(warmups, measured, gap, slots);
    const bool sessions = rng.below(3) == 0;
    if (sessions) make_sessions(cell, 3, Duration(static_cast<std::int64_t>(rng.below(9'000'000))));
    std::vector<Arm> arms{Arm::baseline};
    if (rng.below(2) == 0) arms.push_back(Arm::candidate);
    CAPTURE(trial, loops, closed, slots, warmups, measured, sessions, arms.size());
    Simulation simulation(cell, arms, loops, rng.below(1'000'000));
    simulation.run();
    REQUIRE(simulation.started.size() == arms.size() * cell.requests.size());
    REQUIRE(simulation.finished == loops);
    REQUIRE(simulation.unsent.empty());
    for (std::size_t arm = 0; arm < arms.size(); ++arm) {
      REQUIRE(simulation.agenda().measured_begin(arm));
      if (slots > 0) REQUIRE(simulation.most_in_flight[arm] <= slots);
    }
    for (const auto& [key, one] : simulation.started) {
      const PlannedRequest& planned = cell.requests[key.second];
      if (planned.follows) {
        REQUIRE(one.at >= simulation.started.at({key.first, key.second - 1}).ended + planned.due);
      } else if (!closed && planned.phase == Phase::measured) {
        REQUIRE(one.start.due == *simulation.agenda().measured_begin(key.first) + planned.due);
        REQUIRE(one.at >= one.start.due);
      }
      REQUIRE(one.start.startable <= one.at);
    }
  }
}

TEST_CASE("a closed load keeps its slots full with any number of loops, each with its share") {
  const std::size_t loops = GENERATE(1U, 2U, 3U, 4U);
  Simulation simulation(closed_cell(16, 400, 10), {Arm::baseline}, loops, 3);
  simulation.run();
  REQUIRE(simulation.most_in_flight[0] == 10);
  // Whenever a request started after the first ten, another one had just ended.
  std::vector<TimePoint> ends, starts;
  for (const auto& [key, one] : simulation.started) {
    ends.push_back(one.ended);
    starts.push_back(one.at);
  }
  std::sort(ends.begin(), ends.end());
  std::sort(starts.begin(), starts.end());
  for (std::size_t i = 10; i < starts.size(); ++i) REQUIRE(starts[i] - ends[i - 10] <= 20us);
  for (std::size_t loop = 0; loop < loops; ++loop) {
    const double share = static_cast<double>(10 / loops + (loop < 10 % loops ? 1 : 0)) / 10;
    REQUIRE(static_cast<double>(count_of(simulation, loop)) / 416 == Approx(share).margin(0.05));
  }
}

TEST_CASE("an open load goes round the loops, and each request leaves when it is due") {
  const std::size_t loops = GENERATE(1U, 2U, 3U);
  Simulation simulation(open_cell(0, 300, 2ms, 0), {Arm::baseline}, loops, 5);
  simulation.run();
  for (const auto& [key, one] : simulation.started) {
    REQUIRE(one.at == one.start.due);
    REQUIRE(one.loop == key.second % loops);
  }
}

TEST_CASE("a loop that is held up delays the requests of an open load by a millisecond at most") {
  Simulation simulation(open_cell(0, 300, 5ms, 0), {Arm::baseline}, 2, 5);
  simulation.lag = [](std::size_t loop) { return loop == 0 ? Duration(23ms) : Duration{0}; };
  simulation.service = [] { return Duration(1s); };
  simulation.run();
  // What is late is visible: the lag counts from the due time.
  std::size_t helped = 0;
  for (const auto& [key, one] : simulation.started) {
    REQUIRE(one.start.startable == one.start.due);
    REQUIRE(one.at - one.start.due <= Agenda::kPatience);
    if (key.second % 2 == 0 && one.loop == 1) ++helped;
  }
  REQUIRE(helped > 75);
}

TEST_CASE("a stop ends every loop; what was not started is told of once") {
  const std::size_t loops = GENERATE(1U, 3U);
  const bool closed = GENERATE(true, false);
  const Cell cell = closed ? closed_cell(4, 200, 4) : open_cell(4, 200, 3ms, 0);
  Simulation simulation(cell, {Arm::baseline, Arm::candidate}, loops, 5);
  simulation.stop_at = kStart + 100ms;
  simulation.run();
  REQUIRE(simulation.finished == loops);
  REQUIRE(simulation.agenda().interrupted());
  std::set<std::pair<std::size_t, std::uint32_t>> seen;
  for (const auto& [key, one] : simulation.started) seen.insert(key);
  for (const Agenda::Unsent& left : simulation.unsent) {
    REQUIRE(left.why == "interrupted");
    REQUIRE(seen.insert({left.arm, left.index}).second);
  }
  REQUIRE(seen.size() == 2 * cell.requests.size());
  REQUIRE(simulation.started.size() < 2 * cell.requests.size());
}

TEST_CASE("a slot that becomes free for a loop that sleeps wakes it") {
  Cell cell = closed_cell(0, 5, 2);
  make_sessions(cell, 2, 1ms);  // 0, 0', 1, 1', 2
  std::vector<std::size_t> woken;
  Agenda agenda(cell, {Arm::baseline}, 2, [&](std::size_t loop) { woken.push_back(loop); });
  const TimePoint t = kStart;
  REQUIRE(agenda.step(0, t, 50).starts.size() == 1);
  REQUIRE(woken == std::vector<std::size_t>{1});  // the measured phase began, and a slot is left
  REQUIRE(agenda.step(1, t, 50).starts.size() == 1);
  agenda.ended(0, 0, 0, t + 5ms);
  agenda.step(0, t + 5ms, 50);
  // The other loop takes the turn that follows, because it happens to be awake, and has two now.
  REQUIRE(agenda.step(1, t + 6ms, 50).starts.size() == 1);
  agenda.ended(1, 0, 1, t + 7ms);
  woken.clear();
  const Agenda::Turn turn = agenda.step(1, t + 7ms, 50);
  REQUIRE(turn.starts.empty());
  REQUIRE(woken == std::vector<std::size_t>{0});
  agenda.step(1, t + 8ms, 50);
  REQUIRE(woken.size() == 1);  // once is enough
  REQUIRE(agenda.step(0, t + 8ms, 50).starts.size() == 1);
}

}  // namespace abgate::load
