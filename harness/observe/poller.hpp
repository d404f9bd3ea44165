#pragma once
// A thread that does one thing again and again, and at once when asked.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "core/time.hpp"

namespace abgate::observe {

/// Calls `work` right away and then every `interval`, and once more for every poke, in order,
/// always on its own thread. `work` must not throw, and should return soon once its token is
/// stopped.
class Poller {
 public:
  using Work = std::function<void(const std::string& label, std::stop_token stop)>;

  Poller(Duration interval, Work work);
  ~Poller() { stop(); }
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// Asks for one extra call with this label, as soon as the thread is free. From any thread.
  void poke(const std::string& label);
  /// Waits until every poke so far is done; false if that took longer. From any thread.
  bool settle(TimePoint deadline);
  /// Ends the thread and waits for it. Pokes not yet served are dropped. Idempotent.
  void stop();

 private:
  void loop(const std::stop_token& stop);

  Duration interval_;
  Work work_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::string> pokes_;
  std::size_t unfinished_ = 0;  ///< pokes waiting or being served
  std::jthread thread_;         ///< last: starts when everything else is there
};

}  // namespace abgate::observe
