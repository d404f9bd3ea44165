// The load that the client calibrates itself at, and that it finds figures at all; none is asserted.

#include "cli/client_calibration.hpp"

#include "catch.hpp"

using namespace abgate;
using namespace abgate::cli;

namespace {
Plan plan_of(LoadPoint point, std::size_t requests, bool at_once, Duration gap = {}) {
  Plan plan;
  Cell cell;
  cell.load = std::move(point);
  cell.requests.resize(requests);
  for (std::size_t i = 0; i < requests; ++i) {
    cell.requests[i].due = i * gap;
    cell.requests[i].max_tokens = 100;
  }
  plan.cells = {cell};
  plan.steps = {{0, {Arm::baseline, Arm::candidate}, at_once}};
  return plan;
}
}  // namespace

TEST_CASE("the heaviest point, and both arms where they run together", "[calibration]") {
  LoadPoint point;
  point.concurrency = 24;
  CHECK(calibration_load({}, plan_of(point, 100, true), false).streams == 48);
  CHECK(calibration_load({}, plan_of(point, 100, false), false).streams == 24);
  CHECK(calibration_load({}, plan_of(point, 100, true), true).streams == 24);
  CHECK(calibration_load({}, plan_of(point, 7, true), true).streams == 7);
  CHECK(calibration_load({}, plan_of(point, 100, true), true).events_per_second == 50);
  CHECK(calibration_load({}, {}, true).streams == 1);
}

TEST_CASE("an open loop without a cap has the streams that its arrivals make", "[calibration]") {
  LoadPoint point;
  point.arrival = Arrival::poisson;
  point.concurrency = 0;
  const auto load = [&](Duration gap) {
    return calibration_load({}, plan_of(point, 5000, false, gap), false);
  };
  CHECK(load(std::chrono::milliseconds(100)).streams == 31);  // 1 s + 100/50 s
  CHECK(load(std::chrono::microseconds(1)).streams == 4000);
  CHECK(load(std::chrono::microseconds(1)).events_per_second * 4000 <= 100'000.5);
}

TEST_CASE("criteria that ask for faster streams raise the rate", "[calibration]") {
  Scenario s;
  Criterion c;
  c.metric = "stream_speed";
  c.value = 120;
  s.criteria = {c};
  CHECK(calibration_load(s, {}, false).events_per_second == 120);
  s.criteria[0].metric = "tpot";
  s.criteria[0].value = 0.004;
  CHECK(calibration_load(s, {}, false).events_per_second == 250);
  s.criteria[0].form = Form::ratio;
  CHECK(calibration_load(s, {}, false).events_per_second == 50);
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
