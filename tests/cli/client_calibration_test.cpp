// The load that the client calibrates itself at, and that it finds figures at all; none is asserted.

#include "cli/client_calibration.hpp"

#include "catch.hpp"

using namespace abgate;
using namespace abgate::cli;

namespace {
Scenario scenario(Mode mode, LoadPoint point) {
  Scenario s;
  s.mode = mode;
  s.points = {std::move(point)};
  s.sampling.max_tokens = 100;
  return s;
}
}  // namespace

TEST_CASE("the heaviest point, and both arms where they run together", "[calibration]") {
  LoadPoint point;
  point.concurrency = 24;
  CHECK(calibration_load(scenario(Mode::concurrent, point), false).streams == 48);
  CHECK(calibration_load(scenario(Mode::interleaved, point), false).streams == 24);
  CHECK(calibration_load(scenario(Mode::concurrent, point), true).streams == 24);
  CHECK(calibration_load(scenario(Mode::concurrent, point), true).events_per_second == 50);
}

TEST_CASE("an open loop without a cap has the streams that its rate makes", "[calibration]") {
  LoadPoint point;
  point.arrival = Arrival::poisson;
  point.concurrency = 0;
  point.rate = 10;
  CHECK(calibration_load(scenario(Mode::interleaved, point), false).streams == 30);  // 1 s + 100/50 s
  point.rate = 1e6;
  const auto most = calibration_load(scenario(Mode::interleaved, point), false);
  CHECK(most.streams == 4000);
  CHECK(most.events_per_second * 4000 <= 100'000.5);
}

TEST_CASE("criteria that ask for faster streams raise the rate", "[calibration]") {
  Scenario s = scenario(Mode::interleaved, {});
  Criterion c;
  c.metric = "stream_speed";
  c.value = 120;
  s.criteria = {c};
  CHECK(calibration_load(s, false).events_per_second == 120);
  s.criteria[0].metric = "tpot";
  s.criteria[0].value = 0.004;
  CHECK(calibration_load(s, false).events_per_second == 250);
  s.criteria[0].form = Form::ratio;
  CHECK(calibration_load(s, false).events_per_second == 50);
}

TEST_CASE("a calibration receives what it sent for", "[calibration]") {
  CalibrationOptions how;
  how.seconds = 0.2;
  how.step_seconds = 0.1;
  how.max_steps = 1;
  const ClientCalibration c = calibrate_client({8, 100}, how);
  CHECK(c.streams == 8);
  CHECK(c.events_per_second == 800);
  CHECK(c.failed == 0);
  CHECK(c.ttft_p99_ms >= c.ttft_p50_ms);
  CHECK(c.ttft_p50_ms > 0);
  CHECK(c.trusted_per_second >= 0);
}
