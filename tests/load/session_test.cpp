// Sessions, traces and shared salts: from the plan to the pacing.

#include <algorithm>
#include <map>
#include <set>

#include "catch.hpp"
#include "plan_fixture.hpp"
#include "runner_rig.hpp"

using namespace abgate;
using namespace abgate::load;

namespace {

/// `count` sessions of three turns.
PromptSet session_set(std::size_t count, Duration think) {
  PromptSet set = prompts(3 * count);
  for (std::uint32_t i = 0; i < count; ++i) set.units.push_back({3 * i, 3, Duration{0}});
  PromptClass all;
  all.units = static_cast<std::uint32_t>(count);
  all.think_time = think;
  set.classes = {all};
  return set;
}

PromptSet trace_set(const std::vector<Duration>& times) {
  PromptSet set = prompts(times.size());
  PromptClass all;
  for (const Duration at : times) set.units.push_back({all.units++, 1, at});
  all.in_order = true;
  set.classes = {all};
  return set;
}

/// Two sessions of three turns each, closed loop, think time 100 ms.
Cell session_cell(std::size_t concurrency) {
  Cell cell = closed_cell(0, 6, concurrency);
  for (const std::size_t i : {1U, 2U, 4U, 5U}) {
    cell.requests[i].follows = true;
    cell.requests[i].due = 100ms;
  }
  return cell;
}

}  // namespace

TEST_CASE("Sessions are planned whole: turns in order, one salt, think times", "[load]") {
  Scenario scenario = small_scenario();
  scenario.points = {closed_point(4, 10)};
  scenario.aa_blocks = 0;
  const Plan plan = make_plan(scenario, session_set(50, 3s), {});
  for (const Cell* cell : cells_of(plan, CellKind::load)) {
    // Two warm-ups, each the first turn of a session; then ten turns, and the last session whole.
    REQUIRE(cell->requests.size() == 2 + 12);
    std::set<std::uint64_t> salts;
    for (std::size_t i = 0; i < cell->requests.size(); ++i) {
      const PlannedRequest& r = cell->requests[i];
      const bool first = i < 2 || (i - 2) % 3 == 0;
      REQUIRE(r.follows == !first);
      REQUIRE(r.due == (first ? Duration{0} : Duration{3s}));
      if (first) {
        REQUIRE(r.item % 3 == 0);
        REQUIRE(salts.insert(r.salt).second);
      } else {
        REQUIRE(r.item == cell->requests[i - 1].item + 1);
        REQUIRE(r.salt == cell->requests[i - 1].salt);
      }
    }
  }
}

TEST_CASE("An open loop starts sessions on schedule; a duration bounds their starts", "[load]") {
  Scenario scenario = small_scenario();
  LoadPoint point;
  point.id = "r";
  point.arrival = Arrival::constant;
  point.rate = 2;
  point.duration = 10s;
  point.warmup_requests = 0;
  point.concurrency = 0;
  scenario.points = {point};
  const Plan plan = make_plan(scenario, session_set(50, 1s), {});
  const Cell& cell = *cells_of(plan, CellKind::load)[0];
  REQUIRE(cell.requests.size() == 21 * 3);
  REQUIRE(cell.requests[3].due == 500ms);
  REQUIRE(cell.requests[4].due == 1s);
}

TEST_CASE("A trace is replayed from its first row in every block, as fast as wanted", "[load]") {
  Scenario scenario = small_scenario();
  scenario.workload.kind = PromptSource::Kind::trace;
  LoadPoint point;
  point.id = "t";
  point.arrival = Arrival::trace;
  point.time_scale = 10;
  point.warmup_requests = 2;
  scenario.points = {point};
  const PromptSet set = trace_set({0s, 0s, 7s, 31s, 600s});
  const Plan plan = make_plan(scenario, set, {});
  for (const CellKind kind : {CellKind::load, CellKind::aa}) {
    for (const Cell* cell : cells_of(plan, kind)) {
      REQUIRE(cell->requests.size() == 7);
      const std::vector<Duration> due{0s, 0s, 700ms, 3100ms, 60s};
      for (std::size_t i = 0; i < due.size(); ++i) {
        REQUIRE(cell->requests[2 + i].due == due[i]);
        REQUIRE(cell->requests[2 + i].item == i);
      }
    }
  }
  scenario.points[0].duration = 5s;
  REQUIRE(make_plan(scenario, set, {}).cells[0].requests.size() == 6);
  scenario.points[0].requests = 3;
  REQUIRE(make_plan(scenario, set, {}).cells[0].requests.size() == 5);

  scenario.workload.kind = PromptSource::Kind::suite;
  REQUIRE_THROWS_WITH(make_plan(scenario, set, {}), ContainsSubstring("workload.kind: trace"));
}

TEST_CASE("Under `block` the requests of a block share a salt, and blocks do not", "[load]") {
  Scenario scenario = small_scenario();
  scenario.workload.cache = CachePolicy::block;
  const Plan plan = make_plan(scenario, prompts(100), prompts(10, "q"));
  std::set<std::uint64_t> seen;
  for (const Cell& cell : plan.cells) {
    std::set<std::uint64_t> salts;
    for (const PlannedRequest& r : cell.requests) salts.insert(r.salt);
    REQUIRE(salts.size() == (cell.kind == CellKind::quality ? cell.requests.size() : 1));
    for (const std::uint64_t salt : salts) REQUIRE(seen.insert(salt).second);
  }
  REQUIRE(seen.count(0) == 0);
}

TEST_CASE("The warm-up of a replay does not warm the blocks that it measures", "[load]") {
  Scenario scenario = small_scenario();
  scenario.workload.cache = CachePolicy::block;
  scenario.workload.kind = PromptSource::Kind::trace;
  LoadPoint point;
  point.id = "t";
  point.arrival = Arrival::trace;
  point.warmup_requests = 2;
  scenario.points = {point};
  const Plan plan = make_plan(scenario, trace_set({0s, 1s, 2s}), {});
  const auto& requests = plan.cells[0].requests;
  REQUIRE(requests[0].salt != requests[1].salt);
  REQUIRE(requests[1].salt != requests[2].salt);
  REQUIRE(requests[2].salt == requests[3].salt);
  REQUIRE(requests[3].salt == requests[4].salt);
}

TEST_CASE("A turn follows its predecessor's end and the think time, in the same slot", "[load]") {
  RunnerRig rig(session_cell(1));
  rig.step(0ms);
  REQUIRE(rig.transport.starts.size() == 1);
  rig.answer(0, 50ms);
  // The user thinks: the slot stays taken, the second session waits.
  REQUIRE(rig.step(50ms) == kStart + 150ms);
  rig.step(149ms);
  REQUIRE(rig.transport.starts.size() == 1);
  rig.step(150ms);
  REQUIRE(rig.transport.starts.size() == 2);
  rig.answer(1, 200ms);
  rig.step(300ms);
  rig.answer(2, 310ms);
  rig.step(310ms);  // the session is over: the next begins at once
  REQUIRE(rig.transport.starts.size() == 4);
  rig.answer(3, 320ms);
  rig.step(420ms);
  rig.answer(4, 430ms);
  rig.step(530ms);
  rig.answer(5, 540ms);
  rig.step(540ms);
  REQUIRE(rig.runner->done());
  REQUIRE(rig.finished.size() == 6);
}

TEST_CASE("A session goes on after a turn that failed", "[load]") {
  RunnerRig rig(session_cell(2));
  rig.step(0ms);
  REQUIRE(rig.transport.starts.size() == 2);
  TransferEnd reset;
  reset.ok = false;
  reset.error.what = "reset";
  rig.sent(0, 0ms);
  rig.done(0, 10ms, reset);
  rig.step(110ms);
  REQUIRE(rig.transport.starts.size() == 3);
}

TEST_CASE("Turns of an open loop are due after their predecessor, whatever the schedule",
          "[load]") {
  Cell cell = open_cell(0, 6, 1s, 0);
  for (const std::size_t i : {1U, 2U, 4U, 5U}) {
    cell.requests[i].follows = true;
    cell.requests[i].due = 100ms;
  }
  RunnerRig rig(std::move(cell));
  rig.step(0ms);
  rig.answer(0, 5s);  // slow: the session that is due at 3 s has begun meanwhile
  rig.step(5s);
  REQUIRE(rig.transport.starts.size() == 2);
  rig.step(5100ms);
  REQUIRE(rig.transport.starts.size() == 3);
  rig.answer(1, 5200ms);
  rig.step(5300ms);
  rig.answer(2, 5300ms);
  const auto& turn = rig.finished.at(1).record;
  REQUIRE(turn.stream.due == kStart + 5100ms);
}

TEST_CASE("What a session could not send is reported when time is up or the run stops", "[load]") {
  Cell cell = session_cell(1);
  cell.load.arrival = Arrival::constant;
  cell.load.duration = 120ms;
  RunnerRig rig(std::move(cell));
  rig.step(0ms);
  rig.answer(0, 50ms);
  rig.step(121ms);
  REQUIRE(rig.runner->done());
  REQUIRE(rig.finished.size() == 6);
  REQUIRE(std::count_if(rig.finished.begin(), rig.finished.end(),
                        [](const FinishedRequest& f) { return !f.sent; }) == 5);
}
