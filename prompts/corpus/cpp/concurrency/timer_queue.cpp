#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

// Calls functions at given times from one thread.

class TimerQueue {
 public:
  using Clock = std::chrono::steady_clock;
  using Id = std::uint64_t;

  TimerQueue() : thread_([this] { run(); }) {}

  ~TimerQueue() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  Id at(Clock::time_point when, std::function<void()> task) {
    std::lock_guard lock(mutex_);
    const Id id = next_++;
    timers_.emplace(std::make_pair(when, id), std::move(task));
    due_.emplace(id, when);
    wake_.notify_one();
    return id;
  }

  Id after(Clock::duration delay, std::function<void()> task) {
    return at(Clock::now() + delay, std::move(task));
  }

  /// False if the timer has fired already or never existed.
  bool cancel(Id id) {
    std::lock_guard lock(mutex_);
    const auto found = due_.find(id);
    if (found == due_.end()) return false;
    timers_.erase({found->second, id});
    due_.erase(found);
    return true;
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (timers_.empty()) {
        wake_.wait(lock);
        continue;
      }
      const auto first = timers_.begin();
      const auto when = first->first.first;
      if (Clock::now() < when) {
        wake_.wait_until(lock, when);
        continue;
      }
      const auto task = std::move(first->second);
      due_.erase(first->first.second);
      timers_.erase(first);
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::pair<Clock::time_point, Id>, std::function<void()>> timers_;
  std::map<Id, Clock::time_point> due_;
  Id next_ = 1;
  bool stopping_ = false;
  std::thread thread_;
};
