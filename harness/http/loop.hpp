#pragma once
// The event loop: one thread, one Asio io_context, one nested epoll set that holds every socket.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "core/time.hpp"
#include "http/lag_histogram.hpp"

namespace abgate::http {

/// Asio watches a single descriptor, the nested epoll set; a wake-up drains up to 256 ready sockets
/// of it. That costs one re-arm per batch instead of one per socket. Level-triggered, which libcurl
/// needs. Not thread-safe, but for wake().
class Loop {
 public:
  /// Hears of its sockets. May be told of a socket that it just closed and opened again in the same
  /// turn: reading must tolerate "would block".
  class Watcher {
   public:
    virtual ~Watcher() = default;
    virtual void on_ready(int fd, bool readable, bool writable, bool error) = 0;
  };
  /// Runs once a turn, after the sockets. Returns when it wants to run again at the latest; nullopt
  /// ends the loop.
  using Turn = std::function<std::optional<TimePoint>(TimePoint now)>;

  /// Throws Error(internal) if the system refuses an epoll set.
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Begins to watch `fd`, or changes what is watched. False if the system refuses (errno).
  bool watch(int fd, bool readable, bool writable, Watcher& watcher);
  void unwatch(int fd);

  void run(const Turn& turn);
  /// Makes the loop take a turn soon. Any thread; also from a signal-driven stop callback.
  void wake();

  /// What is ready in this turn became so after this moment: the wake-up if the loop had slept, the
  /// wake-up before if it was busy. A stamp minus this bounds the stamp's error from above.
  TimePoint ready_since() const { return ready_since_; }
  /// Takes a stamp now and books its lag.
  TimePoint stamp();

  static constexpr Duration kProbeEvery = std::chrono::milliseconds(10);

  struct Stats {
    std::uint64_t turns = 0;
    LagHistogram lag;
    /// Of a timer that is always kProbeEvery ahead: how late the thread got to run. Other work on
    /// the same processor shows here, and nowhere else: a thread that is kept from running does not
    /// wake, so nothing that counts from the wake-up sees it.
    LagHistogram wake_lag;
  };
  const Stats& stats() const { return stats_; }
  void reset_stats() { stats_ = {}; }

 private:
  struct Impl;
  void wait(TimePoint until);
  void deliver();

  std::unique_ptr<Impl> impl_;
  TimePoint ready_since_{};
  TimePoint last_wake_{};
  TimePoint probe_at_{};
  Stats stats_;
};

}  // namespace abgate::http
