#include "http/engine.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <latch>
#include <mutex>
#include <random>
#include <system_error>
#include <thread>
#include <utility>

#include "core/error.hpp"
#include "http/body_stock.hpp"
#include "http/endpoint.hpp"
#include "http/tcp_ledger.hpp"
#include "http/worker.hpp"
#include "load/agenda.hpp"
#include "load/body.hpp"

namespace abgate::http {

namespace {

/// Connections kept when nothing bounds the number of requests in flight.
constexpr std::size_t kOpenPool = 16384;
/// Connections opened ahead in that case.
constexpr std::size_t kOpenPreconnect = 64;
/// Answers that wait for their recording threads.
constexpr std::size_t kQueuedBytes = std::size_t{256} << 20U;
/// At 50 events/s each, 100,000 a second: half of what fills a core (tools/bench/loops.sh).
constexpr std::size_t kStreamsOfOneLoop = 2000;

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

void summarize(load::ArmSummary summary, const CellHealth& health, CellRecord& record) {
  std::sort(summary.schedule_lags.begin(), summary.schedule_lags.end());
  record.begin = summary.begin;
  record.measured_begin = summary.measured_begin;
  record.end = summary.end;
  record.health = health;
  record.health.stale_retries = summary.retries;
  record.health.schedule_lag_p50 = at_quantile(summary.schedule_lags, 0.50);
  record.health.schedule_lag_p99 = at_quantile(summary.schedule_lags, 0.99);
  record.health.schedule_lag_max = at_quantile(summary.schedule_lags, 1.0);
}

void add_sockets(const SocketHealth& sockets, CellHealth& health) {
  add(health.tcp, sockets.tcp);
  health.receive_queue_p99 = std::max(health.receive_queue_p99, sockets.receive_queue_p99);
  health.receive_queue_max = std::max(health.receive_queue_max, sockets.receive_queue_max);
}

/// A loop's part of `total`, rounded up.
std::size_t part_of(std::size_t total, std::size_t loops) {
  return (total + loops - 1) / loops;
}

std::size_t pool_size(const Cell& cell, std::size_t arms, std::size_t loops) {
  if (cell.load.concurrency == 0) return kOpenPool;
  // A loop may have more than its part when the requests of an open load fall unevenly.
  const std::size_t streams = cell.load.arrival == Arrival::closed
                                  ? part_of(cell.load.concurrency, loops)
                                  : cell.load.concurrency;
  return streams * arms * 11 / 10 + 8;
}

}  // namespace

std::size_t loops_for(std::size_t wanted, std::size_t streams, std::size_t cores) {
  if (wanted > 0 && streams > 0) return std::min(wanted, streams);
  if (wanted > 0) return wanted;
  return std::clamp<std::size_t>(part_of(streams, kStreamsOfOneLoop), 1,
                                 std::max<std::size_t>(1, cores / 2));
}

struct Engine::Impl {
  const Scenario& scenario;
  bool libcurl_only;
  Duration max_idle;
  std::uint64_t nonce;
  load::BodyBuilder bodies;
  std::array<Endpoint, kArmCount> endpoints;
  std::vector<std::unique_ptr<Worker>> workers;

  Impl(const Scenario& the_scenario, const EngineOptions& options)
      : scenario(the_scenario),
        libcurl_only(options.libcurl_only),
        max_idle(options.max_idle),
        nonce(options.nonce != 0 ? options.nonce : random_nonce()),
        bodies(the_scenario, nonce) {
    raise_descriptor_limit();
    for (const Arm arm : kArms) {
      const ArmConfig& config = scenario.arm(arm);
      if (config.url.empty()) continue;  // one arm may be recorded alone
      endpoints[index_of(arm)] = make_endpoint(config, scenario.api, scenario.timeouts);
    }
  }

  // Late, because a server may be started by the scenario after the engine was made. A host that
  // does not resolve goes to the transports too: they say so for every request.
  void bind(std::size_t loops, std::span<const Arm> arms) {
    while (workers.size() < loops) {
      workers.push_back(std::make_unique<Worker>(libcurl_only));
      workers.back()->transport().set_max_idle(max_idle);
    }
    for (const Arm arm : arms) {
      Endpoint& endpoint = endpoints[index_of(arm)];
      ABGATE_ASSERT(!endpoint.text.empty());
      if (endpoint.address.empty()) {
        endpoint.address = resolve(endpoint.url, endpoint.connect_timeout);
      }
      for (std::size_t i = 0; i < loops; ++i) workers[i]->set_endpoint(arm, endpoint);
    }
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
};

Engine::Engine(const Scenario& scenario, EngineOptions options)
    : impl_(std::make_unique<Impl>(scenario, options)) {}
Engine::~Engine() = default;

std::string Engine::address(Arm arm) const {
  return impl_->endpoints[index_of(arm)].address;
}
std::uint64_t Engine::nonce() const {
  return impl_->nonce;
}

namespace {

/// Hands what the loops' recorders make to the caller, one at a time.
class Outlet {
 public:
  Outlet(std::size_t loops, OnRecord on_record, OnProgress on_progress)
      : on_record_(std::move(on_record)), on_progress_(std::move(on_progress)), parts_(loops) {}

  void take(RequestRecord&& record) {
    const std::scoped_lock lock(mutex_);
    on_record_(std::move(record));
  }
  /// All loops report; what the first one sets off is called as often as with one loop.
  void report(std::size_t loop, const load::Progress& progress) {
    const std::scoped_lock lock(mutex_);
    parts_[loop] = progress;
    if (loop == 0) call();
  }
  void last(std::vector<load::Progress> progress) {
    const std::scoped_lock lock(mutex_);
    parts_ = std::move(progress);
    call();
  }
  bool wants_progress() const { return static_cast<bool>(on_progress_); }

 private:
  void call() {
    if (!on_progress_) return;
    load::Progress sum;
    for (const load::Progress& part : parts_) sum = load::add(sum, part);
    on_progress_(sum);
  }

  std::mutex mutex_;
  OnRecord on_record_;
  OnProgress on_progress_;
  std::vector<load::Progress> parts_;
};

/// One loop's part of a cell.
struct Part {
  std::unique_ptr<load::Recorder> recorder;
  std::unique_ptr<load::Runner> runner;
  WorkerHealth health;
  std::exception_ptr error;
};

/// Every part on a thread of its own, the first on the caller's; all begin together, connections
/// open. When one fails the others end as well.
void drive_parts(std::span<const std::unique_ptr<Worker>> workers, std::vector<Part>& parts,
                 std::span<const Arm> arms, std::size_t connections, const std::stop_token& stop,
                 Outlet& outlet) {
  const std::size_t loops = parts.size();
  std::atomic<bool> abandoned{false};
  std::latch ready(static_cast<std::ptrdiff_t>(loops));
  const auto drive = [&](std::size_t i) {
    Part& part = parts[i];
    try {
      workers[i]->preconnect(arms, part_of(connections, loops));
    } catch (...) {
      part.error = std::current_exception();
      abandoned = true;
    }
    ready.arrive_and_wait();
    if (abandoned) return;
    Worker::Job job{*part.runner, *part.recorder, arms, stop, abandoned, {}};
    if (outlet.wants_progress()) {
      job.on_progress = [&outlet, i](const load::Progress& p) { outlet.report(i, p); };
    }
    try {
      part.health = workers[i]->drive(job);
    } catch (...) {
      part.error = std::current_exception();
    }
    if (!part.error && !part.recorder->failed()) return;
    abandoned = true;
    for (const auto& worker : workers) worker->wake();
  };
  std::vector<std::jthread> threads;
  std::exception_ptr no_thread;
  for (std::size_t i = 1; i < loops && !no_thread; ++i) {
    try {
      threads.emplace_back(drive, i);
    } catch (const std::system_error&) {
      no_thread = std::current_exception();
      abandoned = true;
      ready.count_down(static_cast<std::ptrdiff_t>(loops - i));  // for those that will never come
    }
  }
  drive(0);
  threads.clear();  // joins
  if (no_thread) std::rethrow_exception(no_thread);
  for (const Part& part : parts) {
    if (part.error) std::rethrow_exception(part.error);
  }
}

}  // namespace

std::vector<CellRecord> Engine::run(const Plan& plan, const Cell& cell, std::span<const Arm> arms,
                                    const std::array<std::string, kArmCount>& models,
                                    std::stop_token stop, OnRecord on_record,
                                    OnProgress on_progress) {
  const std::size_t slots = std::min(cell.load.concurrency, cell.requests.size());
  const std::size_t loops = loops_for(impl_->scenario.client.loops, slots * arms.size(),
                                      std::thread::hardware_concurrency());
  impl_->bind(loops, arms);
  const std::span<const std::unique_ptr<Worker>> workers(impl_->workers.data(), loops);

  std::vector<CellRecord> cells;
  std::vector<std::unique_ptr<BodyStock>> stocks;
  std::vector<load::RunnerArm> inputs;
  for (const Arm arm : arms) {
    stocks.push_back(impl_->make_bodies(plan, cell, arm, models[index_of(arm)]));
    inputs.push_back({arm, fmt::format("{}-{:x}-", cell_name(cell, arm), impl_->nonce),
                      [stock = stocks.back().get()](const PlannedRequest& request) {
                        return stock->take(request.index);
                      }});
    cells.push_back(empty_record(cell, arm));
  }
  if (!on_record) on_record = [&cells](RequestRecord&& r) { keep(cells, std::move(r)); };

  Outlet outlet(loops, std::move(on_record), std::move(on_progress));
  load::Agenda agenda(cell, {arms.begin(), arms.end()}, loops,
                      [workers](std::size_t loop) { workers[loop]->wake(); });
  load::RunnerOptions options;
  options.timeouts = impl_->scenario.timeouts;
  std::vector<Part> parts(loops);
  for (std::size_t i = 0; i < loops; ++i) {
    Part& part = parts[i];
    part.recorder = std::make_unique<load::Recorder>(
        plan.prompts, impl_->scenario.api == Api::chat,
        [&outlet](RequestRecord&& record) { outlet.take(std::move(record)); },
        kQueuedBytes / loops);
    part.runner = std::make_unique<load::Runner>(
        cell, inputs, options, workers[i]->transport(),
        [recorder = part.recorder.get()](load::FinishedRequest&& f) {
          recorder->push(std::move(f));
        },
        &agenda, i);
    workers[i]->transport().set_pool_size(pool_size(cell, arms.size(), loops));
    workers[i]->transport().set_events(part.runner.get());
  }
  const std::size_t connections = slots > 0 ? slots : std::min(kOpenPreconnect, cell.requests.size());
  drive_parts(workers, parts, arms, connections, stop, outlet);

  std::vector<WorkerHealth> healths;
  std::vector<load::Progress> progress;
  for (Part& part : parts) {
    part.recorder->finish();
    healths.push_back(part.health);
    progress.push_back(part.runner->progress());
  }
  outlet.last(std::move(progress));
  for (CellRecord& record : cells) {
    CellHealth health = merge(healths);
    std::vector<load::ArmSummary> summaries;
    for (std::size_t i = 0; i < loops; ++i) {
      add_sockets(workers[i]->transport().take_health(record.arm), health);
      summaries.push_back(parts[i].runner->take_summary(record.arm));
    }
    summarize(load::merge(std::move(summaries)), health, record);
    record.interrupted = agenda.interrupted();
  }
  return cells;
}

}  // namespace abgate::http
