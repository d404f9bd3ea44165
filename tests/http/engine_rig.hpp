#pragma once
// A scenario, a plan and an engine against servers on loopback.

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "catch.hpp"
#include "fakes/http_server.hpp"
#include "http/engine.hpp"

namespace abgate::http {

using namespace std::chrono_literals;
using fakes::Connection;
using fakes::HttpServer;

struct EngineRig {
  explicit EngineRig(const std::string& baseline, const std::string& candidate = {}) {
    scenario.baseline.url = baseline;
    scenario.candidate.url = candidate.empty() ? baseline : candidate;
    scenario.timeouts.connect = 2s;
    scenario.timeouts.first_token = 5s;
    scenario.timeouts.idle = 5s;
    scenario.timeouts.total = 20s;
    plan.prompts = {{.id = "p0", .text = "def f():", .messages = {}, .stop = {}}};
    cell.point = "c";
  }

  void requests(std::size_t warmups, std::size_t measured, std::size_t concurrency) {
    cell.load.concurrency = concurrency;
    cell.requests.clear();
    for (std::size_t i = 0; i < warmups + measured; ++i) {
      PlannedRequest request;
      request.index = static_cast<std::uint32_t>(i);
      request.phase = i < warmups ? Phase::warmup : Phase::measured;
      request.max_tokens = 16;
      request.salt = i + 1;
      cell.requests.push_back(request);
    }
  }

  CellRecord run() {
    const std::array<Arm, 1> arms{Arm::baseline};
    return run(arms).at(0);
  }
  std::vector<CellRecord> run(std::span<const Arm> arms, OnRecord on_record = {},
                              OnProgress on_progress = {}) {
    if (!engine)
      engine = std::make_unique<Engine>(
          scenario, EngineOptions{.nonce = 0xabc, .libcurl_only = libcurl_only});
    return engine->run(plan, cell, arms, {"m0", "m1", "m2"}, stop.get_token(), std::move(on_record),
                       std::move(on_progress));
  }
  /// One request, its outcome in words.
  std::string outcome() {
    requests(0, 1, 1);
    const CellRecord record = run();
    REQUIRE(record.requests.size() == 1);
    return describe(record.requests[0].outcome);
  }

  /// Which transport rigs made from now on use; tests of both set it from a generator.
  static inline bool libcurl_only = false;
  Scenario scenario;
  Plan plan;
  Cell cell;
  std::stop_source stop;
  std::unique_ptr<Engine> engine;
};

}  // namespace abgate::http
