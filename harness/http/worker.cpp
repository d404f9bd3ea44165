#include "http/worker.hpp"

#include <algorithm>
#include <ctime>
#include <optional>

namespace abgate::http {

namespace {

constexpr Duration kProgressEvery = std::chrono::milliseconds(250);
/// Late wake-ups that a short cell may have by chance.
constexpr std::uint64_t kHiccups = 4;

Duration thread_cpu() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + Duration(t.tv_nsec);
}

}  // namespace

CellHealth merge(std::span<const WorkerHealth> loops) {
  CellHealth out;
  LagHistogram lag, wake_lag;
  out.loops = static_cast<std::uint32_t>(loops.size());
  for (const WorkerHealth& one : loops) {
    out.loop_turns += one.turns;
    lag.add(one.lag);
    wake_lag.add(one.wake_lag);
    // Not of all: a loop that is kept from running makes few samples, and they are those that count.
    out.wake_lag_p99 = std::max(out.wake_lag_p99, one.wake_lag.tail(0.99, kHiccups));
    out.client_cpu = std::max(out.client_cpu, one.cpu);
    out.max_starts_per_turn = std::max(out.max_starts_per_turn, one.max_starts);
    out.recorder_stalls += one.recorder_stalls;
  }
  out.loop_lag_p50 = lag.quantile(0.50);
  out.loop_lag_p99 = lag.quantile(0.99);
  out.loop_lag_max = lag.max();
  out.wake_lag_p50 = wake_lag.quantile(0.50);
  out.wake_lag_max = wake_lag.max();
  return out;
}

Worker::Worker(bool libcurl_only) : transport_(loop_, libcurl_only) {}

void Worker::set_endpoint(Arm arm, const Endpoint& endpoint) {
  std::string& known = addresses_[index_of(arm)];
  if (!known.empty() && known == endpoint.address) return;
  transport_.set_endpoint(arm, endpoint);
  known = endpoint.address;
}

void Worker::preconnect(std::span<const Arm> arms, std::size_t count) {
  for (const Arm arm : arms) transport_.preconnect(arm, count);
  loop_.run([&](TimePoint at) -> std::optional<TimePoint> {
    transport_.turn(at);
    if (!transport_.preconnecting()) return std::nullopt;
    return transport_.next_turn().value_or(TimePoint::max());
  });
}

WorkerHealth Worker::drive(const Job& job) {
  load::Runner& runner = job.runner;
  for (const Arm arm : job.arms) transport_.take_health(arm);  // what went before is not this cell's
  loop_.reset_stats();
  const TimePoint begun = now();
  const Duration cpu_before = thread_cpu();
  {
    const std::stop_callback wake(job.stop, [this] { loop_.wake(); });
    TimePoint next_progress = job.on_progress ? begun : TimePoint::max();
    loop_.run([&](TimePoint at) -> std::optional<TimePoint> {
      transport_.turn(at);
      if (job.stop.stop_requested()) runner.stop(at);
      TimePoint next = runner.step(at);
      if (transport_.turn(now())) next = at;
      if (at >= next_progress) {
        // By value: the recorder may come to it after this loop has ended.
        job.recorder.post([tell = job.on_progress, progress = runner.progress()] { tell(progress); });
        next_progress = at + kProgressEvery;
      }
      if (runner.done() || job.recorder.failed() || job.abandoned) return std::nullopt;
      return std::min({next, next_progress, transport_.next_turn().value_or(TimePoint::max())});
    });
  }
  WorkerHealth health;
  health.turns = loop_.stats().turns;
  health.lag = loop_.stats().lag;
  health.wake_lag = loop_.stats().wake_lag;
  const Duration wall = now() - begun;
  if (wall.count() > 0) health.cpu = to_seconds(thread_cpu() - cpu_before) / to_seconds(wall);
  health.max_starts = runner.max_starts_per_step();
  health.recorder_stalls = job.recorder.stalls();
  return health;
}

}  // namespace abgate::http
