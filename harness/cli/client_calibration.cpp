#include "cli/client_calibration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <thread>
#include <vector>

#include "http/engine.hpp"
#include "http/null_endpoint.hpp"
#include "stats/quantile.hpp"

namespace abgate::cli {

namespace {

/// Events a second that a stream is taken to bring: an unhurried server of today.
constexpr double kUsualSpeed = 50;
/// The null endpoint needs descriptors and a core as well.
constexpr std::size_t kMostStreams = 4000;
constexpr double kMostEvents = 100'000;

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

ClientCalibration measure(std::size_t streams, double rate, double seconds) {
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
  ClientCalibration out;
  out.streams = streams;
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
  out.events_per_second = rate * static_cast<double>(streams);
  out.received_per_second = static_cast<double>(all.size()) / std::max(1e-9, to_seconds(ran.end - ran.begin));
  out.ttft_p50_ms = quantile_ms(first, 0.5);
  out.ttft_p99_ms = quantile_ms(first, 0.99);
  out.itl_p50_ms = quantile_ms(gaps, 0.5);
  out.itl_p99_ms = quantile_ms(gaps, 0.99);
  out.stamp_p99_ms = quantile_ms(all, 0.99);
  out.client_cpu = ran.health.client_cpu;
  out.loop_lag_p99_ms = to_ms(ran.health.loop_lag_p99);
  return out;
}

double speed_asked(const Scenario& scenario) {
  double speed = kUsualSpeed;
  for (const Criterion& c : scenario.criteria) {
    if (c.form != Form::candidate) continue;
    if (c.metric == "stream_speed") speed = std::max(speed, c.value);
    if (c.metric == "tpot" && c.value > 0) speed = std::max(speed, 1 / c.value);
  }
  return speed;
}

double streams_of(const LoadPoint& point, double answer_seconds) {
  if (point.concurrency > 0) return static_cast<double>(point.concurrency);
  return std::ceil(point.rate * answer_seconds);
}

}  // namespace

CalibrationLoad calibration_load(const Scenario& scenario, bool one_arm) {
  CalibrationLoad load;
  load.events_per_second = speed_asked(scenario);
  const double answer = 1 + scenario.sampling.max_tokens / load.events_per_second;
  double streams = static_cast<double>(scenario.quality.suite.empty() ? 1 : scenario.quality.concurrency);
  for (const LoadPoint& point : scenario.points)
    streams = std::max(streams, streams_of(point, answer));
  if (scenario.mode == Mode::concurrent && !one_arm) streams *= 2;
  load.streams = static_cast<std::size_t>(
      std::clamp(streams, 1.0, static_cast<double>(kMostStreams)));
  load.events_per_second =
      std::min(load.events_per_second, kMostEvents / static_cast<double>(load.streams));
  return load;
}

bool trusted(const ClientCalibration& c) {
  return c.failed == 0 && c.stamp_p99_ms <= kTrustedStampMs;
}

ClientCalibration calibrate_client(const CalibrationLoad& load, const CalibrationOptions& options) {
  const TimePoint over = now() + options.budget;
  ClientCalibration out = measure(load.streams, load.events_per_second, options.seconds);
  const auto reached = [](const ClientCalibration& c) {
    return std::min(c.events_per_second, c.received_per_second);
  };
  const bool up = trusted(out);
  if (up) out.trusted_per_second = reached(out);
  out.more_possible = up;
  double offered = out.events_per_second;
  for (int i = 0; i < options.max_steps && now() < over; ++i) {
    offered *= up ? 2 : 0.5;
    const ClientCalibration step = measure(
        load.streams, offered / static_cast<double>(load.streams), options.step_seconds);
    if (trusted(step)) out.trusted_per_second = reached(step);
    if (trusted(step) == up) continue;
    out.more_possible = false;
    break;
  }
  return out;
}

}  // namespace abgate::cli
