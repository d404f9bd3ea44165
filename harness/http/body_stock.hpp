#pragma once
// Request bodies, ready made before they are due.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace abgate::http {

/// Makes the first bodies at once and the rest on a thread of its own, in order, well ahead of
/// their use, so that a plan of any size starts in milliseconds. `make` must be safe on another
/// thread.
class BodyStock {
 public:
  BodyStock(std::uint32_t count, std::function<std::string(std::uint32_t)> make,
            std::uint32_t at_once = 1024);
  ~BodyStock();
  BodyStock(const BodyStock&) = delete;
  BodyStock& operator=(const BodyStock&) = delete;

  /// Hands out body `index`, once. Waits if it is not made yet. Any thread.
  std::string take(std::uint32_t index);

 private:
  void make_rest(std::uint32_t from);

  std::function<std::string(std::uint32_t)> make_;
  std::vector<std::string> bodies_;
  std::atomic<std::uint32_t> ready_{0};
  std::atomic<bool> stop_{false};
  std::thread worker_;
};

}  // namespace abgate::http
