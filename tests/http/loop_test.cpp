#include "http/loop.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace abgate::http {

namespace {
using namespace std::chrono_literals;

struct Pair {
  int fds[2] = {-1, -1};
  Pair() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0); }
  ~Pair() {
    close(fds[0]);
    close(fds[1]);
  }
  void put() const { REQUIRE(write(fds[1], "x", 1) == 1); }
  void get() const {
    char byte = 0;
    REQUIRE(read(fds[0], &byte, 1) == 1);
  }
};

struct Recorder final : Loop::Watcher {
  std::function<void(int, bool, bool)> act;
  int calls = 0;
  void on_ready(int fd, bool readable, bool writable, bool) override {
    ++calls;
    if (act) act(fd, readable, writable);
  }
};
}  // namespace

TEST_CASE("a loop whose turn ends at once never waits") {
  Loop loop;
  int turns = 0;
  loop.run([&](TimePoint) -> std::optional<TimePoint> {
    ++turns;
    return std::nullopt;
  });
  REQUIRE(turns == 1);
}

TEST_CASE("a loop wakes up for the time that a turn asked for") {
  Loop loop;
  const TimePoint begun = now();
  TimePoint last{};
  loop.run([&](TimePoint at) -> std::optional<TimePoint> {
    last = at;
    if (at >= begun + 20ms) return std::nullopt;
    return begun + 20ms;
  });
  REQUIRE(last >= begun + 20ms);
}

TEST_CASE("an earlier wish replaces a later one") {
  Loop loop;
  const TimePoint begun = now();
  int turns = 0;
  loop.run([&](TimePoint at) -> std::optional<TimePoint> {
    if (++turns == 1) {
      loop.wake();
      return begun + 1h;
    }
    if (turns == 2) return begun + 10ms;
    return at >= begun + 10ms ? std::nullopt : std::optional(begun + 10ms);
  });
  SUCCEED();
}

TEST_CASE("sockets are reported while they are ready, and not after they are unwatched") {
  Loop loop;
  Pair pair;
  Recorder recorder;
  recorder.act = [&](int fd, bool readable, bool writable) {
    REQUIRE(fd == pair.fds[0]);
    REQUIRE(readable);
    REQUIRE_FALSE(writable);
    if (recorder.calls == 3) {
      pair.get();
      loop.unwatch(fd);
      pair.put();
    }
  };
  REQUIRE(loop.watch(pair.fds[0], true, false, recorder));
  pair.put();
  int turns = 0;
  loop.run([&](TimePoint at) -> std::optional<TimePoint> {
    return ++turns == 6 ? std::nullopt : std::optional(at + 5ms);
  });
  REQUIRE(recorder.calls == 3);
}

TEST_CASE("what is watched can be changed") {
  Loop loop;
  Pair pair;
  Recorder recorder;
  bool wrote = false;
  recorder.act = [&](int fd, bool, bool writable) {
    if (writable && !wrote) {
      wrote = true;
      REQUIRE(loop.watch(fd, true, false, recorder));
    }
  };
  REQUIRE(loop.watch(pair.fds[0], false, true, recorder));
  int turns = 0;
  loop.run([&](TimePoint at) -> std::optional<TimePoint> {
    return ++turns == 5 ? std::nullopt : std::optional(at + 2ms);
  });
  REQUIRE(wrote);
  REQUIRE(recorder.calls == 1);
}

TEST_CASE("more sockets than one batch holds are all served") {
  Loop loop;
  std::vector<std::unique_ptr<Pair>> pairs;
  Recorder recorder;
  recorder.act = [&](int fd, bool, bool) {
    char byte = 0;
    REQUIRE(read(fd, &byte, 1) == 1);
  };
  for (int i = 0; i < 400; ++i) {
    pairs.push_back(std::make_unique<Pair>());
    REQUIRE(loop.watch(pairs.back()->fds[0], true, false, recorder));
    pairs.back()->put();
  }
  loop.run([&](TimePoint at) -> std::optional<TimePoint> {
    return recorder.calls == 400 ? std::nullopt : std::optional(at + 10s);
  });
  REQUIRE(recorder.calls == 400);
}

TEST_CASE("a descriptor that was closed and opened again can be watched again") {
  Loop loop;
  Recorder recorder;
  for (int i = 0; i < 3; ++i) {
    const Pair pair;  // closed without unwatch
    REQUIRE(loop.watch(pair.fds[0], true, false, recorder));
  }
}

TEST_CASE("a bad descriptor is refused") {
  Loop loop;
  Recorder recorder;
  REQUIRE_FALSE(loop.watch(1'000'000, true, false, recorder));
}

TEST_CASE("another thread can wake the loop") {
  Loop loop;
  std::atomic<bool> asked{false};
  std::thread other;
  int turns = 0;
  loop.run([&](TimePoint) -> std::optional<TimePoint> {
    if (++turns == 1) {
      other = std::thread([&] {
        asked = true;
        loop.wake();
      });
    }
    return asked ? std::nullopt : std::optional(TimePoint::max());
  });
  other.join();
  REQUIRE(asked);
}

TEST_CASE("a loop that had nothing left to wait for sleeps again") {
  Loop loop;
  Pair pair;
  Recorder recorder;
  recorder.act = [&](int, bool, bool) { pair.get(); };
  REQUIRE(loop.watch(pair.fds[0], true, false, recorder));
  pair.put();
  int turns = 0;
  TimePoint end{};
  loop.run([&](TimePoint at) -> std::optional<TimePoint> {
    if (recorder.calls == 0) return at;  // polls: no timer is ever set
    if (turns++ == 0) end = at + 200ms;
    return at >= end ? std::nullopt : std::optional(end);
  });
  REQUIRE(turns < 200);  // one every kProbeEvery, not as many as the processor can
}

TEST_CASE("a loop that is kept from running sees how late it woke") {
  Loop loop;
  const TimePoint end = now() + 120ms;
  bool held = false;
  loop.run([&](TimePoint at) -> std::optional<TimePoint> {
    if (at >= end) return std::nullopt;
    if (!held && loop.stats().wake_lag.count() >= 2) {
      held = true;
      std::this_thread::sleep_for(40ms);  // the turn stands for another program on the processor
    }
    return end;
  });
  REQUIRE(held);
  REQUIRE(loop.stats().wake_lag.count() >= 4);
  REQUIRE(loop.stats().wake_lag.max() >= 40ms - Loop::kProbeEvery);
  loop.reset_stats();
  REQUIRE(loop.stats().wake_lag.count() == 0);
}

TEST_CASE("stamps book their lag from the wake-up") {
  Loop loop;
  Pair pair;
  Recorder recorder;
  recorder.act = [&](int, bool, bool) {
    pair.get();
    const TimePoint at = loop.stamp();
    REQUIRE(at >= loop.ready_since());
  };
  REQUIRE(loop.watch(pair.fds[0], true, false, recorder));
  pair.put();
  loop.run([&](TimePoint at) -> std::optional<TimePoint> {
    return recorder.calls > 0 ? std::nullopt : std::optional(at + 1s);
  });
  REQUIRE(loop.stats().lag.count() == 1);
  loop.reset_stats();
  REQUIRE(loop.stats().lag.count() == 0);
}

}  // namespace abgate::http
