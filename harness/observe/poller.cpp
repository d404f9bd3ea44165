#include "observe/poller.hpp"

#include <algorithm>
#include <utility>

namespace abgate::observe {

Poller::Poller(Duration interval, Work work)
    : interval_(interval),
      work_(std::move(work)),
      thread_([this](const std::stop_token& stop) { loop(stop); }) {}

void Poller::poke(const std::string& label) {
  {
    const std::lock_guard lock(mutex_);
    pokes_.push_back(label);
    ++unfinished_;
  }
  changed_.notify_all();
}

bool Poller::settle(TimePoint deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [&] { return unfinished_ == 0; });
}

void Poller::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Poller::loop(const std::stop_token& stop) {
  TimePoint next = now();
  while (!stop.stop_requested()) {
    std::string label = "poll";
    bool poked = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, stop, next, [&] { return !pokes_.empty(); });
      if (stop.stop_requested()) return;
      poked = !pokes_.empty();
      if (poked) {
        label = std::move(pokes_.front());
        pokes_.pop_front();
      }
    }
    work_(label, stop);
    if (poked) {
      const std::lock_guard lock(mutex_);
      --unfinished_;
    } else {
      // On a grid; a call that took longer than the interval is followed by the next at once.
      next = std::max(next + interval_, now());
    }
    changed_.notify_all();
  }
}

}  // namespace abgate::observe
