#include "catch.hpp"
#include "load/runner_rig.hpp"

namespace abgate::load {

namespace {
RunnerOptions short_timeouts() {
  RunnerOptions options;
  options.timeouts.first_token = 100ms;
  options.timeouts.idle = 50ms;
  options.timeouts.total = 1s;
  return options;
}
}  // namespace

TEST_CASE("no data event in time is a first-token timeout, counted from the write") {
  RunnerRig rig(closed_cell(0, 1, 1), {Arm::baseline}, short_timeouts());
  rig.step(0ms);
  rig.sent(0, 30ms);
  rig.headers(0, 40ms);
  rig.bytes(0, 60ms, ": keep-alive\n\n");
  REQUIRE(rig.step(129ms) == kStart + 130ms);
  REQUIRE(rig.finished.empty());
  rig.step(130ms);
  REQUIRE(describe(rig.finished.at(0).record.outcome) == "timed_out first_token");
  REQUIRE(rig.transport.cancelled == std::vector<RequestKey>{0});
  REQUIRE(rig.runner->done());
}

TEST_CASE("silence after the first event is an idle timeout; any bytes start it anew") {
  RunnerRig rig(closed_cell(0, 1, 1), {Arm::baseline}, short_timeouts());
  rig.step(0ms);
  rig.sent(0, 0ms);
  rig.bytes(0, 90ms, "data: 1\n\n");
  REQUIRE(rig.step(91ms) <= kStart + 140ms);
  rig.bytes(0, 130ms, "da");
  rig.step(140ms);
  REQUIRE(rig.finished.empty());
  REQUIRE(rig.step(179ms) == kStart + 180ms);
  rig.step(180ms);
  REQUIRE(describe(rig.finished.at(0).record.outcome) == "timed_out idle");
  REQUIRE(rig.finished[0].raw.bytes == "data: 1\n\nda");
}

TEST_CASE("a stream that never ends runs into the total timeout, counted from its start") {
  RunnerRig rig(closed_cell(0, 1, 1), {Arm::baseline}, short_timeouts());
  rig.step(0ms);
  rig.sent(0, 20ms);
  for (Duration t = 30ms; t < 1s; t += 30ms) {
    rig.bytes(0, t, "data: 1\n\n");
    rig.step(t);
    REQUIRE(rig.finished.empty());
  }
  rig.step(1s);
  REQUIRE(describe(rig.finished.at(0).record.outcome) == "timed_out total");
}

TEST_CASE("a request that is never written runs into the total timeout") {
  RunnerRig rig(closed_cell(0, 1, 1), {Arm::baseline}, short_timeouts());
  REQUIRE(rig.step(0ms) == kStart + 1s);
  rig.step(1s);
  REQUIRE(describe(rig.finished.at(0).record.outcome) == "timed_out total");
}

TEST_CASE("a connect timeout of the transport is a timeout of the connect stage") {
  RunnerRig rig(closed_cell(0, 1, 1), {Arm::baseline}, short_timeouts());
  rig.step(0ms);
  TransferEnd end;
  end.ok = false;
  end.timed_out = true;
  rig.done(0, 10ms, end);
  REQUIRE(describe(rig.finished.at(0).record.outcome) == "timed_out connect");
}

TEST_CASE("a timed-out slot is used again, and late news of the old request is ignored") {
  RunnerRig rig(closed_cell(0, 2, 1), {Arm::baseline}, short_timeouts());
  rig.step(0ms);
  rig.sent(0, 0ms);
  rig.step(100ms);
  REQUIRE(rig.transport.open == std::vector<RequestKey>{1});
  rig.bytes(0, 101ms, "data: late\n\n");
  rig.headers(0, 101ms);
  rig.done(0, 101ms);
  REQUIRE(rig.finished.size() == 1);
  REQUIRE(rig.finished[0].raw.bytes.empty());
}

TEST_CASE("an answer without end is abandoned at the size limit") {
  RunnerOptions options = short_timeouts();
  options.max_answer_bytes = 1000;
  RunnerRig rig(closed_cell(0, 1, 1), {Arm::baseline}, options);
  rig.step(0ms);
  rig.sent(0, 0ms);
  rig.headers(0, 1ms);
  for (int i = 0; i < 20; ++i) rig.bytes(0, 2ms, std::string(100, 'x'));
  rig.step(3ms);
  REQUIRE(describe(rig.finished.at(0).record.outcome) ==
          "transport_error protocol: answer larger than 1000 bytes");
  REQUIRE(rig.finished[0].raw.bytes.size() == 1000);
  REQUIRE(rig.transport.open.empty());
}

TEST_CASE("ten thousand streams expire one by one at their own time") {
  RunnerOptions options = short_timeouts();
  options.max_starts_per_step = 20'000;
  RunnerRig rig(closed_cell(0, 10'000, 10'000), {Arm::baseline}, options);
  rig.step(0ms);
  for (RequestKey key = 0; key < 10'000; ++key) rig.sent(key, Duration{key * 10'000});
  TimePoint at = kStart;
  std::size_t steps = 0;
  while (!rig.runner->done()) {
    at = rig.runner->step(at);
    REQUIRE(++steps < 1000);
    for (const auto& f : rig.finished) {
      REQUIRE(f.record.stream.started + options.timeouts.first_token <= at);
    }
    rig.finished.clear();
  }
  REQUIRE(at >= kStart + 199ms);
}

}  // namespace abgate::load
