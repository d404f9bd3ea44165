#include "http/engine.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <ctime>
#include <random>
#include <utility>

#include "core/error.hpp"
#include "http/arm_transports.hpp"
#include "http/body_stock.hpp"
#include "http/endpoint.hpp"
#include "http/loop.hpp"
#include "load/body.hpp"

namespace abgate::http {

namespace {

constexpr Duration kProgressEvery = std::chrono::milliseconds(250);
/// Connections kept when nothing bounds the number of requests in flight.
constexpr std::size_t kOpenPool = 16384;
/// Late wake-ups that a short cell may have by chance.
constexpr std::uint64_t kHiccups = 4;
/// Connections opened ahead in that case.
constexpr std::size_t kOpenPreconnect = 64;

std::uint64_t random_nonce() {
  std::random_device source;
  return (std::uint64_t{source()} << 32U) | source() | 1U;
}

/// Every stream takes a descriptor; the soft limit is often 1024 where the hard one is a million.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Duration thread_cpu() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + Duration(t.tv_nsec);
}

/// Type-7 percentile of sorted values would interpolate; a lag is reported as one that occurred.
Duration at_quantile(const std::vector<Duration>& sorted, double q) {
  if (sorted.empty()) return Duration{0};
  const auto last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(q * last + 0.5)];
}

CellRecord empty_record(const Cell& cell, Arm arm) {
  CellRecord record;
  record.point = cell.point;
  record.kind = cell.kind;
  record.block = cell.block;
  record.arm = arm;
  record.load = cell.load;
  return record;
}

void keep(std::vector<CellRecord>& cells, RequestRecord&& record) {
  const auto found = std::find_if(cells.begin(), cells.end(),
                                  [&](const CellRecord& c) { return c.arm == record.arm; });
  found->requests.push_back(std::move(record));
}

void summarize(load::Runner& runner, const CellHealth& health, CellRecord& record) {
  load::ArmSummary summary = runner.take_summary(record.arm);
  std::sort(summary.schedule_lags.begin(), summary.schedule_lags.end());
  record.begin = summary.begin;
  record.measured_begin = summary.measured_begin;
  record.end = summary.end;
  record.interrupted = runner.interrupted();
  record.health = health;
  record.health.stale_retries = summary.retries;
  record.health.schedule_lag_p50 = at_quantile(summary.schedule_lags, 0.50);
  record.health.schedule_lag_p99 = at_quantile(summary.schedule_lags, 0.99);
  record.health.schedule_lag_max = at_quantile(summary.schedule_lags, 1.0);
}

std::size_t pool_size(const Cell& cell, std::size_t arms) {
  if (cell.load.concurrency == 0) return kOpenPool;
  return cell.load.concurrency * arms * 11 / 10 + 8;
}

}  // namespace

struct Engine::Impl {
  const Scenario& scenario;
  std::uint64_t nonce;
  load::BodyBuilder bodies;
  std::array<Endpoint, kArmCount> endpoints;
  Loop loop;
  ArmTransports transport;

  Impl(const Scenario& the_scenario, const EngineOptions& options)
      : scenario(the_scenario),
        nonce(options.nonce != 0 ? options.nonce : random_nonce()),
        bodies(the_scenario, nonce),
        transport(loop, options.libcurl_only) {
    raise_descriptor_limit();
    transport.set_max_idle(options.max_idle);
    for (const Arm arm : kArms) {
      const ArmConfig& config = scenario.arm(arm);
      if (config.url.empty()) continue;  // one arm may be recorded alone
      endpoints[index_of(arm)] = make_endpoint(config, scenario.api, scenario.timeouts);
    }
  }

  // Late, because a server may be started by the scenario after the engine was made.
  void pin_address(Arm arm) {
    Endpoint& endpoint = endpoints[index_of(arm)];
    ABGATE_ASSERT(!endpoint.text.empty());
    if (!endpoint.address.empty()) return;
    endpoint.address = resolve(endpoint.url, endpoint.connect_timeout);
    transport.set_endpoint(arm, endpoint);
  }

  // Requests that start together find their connections open. What cannot be opened in time is left
  // to the requests, which say why.
  void preconnect(const Cell& cell, std::span<const Arm> arms) {
    const std::size_t wanted = cell.load.concurrency > 0 ? cell.load.concurrency : kOpenPreconnect;
    for (const Arm arm : arms) {
      transport.preconnect(arm, std::min(wanted, cell.requests.size()));
    }
    loop.run([&](TimePoint at) -> std::optional<TimePoint> {
      transport.turn(at);
      if (!transport.preconnecting()) return std::nullopt;
      return transport.next_turn().value_or(TimePoint::max());
    });
  }

  std::unique_ptr<BodyStock> make_bodies(const Plan& plan, const Cell& cell, Arm arm,
                                         const std::string& model) const {
    return std::make_unique<BodyStock>(static_cast<std::uint32_t>(cell.requests.size()),
                                       [this, &plan, &cell, arm, &model](std::uint32_t index) {
                                         const PlannedRequest& request = cell.requests[index];
                                         return bodies.body(plan.prompts.at(request.item), request,
                                                            model, arm);
                                       });
  }

  void drive(load::Runner& runner, load::Recorder& recorder, const std::stop_token& stop,
             const OnProgress& on_progress);
  CellHealth health(Duration cpu, Duration wall, const load::Runner& runner) const;
  void add_sockets(Arm arm, CellHealth& health);
};

void Engine::Impl::drive(load::Runner& runner, load::Recorder& recorder,
                         const std::stop_token& stop, const OnProgress& on_progress) {
  const std::stop_callback wake(stop, [this] { loop.wake(); });
  TimePoint next_progress = on_progress ? now() : TimePoint::max();
  loop.run([&](TimePoint at) -> std::optional<TimePoint> {
    transport.turn(at);
    if (stop.stop_requested()) runner.stop(at);
    TimePoint next = runner.step(at);
    if (transport.turn(now())) next = at;
    if (at >= next_progress || (on_progress && runner.done())) {
      recorder.post([&on_progress, progress = runner.progress()] { on_progress(progress); });
      next_progress = at + kProgressEvery;
    }
    if (runner.done() || recorder.failed()) return std::nullopt;
    return std::min({next, next_progress, transport.next_turn().value_or(TimePoint::max())});
  });
}

CellHealth Engine::Impl::health(Duration cpu, Duration wall, const load::Runner& runner) const {
  const Loop::Stats& stats = loop.stats();
  CellHealth out;
  out.loop_turns = stats.turns;
  out.loop_lag_p50 = stats.lag.quantile(0.50);
  out.loop_lag_p99 = stats.lag.quantile(0.99);
  out.loop_lag_max = stats.lag.max();
  out.wake_lag_p50 = stats.wake_lag.quantile(0.50);
  out.wake_lag_p99 = stats.wake_lag.tail(0.99, kHiccups);
  out.wake_lag_max = stats.wake_lag.max();
  out.client_cpu = wall.count() > 0 ? to_seconds(cpu) / to_seconds(wall) : 0;
  out.max_starts_per_turn = runner.max_starts_per_step();
  return out;
}

void Engine::Impl::add_sockets(Arm arm, CellHealth& health) {
  const SocketHealth sockets = transport.take_health(arm);
  health.tcp = sockets.tcp;
  health.receive_queue_p99 = sockets.receive_queue_p99;
  health.receive_queue_max = sockets.receive_queue_max;
}

Engine::Engine(const Scenario& scenario, EngineOptions options)
    : impl_(std::make_unique<Impl>(scenario, options)) {}
Engine::~Engine() = default;

std::string Engine::address(Arm arm) const {
  return impl_->endpoints[index_of(arm)].address;
}
std::uint64_t Engine::nonce() const {
  return impl_->nonce;
}

std::vector<CellRecord> Engine::run(const Plan& plan, const Cell& cell, std::span<const Arm> arms,
                                    const std::array<std::string, kArmCount>& models,
                                    std::stop_token stop, OnRecord on_record,
                                    OnProgress on_progress) {
  std::vector<CellRecord> cells;
  std::vector<std::unique_ptr<BodyStock>> stocks;
  std::vector<load::RunnerArm> inputs;
  for (const Arm arm : arms) {
    impl_->pin_address(arm);
    stocks.push_back(impl_->make_bodies(plan, cell, arm, models[index_of(arm)]));
    inputs.push_back({arm, fmt::format("{}-{:x}-", cell_name(cell, arm), impl_->nonce),
                      [stock = stocks.back().get()](const PlannedRequest& request) {
                        return stock->take(request.index);
                      }});
    cells.push_back(empty_record(cell, arm));
  }
  if (!on_record) on_record = [&cells](RequestRecord&& r) { keep(cells, std::move(r)); };

  load::Recorder recorder(plan.prompts, impl_->scenario.api == Api::chat, std::move(on_record));
  load::RunnerOptions options;
  options.timeouts = impl_->scenario.timeouts;
  load::Runner runner(cell, std::move(inputs), options, impl_->transport,
                      [&recorder](load::FinishedRequest&& f) { recorder.push(std::move(f)); });
  impl_->transport.set_pool_size(pool_size(cell, arms.size()));
  impl_->transport.set_events(&runner);
  impl_->preconnect(cell, arms);
  for (const Arm arm : arms) impl_->transport.take_health(arm);  // what went before is not this cell's
  impl_->loop.reset_stats();

  const TimePoint begun = now();
  const Duration cpu_before = thread_cpu();
  impl_->drive(runner, recorder, stop, on_progress);
  CellHealth health = impl_->health(thread_cpu() - cpu_before, now() - begun, runner);
  health.recorder_stalls = recorder.stalls();
  recorder.finish();
  for (CellRecord& record : cells) {
    impl_->add_sockets(record.arm, health);
    summarize(runner, health, record);
  }
  return cells;
}

}  // namespace abgate::http
