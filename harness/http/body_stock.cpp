#include "http/body_stock.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"

namespace abgate::http {

BodyStock::BodyStock(std::uint32_t count, std::function<std::string(std::uint32_t)> make,
                     std::uint32_t at_once)
    : make_(std::move(make)), bodies_(count) {
  const std::uint32_t first = std::min(count, at_once);
  for (std::uint32_t i = 0; i < first; ++i) bodies_[i] = make_(i);
  ready_ = first;
  if (first < count) worker_ = std::thread([this, first] { make_rest(first); });
}

BodyStock::~BodyStock() {
  stop_ = true;
  if (worker_.joinable()) worker_.join();
}

void BodyStock::make_rest(std::uint32_t from) {
  for (auto i = from; i < bodies_.size() && !stop_.load(std::memory_order_relaxed); ++i) {
    bodies_[i] = make_(i);
    ready_.store(i + 1, std::memory_order_release);
    ready_.notify_all();
  }
}

std::string BodyStock::take(std::uint32_t index) {
  ABGATE_ASSERT(index < bodies_.size());
  std::uint32_t ready = ready_.load(std::memory_order_acquire);
  while (ready <= index) {
    ready_.wait(ready, std::memory_order_acquire);
    ready = ready_.load(std::memory_order_acquire);
  }
  return std::move(bodies_[index]);
}

}  // namespace abgate::http
