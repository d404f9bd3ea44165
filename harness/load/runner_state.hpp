#pragma once
// What a Runner keeps about requests in flight and about each arm. Only runner.cpp includes this.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "load/runner.hpp"

namespace abgate::load {

struct Runner::Active {
  ArmState* arm = nullptr;
  std::uint32_t index = 0;
  std::uint32_t live_position = 0;
  std::uint32_t sends = 0;
  std::string id;
  std::string body;
  TimePoint due{};
  TimePoint launched{};
  TimePoint startable{};
  TimePoint started{};  ///< of the last write; `launched` before it
  TimePoint last_read{};
  Duration connect{0};
  bool reused = false;
  bool oversized = false;
  sse::RawStream raw;
  sse::StreamCollector collector;
};

struct Runner::ArmState {
  static constexpr std::size_t kRecentTtfts = 512;

  ArmState(RunnerArm&& arm, std::size_t position_in_cell, RequestKey first)
      : input(std::move(arm)), position(position_in_cell), first_key(first) {}

  RunnerArm input;
  std::size_t position;
  RequestKey first_key;
  std::uint32_t in_flight = 0;
  std::uint32_t done = 0;
  std::uint32_t failed = 0;
  std::uint64_t events = 0;
  std::vector<Duration> ttfts;  ///< ring of the last kRecentTtfts
  std::size_t next_ttft = 0;
  ArmSummary summary;
  bool begun = false;

  void ended(const Active& active, TimePoint at, bool transferred) {
    --in_flight;
    ++done;
    if (!transferred || active.raw.status != 200) ++failed;
    if (active.sends > 1) ++summary.retries;
    summary.end = std::max(summary.end, at);
  }

  void first_event(Duration ttft) {
    if (ttfts.size() < kRecentTtfts) {
      ttfts.push_back(ttft);
    } else {
      ttfts[next_ttft] = ttft;
      next_ttft = (next_ttft + 1) % kRecentTtfts;
    }
  }

  std::optional<Duration> ttft_p50() const {
    if (ttfts.empty()) return std::nullopt;
    auto sorted = ttfts;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
  }
};

}  // namespace abgate::load
