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

namespace abgate::cli {

namespace {

/// Beyond it the client's own error would show in a TTFT; the default of max_loop_lag_p99.
constexpr double kTrustedMs = 10;
constexpr int kMaxDoublings = 6;
constexpr double kSearchSeconds = 1.5;

/// Errors in milliseconds.
struct Measured {
  double offered = 0, received = 0;  ///< events a second, all streams
  double ttft_p50 = 0, ttft_p99 = 0, itl_p50 = 0, itl_p99 = 0, stamp_p99 = 0;
  double client_cpu = 0, loop_lag_p99 = 0;
  std::size_t failed = 0;

  bool trusted() const { return failed == 0 && stamp_p99 <= kTrustedMs; }
};

double quantile_ms(std::vector<Duration>& values, double q) {
  if (values.empty()) return 0;
  const auto nth = values.begin() +
                   static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), nth, values.end());
  return to_ms(*nth);
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

}  // namespace

ExitCode execute(const CalibrateClientOptions& options, Streams io) {
  const Measured asked = measure(options.streams, options.events_per_second, options.seconds);
  Measured best = asked;
  for (int i = 0; options.search && best.trusted() && i < kMaxDoublings; ++i) {
    const double rate = best.offered / static_cast<double>(options.streams) * 2;
    const Measured next = measure(options.streams, rate, kSearchSeconds);
    if (!next.trusted()) break;
    best = next;
  }
  const double trusted = best.trusted() ? std::min(best.offered, best.received) : 0;
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
    if (options.search && trusted > 0) {
      io.out << fmt::format("trusted up to {:.0f} events/s (stamp error p99 <= {:.0f} ms; {})\n",
                            trusted, kTrustedMs, "found by doubling");
    } else if (options.search) {
      io.out << "not to be trusted at this rate: lower it, free the machine, or use more cores\n";
    }
  }
  return ExitCode::go;
}

}  // namespace abgate::cli
