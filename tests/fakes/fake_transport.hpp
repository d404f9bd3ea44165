#pragma once
// A Transport that records what it is asked to do and answers when a test says so.

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "load/transport.hpp"

namespace abgate::fakes {

class FakeTransport final : public load::Transport {
 public:
  struct Start {
    load::RequestKey key = 0;
    Arm arm = Arm::baseline;
    std::string id;
    std::string body;
  };

  void start(load::RequestKey key, Arm arm, const std::string& request_id,
             std::string_view body) override {
    starts.push_back({key, arm, request_id, std::string(body)});
    open.push_back(key);
  }
  void cancel(load::RequestKey key) override {
    cancelled.push_back(key);
    std::erase(open, key);
  }

  /// Keys of the arm that are open, oldest first.
  std::vector<load::RequestKey> open_of(Arm arm) const {
    std::vector<load::RequestKey> keys;
    for (const auto& start : starts) {
      if (start.arm == arm && std::count(open.begin(), open.end(), start.key) > 0) {
        keys.push_back(start.key);
      }
    }
    return keys;
  }
  std::size_t started(Arm arm) const {
    return static_cast<std::size_t>(
        std::count_if(starts.begin(), starts.end(), [&](const Start& s) { return s.arm == arm; }));
  }
  void closed(load::RequestKey key) { std::erase(open, key); }

  std::vector<Start> starts;
  std::vector<load::RequestKey> open;
  std::vector<load::RequestKey> cancelled;
};

}  // namespace abgate::fakes
