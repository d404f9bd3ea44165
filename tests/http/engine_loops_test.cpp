// Several loops: the same load, the same records, on threads of their own.

#include <algorithm>
#include <set>
#include <thread>

#include "core/error.hpp"
#include "engine_rig.hpp"
#include "http/worker.hpp"

namespace abgate::http {

TEST_CASE("how many loops: as declared, but not more than streams; else by the streams") {
  struct Row {
    std::size_t wanted, streams, cores, loops;
  };
  for (const Row& row : {Row{0, 0, 64, 1}, Row{0, 1, 64, 1}, Row{0, 2000, 64, 1}, Row{0, 2001, 64, 2},
                         Row{0, 10'000, 64, 5}, Row{0, 10'000, 4, 2}, Row{0, 10'000, 1, 1},
                         Row{3, 0, 2, 3}, Row{3, 100, 1, 3}, Row{3, 2, 8, 2}, Row{1, 9000, 64, 1}}) {
    CAPTURE(row.wanted, row.streams, row.cores);
    REQUIRE(loops_for(row.wanted, row.streams, row.cores) == row.loops);
  }
}

TEST_CASE("three loops do what one does: every request once, as many at once as declared") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer baseline(fakes::stream_script(5, 1ms));
  HttpServer candidate(fakes::stream_script(7, 1ms));
  EngineRig rig(baseline.url(), candidate.url());
  rig.scenario.client.loops = 3;
  rig.requests(10, 200, 10);
  const std::array<Arm, 2> arms{Arm::baseline, Arm::candidate};
  for (int cell = 0; cell < 2; ++cell) {  // connections stay with their loops
    const auto cells = rig.run(arms);
    REQUIRE(cells.size() == 2);
    for (const CellRecord& record : cells) {
      const std::size_t tokens = record.arm == Arm::baseline ? 5 : 7;
      std::set<std::uint32_t> seen;
      std::vector<std::pair<TimePoint, int>> changes;
      for (const RequestRecord& r : record.requests) {
        CAPTURE(describe(r.outcome));
        REQUIRE(succeeded(r.outcome));
        REQUIRE(r.stream.events.size() == tokens);
        seen.insert(r.planned.index);
        changes.emplace_back(r.stream.started, 1);
        changes.emplace_back(r.stream.started + r.stream.closed, -1);
        REQUIRE(r.stream.started >= record.begin);
        REQUIRE(r.stream.started + r.stream.closed <= record.end);
      }
      REQUIRE(seen.size() == 210);
      REQUIRE(record.requests.size() == 210);
      std::sort(changes.begin(), changes.end());
      int open = 0, most = 0;
      for (const auto& [at, change] : changes) most = std::max(most, open += change);
      REQUIRE(most <= 10);
      REQUIRE(record.health.loops == 3);
      REQUIRE(record.health.loop_turns > 0);
      REQUIRE(record.health.client_cpu > 0);
      REQUIRE(record.health.tcp.known);
      REQUIRE(record.measured_begin >= record.begin);
      REQUIRE_FALSE(record.interrupted);
    }
  }
  if (!EngineRig::libcurl_only) {
    REQUIRE(baseline.connections() <= 12);  // of a closed load each loop opens its part, rounded up
    REQUIRE(candidate.connections() <= 12);
  }
}

TEST_CASE("an open load on two loops leaves on schedule, and so do the turns of sessions") {
  HttpServer server(fakes::stream_script(3, 2ms));
  EngineRig rig(server.url());
  rig.scenario.client.loops = 2;
  rig.requests(0, 60, 0);
  rig.cell.load.arrival = Arrival::constant;
  for (auto& r : rig.cell.requests) {
    r.due = 5ms * static_cast<int>(r.index);
    if (r.index % 3 != 0) {
      r.follows = true;
      r.due = 2ms;
    }
  }
  const CellRecord record = rig.run();
  REQUIRE(record.requests.size() == 60);
  std::vector<const RequestRecord*> by_index(60);
  for (const RequestRecord& r : record.requests) {
    REQUIRE(succeeded(r.outcome));
    by_index[r.planned.index] = &r;
  }
  for (std::size_t i = 0; i < 60; ++i) {
    const StreamRecord& s = by_index[i]->stream;
    if (i % 3 == 0) {
      REQUIRE(s.due == record.measured_begin + 5ms * static_cast<int>(i));
      REQUIRE(s.started >= s.due);
    } else {
      const StreamRecord& before = by_index[i - 1]->stream;
      REQUIRE(s.started >= before.started + before.closed + 2ms);
    }
  }
}

TEST_CASE("with several loops progress adds up, and records come one at a time") {
  HttpServer server(fakes::stream_script(4, 20ms));
  EngineRig rig(server.url());
  rig.scenario.client.loops = 4;
  rig.requests(0, 80, 8);
  Progress last;
  std::atomic<int> inside{0};
  std::size_t records = 0;
  const std::array<Arm, 1> arms{Arm::baseline};
  rig.run(
      arms,
      [&](RequestRecord&&) {
        REQUIRE(++inside == 1);
        ++records;
        std::this_thread::yield();
        --inside;
      },
      [&](const Progress& p) {
        REQUIRE(++inside == 1);
        if (last[0]) REQUIRE(p[0]->done >= last[0]->done);
        last = p;
        --inside;
      });
  REQUIRE(records == 80);
  REQUIRE(last[0]->planned == 80);
  REQUIRE(last[0]->done == 80);
  REQUIRE(last[0]->in_flight == 0);
  REQUIRE(last[0]->events == 480);  // four tokens, the finish and the usage each
  REQUIRE(last[0]->ttft_p50.has_value());
}

TEST_CASE("an error in one loop's recorder ends all loops and comes out; the engine goes on") {
  HttpServer server(fakes::stream_script(2, 5ms));
  EngineRig rig(server.url());
  rig.scenario.client.loops = 3;
  rig.requests(0, 10'000, 6);
  const std::array<Arm, 1> arms{Arm::baseline};
  std::size_t taken = 0;
  REQUIRE_THROWS_WITH(rig.run(arms,
                              [&](RequestRecord&&) {
                                if (++taken == 20) throw Error(ExitCode::bad_data, "disk full");
                              }),
                      "disk full");
  rig.requests(0, 9, 3);
  REQUIRE(rig.run().requests.size() == 9);
}

TEST_CASE("stopping ends all loops, drains them and tells of every request once") {
  HttpServer server(fakes::stream_script(20, 10ms));
  EngineRig rig(server.url());
  rig.scenario.client.loops = 3;
  rig.requests(0, 100, 6);
  std::set<std::uint32_t> seen;
  std::size_t unsent = 0;
  const std::array<Arm, 1> arms{Arm::baseline};
  const auto cells = rig.run(arms, [&](RequestRecord&& r) {
    REQUIRE(seen.insert(r.planned.index).second);
    if (std::holds_alternative<NotSent>(r.outcome)) ++unsent;
    rig.stop.request_stop();
  });
  REQUIRE(cells.at(0).interrupted);
  REQUIRE(seen.size() == 100);
  REQUIRE(unsent > 50);
}

TEST_CASE("the health of several loops: lags of all, the rest of the busiest") {
  std::array<WorkerHealth, 2> loops;
  loops[0].turns = 10;
  loops[1].turns = 5;
  loops[0].cpu = 0.25;
  loops[1].cpu = 0.75;
  loops[0].max_starts = 7;
  loops[1].recorder_stalls = 2;
  for (int i = 0; i < 980; ++i) loops[0].lag.record(Duration{10});
  for (int i = 0; i < 20; ++i) loops[1].lag.record(Duration{15});
  for (int i = 0; i < 10'000; ++i) loops[0].wake_lag.record(Duration{3});
  for (int i = 0; i < 10; ++i) loops[1].wake_lag.record(Duration{5'000'000});
  const CellHealth health = merge(loops);
  REQUIRE(health.loops == 2);
  REQUIRE(health.loop_turns == 15);
  REQUIRE(health.client_cpu == 0.75);
  REQUIRE(health.max_starts_per_turn == 7);
  REQUIRE(health.recorder_stalls == 2);
  REQUIRE(health.loop_lag_p50 == Duration{10});
  REQUIRE(health.loop_lag_p99 == Duration{15});
  // The loop that starved is not outvoted by the one that did not.
  REQUIRE(health.wake_lag_p99 >= Duration{5'000'000});
  REQUIRE(health.wake_lag_p50 == Duration{3});
}

}  // namespace abgate::http
