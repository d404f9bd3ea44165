#pragma once
// What one thread of the engine owns for good: a loop and its connections.

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>
#include <string>

#include "core/record.hpp"
#include "http/arm_transports.hpp"
#include "http/lag_histogram.hpp"
#include "http/loop.hpp"
#include "load/recorder.hpp"
#include "load/runner.hpp"

namespace abgate::http {

/// How one loop fared while it drove its part of a cell.
struct WorkerHealth {
  std::uint64_t turns = 0;
  LagHistogram lag, wake_lag;
  double cpu = 0;  ///< CPU seconds of the thread / wall seconds
  std::uint32_t max_starts = 0;
  std::uint64_t recorder_stalls = 0;
};
/// Of all loops of a cell: lags of all their stamps together, CPU and starts of the busiest.
CellHealth merge(std::span<const WorkerHealth> loops);

/// One thread at a time, which is the loop's thread then; wake() from any.
class Worker {
 public:
  explicit Worker(bool libcurl_only);

  ArmTransports& transport() { return transport_; }
  /// Does nothing if the arm is there already.
  void set_endpoint(Arm arm, const Endpoint& endpoint);
  void wake() { loop_.wake(); }

  /// Opens `count` connections to each arm, as far as that goes in time: requests that start together
  /// find them open. What cannot be opened is left to the requests, which say why.
  void preconnect(std::span<const Arm> arms, std::size_t count);

  /// One part of a cell.
  struct Job {
    load::Runner& runner;
    load::Recorder& recorder;
    std::span<const Arm> arms;
    std::stop_token stop;
    const std::atomic<bool>& abandoned;  ///< another loop failed; wake() after setting it
    /// Called on the recorder's thread four times a second; may be empty.
    std::function<void(const load::Progress&)> on_progress;
  };
  /// Returns when the runner is done, the recorder has failed or the cell was abandoned.
  WorkerHealth drive(const Job& job);

 private:
  Loop loop_;
  ArmTransports transport_;
  std::array<std::string, kArmCount> addresses_;  ///< of the endpoints set; empty: none, or unresolved
};

}  // namespace abgate::http
