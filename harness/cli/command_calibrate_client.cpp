#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>
#include <vector>

#include "cli/commands.hpp"
#include "core/error.hpp"
#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "http/engine.hpp"
#include "http/null_endpoint.hpp"
#include "stats/quantile.hpp"

namespace abgate::cli {

namespace {

/// Beyond it the client's own error would show in a TTFT; the default of max_loop_lag_p99.
constexpr double kTrustedMs = 10;
constexpr int kMaxSteps = 6;
constexpr double kSearchSeconds = 1.5;

/// Errors in milliseconds.
struct Measured {
  double offered = 0, received = 0;  ///< events a second, all streams
  double ttft_p50 = 0, ttft_p99 = 0, itl_p50 = 0, itl_p99 = 0, stamp_p99 = 0;
  double client_cpu = 0, loop_lag_p99 = 0;
  std::size_t failed = 0;

  bool trusted() const { return failed == 0 && stamp_p99 <= kTrustedMs; }
};

/// 0 where nothing was received: `failed` tells.
double quantile_ms(const std::vector<Duration>& values, double q) {
  std::vector<double> ms;
  ms.reserve(values.size());
  for (const Duration value : values) ms.push_back(to_ms(value));
  return stats::quantile(ms, q).value_or(0);
}

Cell make_cell(std::size_t streams, double rate, double seconds) {
  Cell cell;
  cell.point = "calibration";
  cell.load.concurrency = streams;
  for (std::size_t i = 0; i < streams; ++i) {
    PlannedRequest request;
    request.index = static_cast<std::uint32_t>(i);
    request.max_tokens = std::max(2, static_cast<int>(std::lround(rate * seconds)));
    cell.requests.push_back(request);
  }
  return cell;
}

Measured measure(std::size_t streams, double rate, double seconds) {
  http::NullEndpoint endpoint(rate);
  Scenario scenario;
  scenario.baseline.url = scenario.candidate.url = endpoint.url();
  Plan plan;
  plan.prompts = {{.id = "null", .text = "def add(a, b):", .messages = {}, .stop = {}}};
  const Cell cell = make_cell(streams, rate, seconds);
  http::Engine engine(scenario);  // raises the limit of descriptors before the server needs them
  struct Server {
    explicit Server(http::NullEndpoint& e) : endpoint(e), thread([&e] { e.serve(); }) {}
    ~Server() {
      endpoint.stop();
      thread.join();
    }
    http::NullEndpoint& endpoint;
    std::thread thread;
  } server(endpoint);
  std::vector<Duration> first, gaps, all;
  Measured out;
  const auto cells = engine.run(plan, cell, std::array{Arm::baseline}, {"null", "null", "null"},
                                std::stop_token{}, [&](RequestRecord&& record) {
                                  const auto errors = http::stamp_errors(record);
                                  if (errors.empty()) {
                                    ++out.failed;
                                    return;
                                  }
                                  first.push_back(errors.front());
                                  all.insert(all.end(), errors.begin(), errors.end());
                                  for (const Duration gap : http::gap_errors(errors)) {
                                    gaps.push_back(gap < Duration{0} ? -gap : gap);
                                  }
                                });
  const CellRecord& ran = cells.at(0);
  out.offered = rate * static_cast<double>(streams);
  out.received = static_cast<double>(all.size()) / std::max(1e-9, to_seconds(ran.end - ran.begin));
  out.ttft_p50 = quantile_ms(first, 0.5);
  out.ttft_p99 = quantile_ms(first, 0.99);
  out.itl_p50 = quantile_ms(gaps, 0.5);
  out.itl_p99 = quantile_ms(gaps, 0.99);
  out.stamp_p99 = quantile_ms(all, 0.99);
  out.client_cpu = ran.health.client_cpu;
  out.loop_lag_p99 = to_ms(ran.health.loop_lag_p99);
  return out;
}

/// Highest rate, events a second over all streams, that this machine stamps well enough: doubled
/// from what was asked while that holds, else halved until it does. 0: none was found.
double highest_trusted(const Measured& asked, std::size_t streams) {
  const bool up = asked.trusted();
  Measured last = asked;
  double found = up ? std::min(asked.offered, asked.received) : 0;
  for (int i = 0; i < kMaxSteps; ++i) {
    const double rate = last.offered / static_cast<double>(streams) * (up ? 2 : 0.5);
    last = measure(streams, rate, kSearchSeconds);
    if (last.trusted()) found = std::min(last.offered, last.received);
    if (last.trusted() != up) break;
  }
  return found;
}

}  // namespace

ExitCode execute(const CalibrateClientOptions& options, Streams io) {
  const Measured asked = measure(options.streams, options.events_per_second, options.seconds);
  const double trusted = options.search ? highest_trusted(asked, options.streams) : 0;
  if (options.json) {
    nlohmann::ordered_json json{
        {"streams", options.streams},        {"events_per_second", asked.offered},
        {"received_per_second", asked.received}, {"ttft_error_p50_ms", asked.ttft_p50},
        {"ttft_error_p99_ms", asked.ttft_p99},   {"itl_error_p50_ms", asked.itl_p50},
        {"itl_error_p99_ms", asked.itl_p99},     {"loop_lag_p99_ms", asked.loop_lag_p99},
        {"client_cpu", asked.client_cpu},        {"failed", asked.failed}};
    if (options.search) json["trusted_events_per_second"] = trusted;
    io.out << json.dump() << "\n";
  } else {
    io.out << fmt::format(
        "{} streams, {:.0f} events/s offered, {:.0f} received, {} failed\n"
        "error of TTFT  p50 {:.3f} ms  p99 {:.3f} ms\n"
        "error of ITL   p50 {:.3f} ms  p99 {:.3f} ms (absolute)\n"
        "loop lag p99 {:.3f} ms, client CPU {:.0f} % of a core\n",
        options.streams, asked.offered, asked.received, asked.failed, asked.ttft_p50,
        asked.ttft_p99, asked.itl_p50, asked.itl_p99, asked.loop_lag_p99, asked.client_cpu * 100);
    if (!asked.trusted())
      io.out << "not to be trusted at this rate: lower it, free the machine, or use more cores\n";
    if (trusted > 0) {
      io.out << fmt::format("trusted up to {:.0f} events/s (stamp error p99 <= {:.0f} ms; rates were "
                            "doubled or halved)\n",
                            trusted, kTrustedMs);
    }
  }
  return ExitCode::go;
}

}  // namespace abgate::cli
