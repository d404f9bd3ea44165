#include "http/loop.hpp"

#include <sys/epoll.h>

#include <utility>  // before Asio 1.74, whose awaitable.hpp uses std::exchange without including it

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace abgate::http {

namespace net = boost::asio;

namespace {
/// A wait shorter than this found something ready already: the loop was busy, not asleep.
constexpr Duration kSlept = std::chrono::microseconds(20);

int make_epoll() {
  const int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) {
    throw Error(ExitCode::internal, std::string("cannot create an epoll set: ") + strerror(errno));
  }
  return fd;
}
}  // namespace

struct Loop::Impl {
  net::io_context io{1};
  // Without it an io_context whose last handler has run is stopped, and every later wait returns at
  // once: the loop would spin from then on.
  net::executor_work_guard<net::io_context::executor_type> guard{io.get_executor()};
  net::posix::stream_descriptor epoll{io, make_epoll()};
  net::steady_timer timer{io};
  TimePoint timer_at = TimePoint::max();
  bool armed = false;
  std::vector<Watcher*> watchers;  // by descriptor

  void arm_epoll() {
    if (std::exchange(armed, true)) return;
    epoll.async_wait(net::posix::stream_descriptor::wait_read,
                     [this](const boost::system::error_code&) { armed = false; });
  }

  // A timer that goes off too early costs one idle turn, moving it at every turn a system call.
  void arm_timer(TimePoint at) {
    if (at >= timer_at) return;
    timer_at = at;
    timer.expires_at(at);
    timer.async_wait([this](const boost::system::error_code& ec) {
      if (!ec) timer_at = TimePoint::max();
    });
  }
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

bool Loop::watch(int fd, bool readable, bool writable, Watcher& watcher) {
  const auto slot = static_cast<std::size_t>(fd);
  if (impl_->watchers.size() <= slot) impl_->watchers.resize(slot + 64, nullptr);
  epoll_event event{};
  event.data.fd = fd;
  event.events = (readable ? static_cast<std::uint32_t>(EPOLLIN) : 0U) |
                 (writable ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
  const int set = impl_->epoll.native_handle();
  const int first = impl_->watchers[slot] ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(set, first, fd, &event) != 0) {
    // The descriptor was closed and reused, or is in the set already.
    const int second = errno == ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (second == first || epoll_ctl(set, second, fd, &event) != 0) return false;
  }
  impl_->watchers[slot] = &watcher;
  return true;
}

void Loop::unwatch(int fd) {
  const auto slot = static_cast<std::size_t>(fd);
  if (slot >= impl_->watchers.size()) return;
  impl_->watchers[slot] = nullptr;
  epoll_ctl(impl_->epoll.native_handle(), EPOLL_CTL_DEL, fd, nullptr);
}

void Loop::run(const Turn& turn) {
  last_wake_ = ready_since_ = now();
  probe_at_ = last_wake_ + kProbeEvery;
  std::optional<TimePoint> next = turn(last_wake_);
  while (next) {
    wait(*next);
    deliver();
    ++stats_.turns;
    next = turn(now());
  }
}

void Loop::wait(TimePoint until) {
  impl_->arm_epoll();
  const TimePoint before = now();
  if (until <= before) {
    impl_->io.poll();
  } else {
    impl_->arm_timer(std::min(until, probe_at_));
    impl_->io.run_one();
  }
  const TimePoint woke = now();
  if (woke >= probe_at_) {
    stats_.wake_lag.record(woke - probe_at_);
    probe_at_ = woke + kProbeEvery;
  }
  ready_since_ = woke - before > kSlept ? woke : last_wake_;
  last_wake_ = woke;
}

void Loop::deliver() {
  std::array<epoll_event, 256> ready;
  const int n =
      epoll_wait(impl_->epoll.native_handle(), ready.data(), static_cast<int>(ready.size()), 0);
  for (int i = 0; i < n; ++i) {
    const auto& event = ready[static_cast<std::size_t>(i)];
    Watcher* watcher = impl_->watchers[static_cast<std::size_t>(event.data.fd)];
    if (!watcher) continue;  // closed earlier in this batch
    watcher->on_ready(event.data.fd, (event.events & (EPOLLIN | EPOLLHUP)) != 0,
                      (event.events & EPOLLOUT) != 0, (event.events & EPOLLERR) != 0);
  }
}

void Loop::wake() {
  net::post(impl_->io, [] {});
}

TimePoint Loop::stamp() {
  const TimePoint at = now();
  stats_.lag.record(at - ready_since_);
  return at;
}

}  // namespace abgate::http
