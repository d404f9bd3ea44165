#pragma once
// A Runner on a FakeTransport, with time as a plain number.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fakes/fake_transport.hpp"
#include "load/runner.hpp"

namespace abgate::load {

using namespace std::chrono_literals;

inline constexpr TimePoint kStart{std::chrono::seconds(1000)};

inline Cell closed_cell(std::size_t warmups, std::size_t measured, std::size_t concurrency) {
  Cell cell;
  cell.point = "c";
  cell.load.concurrency = concurrency;
  cell.load.warmup_requests = warmups;
  for (std::size_t i = 0; i < warmups + measured; ++i) {
    PlannedRequest request;
    request.index = static_cast<std::uint32_t>(i);
    request.phase = i < warmups ? Phase::warmup : Phase::measured;
    cell.requests.push_back(request);
  }
  return cell;
}

inline Cell open_cell(std::size_t warmups, std::size_t measured, Duration gap, std::size_t cap) {
  Cell cell = closed_cell(warmups, measured, cap);
  cell.load.arrival = Arrival::constant;
  for (std::size_t i = 0; i < measured; ++i) {
    cell.requests[warmups + i].due = gap * static_cast<std::int64_t>(i);
  }
  return cell;
}

struct RunnerRig {
  explicit RunnerRig(Cell the_cell, std::vector<Arm> arms = {Arm::baseline},
                     RunnerOptions options = {})
      : cell(std::move(the_cell)) {
    std::vector<RunnerArm> inputs;
    for (const Arm arm : arms) {
      inputs.push_back({arm, std::string(to_string(arm)) + "-",
                        [](const PlannedRequest& r) { return "body " + std::to_string(r.index); }});
    }
    runner =
        std::make_unique<Runner>(cell, std::move(inputs), std::move(options), transport,
                                 [this](FinishedRequest&& f) { finished.push_back(std::move(f)); });
  }

  TimePoint step(Duration at) { return runner->step(kStart + at); }
  void sent(RequestKey key, Duration at) { runner->on_sent(key, kStart + at, true, Duration{0}); }
  void headers(RequestKey key, Duration at, int status = 200) {
    runner->on_headers(key, kStart + at, status, "text/event-stream");
  }
  void bytes(RequestKey key, Duration at, std::string_view text, bool same_read = false) {
    runner->on_bytes(key, kStart + at, text, same_read);
  }
  void done(RequestKey key, Duration at, TransferEnd end = {}) {
    transport.closed(key);
    runner->on_done(key, kStart + at, end);
  }
  /// A whole answer with one event.
  void answer(RequestKey key, Duration at) {
    sent(key, at);
    headers(key, at);
    bytes(key, at, "data: {}\n\n");
    done(key, at);
  }

  Cell cell;
  fakes::FakeTransport transport;
  std::vector<FinishedRequest> finished;
  std::unique_ptr<Runner> runner;
};

}  // namespace abgate::load
