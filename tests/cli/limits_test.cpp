// Descriptors and ports are counted before any load.

#include "cli/limits.hpp"

#include "catch.hpp"
#include "core/error.hpp"

using namespace abgate;
using namespace abgate::cli;
using namespace std::chrono_literals;

namespace {
Cell closed(std::size_t concurrency, std::size_t requests) {
  Cell cell;
  cell.load.concurrency = concurrency;
  cell.requests.resize(requests);
  return cell;
}

/// One request every 100 ms, no cap.
Cell open_loop(std::size_t requests) {
  Cell cell = closed(0, requests);
  cell.load.arrival = Arrival::poisson;
  for (std::size_t i = 0; i < requests; ++i) cell.requests[i].due = i * 100ms;
  return cell;
}

Plan plan_of(Cell cell, bool at_once) {
  Plan plan;
  plan.cells = {std::move(cell)};
  plan.steps = {{0, {Arm::baseline, Arm::candidate}, at_once}};
  return plan;
}

std::string refusal(const StreamDemand& demand, const MachineLimits& limits) {
  try {
    check_limits(demand, limits);
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::void_run);
    return error.what();
  }
  return "";
}
}  // namespace

TEST_CASE("arms that run together add up, those that take turns do not", "[limits]") {
  CHECK(stream_demand(plan_of(closed(64, 1000), true), false, 600s).bounded == 128);
  CHECK(stream_demand(plan_of(closed(64, 1000), false), false, 600s).bounded == 64);
  CHECK(stream_demand(plan_of(closed(64, 1000), true), true, 600s).bounded == 64);
  CHECK(stream_demand(plan_of(closed(64, 10), true), true, 600s).bounded == 10);
}

TEST_CASE("an open loop without a cap may have as many open as are due in the longest answer", "[limits]") {
  const auto demand = [](Duration total) {
    return stream_demand(plan_of(open_loop(1000), true), false, total).unbounded;
  };
  CHECK(demand(10s) == 2 * 101);
  CHECK(demand(600s) == 2 * 1000);
  CHECK(stream_demand(plan_of(open_loop(1000), true), false, 10s).bounded == 0);
  Cell bursty = open_loop(100);
  for (std::size_t i = 20; i < 50; ++i) bursty.requests[i].due = 2s;
  CHECK(stream_demand(plan_of(bursty, false), false, 50ms).unbounded == 30);
  bursty.load.concurrency = 8;
  CHECK(stream_demand(plan_of(bursty, false), false, 50ms).unbounded == 0);
}

TEST_CASE("too few descriptors or ports are refused before the run, with what to set", "[limits]") {
  CHECK(refusal({1000, 0}, {1024, 1128, 28232}).empty());
  const std::string few = refusal({1000, 0}, {1024, 1127, 28232});
  CHECK_THAT(few, ContainsSubstring("1000 streams at once need 1128 file descriptors"));
  CHECK_THAT(few, ContainsSubstring("this machine has 1127"));
  CHECK_THAT(few, ContainsSubstring("ulimit -n 1128"));
  CHECK(refusal({28232, 0}, {1024, 1'000'000, 28232}).empty());
  const std::string ports = refusal({28233, 0}, {1024, 1'000'000, 28232});
  CHECK_THAT(ports, ContainsSubstring("28233 local ports"));
  CHECK_THAT(ports, ContainsSubstring("ip_local_port_range"));
  CHECK(refusal({28233, 0}, {1024, 1'000'000, 0}).empty());  // unknown: the run will tell
}

TEST_CASE("what only a stalled server would use up is a note", "[limits]") {
  CHECK(check_limits({0, 5000}, {1024, 5128, 28232}).empty());
  const auto notes = check_limits({0, 5001}, {1024, 5128, 28232});
  REQUIRE(notes.size() == 1);
  CHECK_THAT(notes[0], ContainsSubstring("5001 streams"));
  CHECK_THAT(notes[0], ContainsSubstring("can hold 5000"));
  CHECK_THAT(notes[0], ContainsSubstring("`concurrency`"));
  CHECK(check_limits({0, 30000}, {1024, 1'000'000, 28232}).size() == 1);
}

TEST_CASE("this machine's own limits can be read", "[limits]") {
  const MachineLimits limits = machine_limits();
  CHECK(limits.descriptors > 0);
  CHECK(limits.descriptors_most >= limits.descriptors);
  CHECK(limits.ports > 0);
  CHECK(ensure_limits(plan_of(closed(4, 4), true), false, 1s).empty());
}
