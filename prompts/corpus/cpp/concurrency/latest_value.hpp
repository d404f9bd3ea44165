#pragma once
// Passes the newest value from one thread to others; values that nobody took in time are dropped.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

template <typename T>
class LatestValue {
 public:
  void publish(T value) {
    {
      std::lock_guard lock(mutex_);
      value_ = std::move(value);
      ++version_;
    }
    changed_.notify_all();
  }

  /// The newest value with its version; version 0 means that there is none yet.
  std::pair<std::optional<T>, std::uint64_t> peek() const {
    std::lock_guard lock(mutex_);
    return {value_, version_};
  }

  /// Waits for a value newer than `seen` and updates it; nullopt on time-out or after close().
  template <typename Rep, typename Period>
  std::optional<T> wait_newer(std::uint64_t& seen, std::chrono::duration<Rep, Period> limit) {
    std::unique_lock lock(mutex_);
    const bool ready = changed_.wait_for(lock, limit, [&] { return closed_ || version_ > seen; });
    if (!ready || version_ <= seen) return std::nullopt;
    seen = version_;
    return value_;
  }

  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<T> value_;
  std::uint64_t version_ = 0;
  bool closed_ = false;
};
