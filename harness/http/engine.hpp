#pragma once
// Runs cells against the endpoints: the load engine, the transport and the recorder put together.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/arm.hpp"
#include "core/plan.hpp"
#include "core/record.hpp"
#include "core/scenario.hpp"
#include "core/time.hpp"
#include "load/recorder.hpp"
#include "load/runner.hpp"

namespace abgate::http {

using load::OnRecord;
using load::Progress;
/// Called at most four times a second while a cell runs, and once at its end.
using OnProgress = std::function<void(const Progress&)>;

struct EngineOptions {
  /// Makes request ids and cache salts of this run unlike those of any other; 0: drawn at random.
  std::uint64_t nonce = 0;
  /// Plain http through libcurl too: to compare the two ways.
  bool libcurl_only = false;
  /// A connection idle for longer is not used again; servers close theirs at 5 s.
  Duration max_idle = std::chrono::seconds(4);
};

/// How many loops drive `streams` streams (0: nobody knows). `wanted` (client.loops), but no more than
/// there are streams; 0: one, and another for every 2,000 streams, on at most half of the `cores`.
std::size_t loops_for(std::size_t wanted, std::size_t streams, std::size_t cores);

/// Loops, each with connections, a thread and a recording thread of its own. Connections stay warm
/// from cell to cell. One thread at a time; run() blocks it and is the first loop's thread.
class Engine {
 public:
  /// The scenario must outlive it. Throws Error(bad_scenario) for URLs or headers that cannot be
  /// sent, and what BodyBuilder throws.
  explicit Engine(const Scenario& scenario, EngineOptions options = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Drives `cell` with `arms` at once and returns one CellRecord per arm, in their order.
  /// `models`: the model's name by arm. With `on_record` the records go there, one by one as
  /// requests end, and CellRecord::requests stays empty. on_record and on_progress run on other threads,
  /// one at a time; what they throw ends the run and is thrown here. A stop request drains the cell and
  /// marks it interrupted. What endpoints do is in the records and never thrown.
  std::vector<CellRecord> run(const Plan& plan, const Cell& cell, std::span<const Arm> arms,
                              const std::array<std::string, kArmCount>& models,
                              std::stop_token stop, OnRecord on_record = {},
                              OnProgress on_progress = {});

  /// The address that the arm's host was pinned to; empty before the first run or if it has none.
  std::string address(Arm arm) const;
  /// In hexadecimal the suffix of every request id.
  std::uint64_t nonce() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace abgate::http
