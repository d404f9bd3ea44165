#include "load/runner.hpp"

#include <set>

#include "catch.hpp"
#include "core/rng.hpp"
#include "load/runner_rig.hpp"

namespace abgate::load {

TEST_CASE("a closed loop keeps as many requests in flight as it is told, and refills at once") {
  RunnerRig rig(closed_cell(0, 5, 2));
  rig.step(0ms);
  REQUIRE(rig.transport.open == std::vector<RequestKey>{0, 1});
  rig.step(1ms);
  REQUIRE(rig.transport.starts.size() == 2);
  rig.answer(1, 2ms);
  rig.step(2ms);
  REQUIRE(rig.transport.open == std::vector<RequestKey>{0, 2});
}

TEST_CASE("request ids and bodies are the planned ones, per arm") {
  RunnerRig rig(closed_cell(0, 2, 2), {Arm::baseline, Arm::candidate});
  rig.step(0ms);
  REQUIRE(rig.transport.starts.size() == 4);
  std::set<std::string> ids;
  for (const auto& start : rig.transport.starts) ids.insert(start.id + "|" + start.body);
  REQUIRE(ids == std::set<std::string>{"baseline-0|body 0", "baseline-1|body 1",
                                       "candidate-0|body 0", "candidate-1|body 1"});
}

TEST_CASE("a run ends when every request of every arm has ended, and each is handed over once") {
  RunnerRig rig(closed_cell(1, 3, 1), {Arm::baseline, Arm::candidate});
  Duration t = 0ms;
  while (!rig.runner->done()) {
    rig.step(t += 1ms);
    for (const RequestKey key : std::vector(rig.transport.open)) rig.answer(key, t);
    REQUIRE(t < 1s);
  }
  REQUIRE(rig.finished.size() == 8);
  std::set<std::string> ids;
  for (const auto& f : rig.finished) ids.insert(f.record.request_id);
  REQUIRE(ids.size() == 8);
  REQUIRE(rig.step(t) == TimePoint::max());
}

TEST_CASE("warm-up that fills every slot runs over into the measured phase without a burst") {
  RunnerRig rig(closed_cell(2, 3, 2));
  rig.step(0ms);
  REQUIRE(rig.transport.open == std::vector<RequestKey>{0, 1});
  rig.answer(0, 5ms);
  rig.step(5ms);
  REQUIRE(rig.transport.open == std::vector<RequestKey>{1, 2});
  REQUIRE(rig.runner->take_summary(Arm::baseline).measured_begin == kStart);
}

TEST_CASE("warm-up that cannot fill every slot is drained first") {
  RunnerRig rig(closed_cell(2, 4, 3));
  rig.step(0ms);
  REQUIRE(rig.transport.open == std::vector<RequestKey>{0, 1});
  rig.answer(0, 5ms);
  rig.step(5ms);
  REQUIRE(rig.transport.open == std::vector<RequestKey>{1});
  rig.answer(1, 9ms);
  rig.step(9ms);
  REQUIRE(rig.transport.open == std::vector<RequestKey>{2, 3, 4});
  REQUIRE(rig.runner->take_summary(Arm::baseline).measured_begin == kStart + 9ms);
}

TEST_CASE("an open loop sends on schedule even when no answer ever comes") {
  RunnerRig rig(open_cell(0, 5, 100ms, 0));
  std::vector<Duration> sent;
  for (Duration t = 0ms; t <= 1s; t += 10ms) {
    const std::size_t before = rig.transport.starts.size();
    rig.step(t);
    if (rig.transport.starts.size() > before) sent.push_back(t);
  }
  REQUIRE(sent == std::vector<Duration>{0ms, 100ms, 200ms, 300ms, 400ms});
  REQUIRE(rig.transport.open.size() == 5);
}

TEST_CASE("an open loop asks to be woken when the next request is due") {
  RunnerRig rig(open_cell(0, 3, 100ms, 0));
  REQUIRE(rig.step(0ms) == kStart + 100ms);
  REQUIRE(rig.step(60ms) == kStart + 100ms);
  REQUIRE(rig.step(100ms) == kStart + 200ms);
}

TEST_CASE("the arms of an open loop share the start of their schedule, after both are warm") {
  RunnerRig rig(open_cell(1, 2, 100ms, 0), {Arm::baseline, Arm::candidate});
  rig.step(0ms);
  rig.answer(rig.transport.open_of(Arm::baseline).at(0), 10ms);
  rig.step(10ms);
  REQUIRE(rig.transport.started(Arm::baseline) == 1);
  rig.answer(rig.transport.open_of(Arm::candidate).at(0), 70ms);
  rig.step(70ms);
  REQUIRE(rig.transport.started(Arm::baseline) == 2);
  REQUIRE(rig.transport.started(Arm::candidate) == 2);
  REQUIRE(rig.step(71ms) == kStart + 170ms);
  REQUIRE(rig.runner->take_summary(Arm::baseline).measured_begin == kStart + 70ms);
  REQUIRE(rig.runner->take_summary(Arm::candidate).measured_begin == kStart + 70ms);
}

TEST_CASE("a capped open loop waits for a slot, and the waiting is in the record, not in the lag") {
  RunnerRig rig(open_cell(0, 3, 10ms, 1));
  rig.step(0ms);
  rig.sent(0, 1ms);
  rig.step(10ms);
  rig.step(20ms);
  REQUIRE(rig.transport.starts.size() == 1);
  rig.headers(0, 50ms);
  rig.done(0, 50ms);
  rig.step(50ms);
  rig.sent(1, 52ms);
  rig.headers(1, 60ms);
  rig.done(1, 60ms);
  rig.step(61ms);
  rig.sent(2, 61ms);
  rig.done(2, 70ms);
  REQUIRE(rig.finished.at(1).record.stream.due == kStart + 10ms);
  REQUIRE(rig.finished.at(1).record.stream.queued == 42ms);
  REQUIRE(rig.runner->take_summary(Arm::baseline).schedule_lags ==
          std::vector<Duration>{1ms, 2ms, 1ms});
}

TEST_CASE("the schedule lag leaves connecting out") {
  RunnerRig rig(open_cell(0, 1, 10ms, 0));
  rig.step(0ms);
  rig.runner->on_sent(0, kStart + 9ms, false, 8ms);
  rig.done(0, 10ms);
  REQUIRE(rig.runner->take_summary(Arm::baseline).schedule_lags == std::vector<Duration>{1ms});
  REQUIRE(rig.finished.at(0).record.stream.connect == 8ms);
  REQUIRE(rig.finished.at(0).record.stream.queued == 9ms);
}

TEST_CASE("starts are bounded per step, alternate between the arms, and go on at once") {
  RunnerOptions options;
  options.max_starts_per_step = 3;
  RunnerRig rig(closed_cell(0, 4, 4), {Arm::baseline, Arm::candidate}, options);
  REQUIRE(rig.step(0ms) == kStart);
  REQUIRE(rig.transport.starts.size() == 3);
  REQUIRE(rig.transport.starts[0].arm != rig.transport.starts[1].arm);
  REQUIRE(rig.step(0ms) == kStart);
  REQUIRE(rig.transport.starts.size() == 6);
  REQUIRE(rig.step(0ms) > kStart);
  REQUIRE(rig.transport.starts.size() == 8);
  REQUIRE(rig.runner->max_starts_per_step() == 3);
}

TEST_CASE("a closed loop bounded by time starts nothing later, and its surplus is not missed") {
  Cell cell = closed_cell(0, 100, 1);
  cell.load.duration = 50ms;
  RunnerRig rig(cell);
  Duration t = 0ms;
  for (; !rig.runner->done() && t < 1s; t += 20ms) {
    rig.step(t);
    for (const RequestKey key : std::vector(rig.transport.open)) rig.answer(key, t + 19ms);
  }
  REQUIRE(rig.runner->done());
  REQUIRE(rig.transport.starts.size() == 3);
  REQUIRE(rig.finished.size() == 3);
}

TEST_CASE("an open loop bounded by time reports what waited for a slot until the end") {
  Cell cell = open_cell(0, 3, 10ms, 1);
  cell.load.duration = 30ms;
  RunnerRig rig(cell);
  rig.step(0ms);
  const TimePoint wake = rig.step(30ms);
  REQUIRE(wake <= kStart + 30ms + 1ns);
  rig.step(31ms);
  REQUIRE(rig.finished.size() == 2);
  REQUIRE(outcome_class(rig.finished[0].record.outcome) == "not_sent");
  REQUIRE(rig.finished[0].record.stream.due == kStart + 10ms);
  REQUIRE_FALSE(rig.runner->done());
  rig.answer(0, 40ms);
  rig.step(40ms);
  REQUIRE(rig.runner->done());
}

TEST_CASE("stopping lets requests in flight finish until the drain is over, then cancels them") {
  RunnerOptions options;
  options.drain = 100ms;
  RunnerRig rig(closed_cell(0, 5, 2), {Arm::baseline}, options);
  rig.step(0ms);
  rig.runner->stop(kStart + 10ms);
  REQUIRE(rig.step(10ms) == kStart + 110ms);
  REQUIRE(rig.finished.size() == 3);
  REQUIRE(describe(rig.finished[0].record.outcome) == "not_sent interrupted");
  rig.answer(0, 50ms);
  rig.step(50ms);
  REQUIRE(rig.transport.starts.size() == 2);
  rig.step(110ms);
  REQUIRE(rig.runner->done());
  REQUIRE(rig.runner->interrupted());
  REQUIRE(rig.transport.cancelled == std::vector<RequestKey>{1});
  REQUIRE(outcome_class(rig.finished.back().record.outcome) == "cancelled");
}

TEST_CASE("a run that nobody stopped is not interrupted, and destroying one cancels what is open") {
  fakes::FakeTransport* transport = nullptr;
  RunnerRig rig(closed_cell(0, 2, 2));
  transport = &rig.transport;
  rig.step(0ms);
  REQUIRE_FALSE(rig.runner->interrupted());
  rig.runner.reset();
  REQUIRE(transport->cancelled.size() == 2);
}

TEST_CASE("stamps count from the start of the write, and events of one read are marked") {
  RunnerRig rig(closed_cell(0, 1, 1));
  rig.step(0ms);
  rig.sent(0, 3ms);
  rig.headers(0, 5ms);
  rig.bytes(0, 8ms, "data: 1\n\ndata: 2\n\nda");
  rig.bytes(0, 9ms, "ta: 3\n\n");
  rig.bytes(0, 9ms, "data: 4\n\n", true);
  rig.done(0, 12ms);
  const auto& f = rig.finished.at(0);
  REQUIRE(f.record.stream.started == kStart + 3ms);
  REQUIRE(f.record.stream.due == kStart + 3ms);
  REQUIRE(f.record.stream.reused_connection);
  REQUIRE(f.raw.headers == 2ms);
  REQUIRE(f.raw.first_byte == 5ms);
  REQUIRE(f.raw.closed == 9ms);
  REQUIRE(f.raw.ended_ok);
  REQUIRE(f.raw.events.size() == 4);
  REQUIRE(f.raw.events[0].at == 5ms);
  REQUIRE_FALSE(f.raw.events[0].same_read);
  REQUIRE(f.raw.events[1].same_read);
  REQUIRE(f.raw.events[2].at == 6ms);
  REQUIRE_FALSE(f.raw.events[2].same_read);
  REQUIRE(f.raw.events[3].same_read);
}

TEST_CASE("a request that was sent twice counts from the second write, and counts as a retry") {
  RunnerRig rig(closed_cell(0, 1, 1));
  rig.step(0ms);
  rig.sent(0, 1ms);
  rig.runner->on_sent(0, kStart + 6ms, false, 2ms);
  rig.headers(0, 7ms);
  rig.done(0, 8ms);
  REQUIRE(rig.finished.at(0).record.stream.started == kStart + 6ms);
  REQUIRE_FALSE(rig.finished[0].record.stream.reused_connection);
  REQUIRE(rig.runner->take_summary(Arm::baseline).retries == 1);
}

TEST_CASE("a stream cut by an orderly close is left to the stream, a reset is a transport error") {
  RunnerRig rig(closed_cell(0, 2, 2));
  rig.step(0ms);
  TransferEnd cut;
  cut.ok = false;
  rig.sent(0, 1ms);
  rig.headers(0, 2ms);
  rig.done(0, 3ms, cut);
  REQUIRE_FALSE(rig.finished.at(0).raw.ended_ok);
  REQUIRE(outcome_class(rig.finished[0].record.outcome) == "not_sent");
  TransferEnd reset;
  reset.ok = false;
  reset.error = {"reset", "connection reset by peer", false};
  rig.done(1, 4ms, reset);
  REQUIRE(describe(rig.finished.at(1).record.outcome) ==
          "transport_error reset: connection reset by peer");
}

TEST_CASE("progress counts by arm") {
  RunnerRig rig(closed_cell(0, 4, 2), {Arm::candidate});
  rig.step(0ms);
  rig.sent(0, 0ms);
  rig.headers(0, 1ms);
  rig.bytes(0, 20ms, "data: 1\n\n");
  rig.bytes(0, 30ms, "data: 2\n\n");
  rig.done(0, 31ms);
  rig.sent(1, 0ms);
  rig.headers(1, 1ms, 500);
  rig.done(1, 2ms);
  rig.step(31ms);
  const Progress progress = rig.runner->progress();
  REQUIRE_FALSE(progress[index_of(Arm::baseline)]);
  const auto& p = progress[index_of(Arm::candidate)].value();
  REQUIRE(p.planned == 4);
  REQUIRE(p.done == 2);
  REQUIRE(p.failed == 1);
  REQUIRE(p.in_flight == 2);
  REQUIRE(p.events == 2);
  REQUIRE(p.ttft_p50 == 20ms);
}

TEST_CASE("whatever the order of ends, every request ends exactly once and slots never leak") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Rng rng(seed);
    const std::size_t width = 1 + rng.below(6);
    RunnerOptions options;
    options.timeouts.first_token = 40ms;
    options.timeouts.idle = 30ms;
    options.timeouts.total = 90ms;
    RunnerRig rig(closed_cell(rng.below(8), 1 + rng.below(40), width),
                  {Arm::baseline, Arm::candidate}, options);
    Duration t = 0ms;
    while (!rig.runner->done()) {
      rig.step(t += 1ms);
      REQUIRE(rig.transport.open_of(Arm::baseline).size() <= width);
      REQUIRE(rig.transport.open_of(Arm::candidate).size() <= width);
      for (const RequestKey key : std::vector(rig.transport.open)) {
        switch (rng.below(6)) {
          case 0:
            rig.sent(key, t);
            break;
          case 1:
            rig.headers(key, t);
            break;
          case 2:
            rig.bytes(key, t, "data: x\n\n");
            break;
          case 3:
            rig.done(key, t);
            break;
          default:
            break;
        }
      }
      REQUIRE(t < 60s);
    }
    REQUIRE(rig.transport.open.empty());
    REQUIRE(rig.finished.size() == 2 * rig.cell.requests.size());
  }
}

}  // namespace abgate::load
