#include "cli/client_calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <thread>
#include <vector>

#include "cli/limits.hpp"
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

ClientCalibration measure(const CalibrationLoad& load, double rate, double seconds) {
  const std::size_t streams = load.streams;
  http::NullEndpoint endpoint(rate);
  Scenario scenario;
  scenario.client.loops = load.loops;
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

std::size_t streams_of(const Cell& cell, double events_per_second) {
  if (cell.load.concurrency > 0) return std::min(cell.load.concurrency, cell.requests.size());
  int longest = 1;
  for (const PlannedRequest& request : cell.requests)
    longest = std::max(longest, request.max_tokens);
  return most_due_within(cell, from_seconds(1 + longest / events_per_second));
}

}  // namespace

CalibrationLoad calibration_load(const Scenario& scenario, const Plan& plan, bool one_arm) {
  CalibrationLoad load{1, speed_asked(scenario), scenario.client.loops};
  for (const Step& step : plan.steps) {
    const std::size_t arms = step.at_once && !one_arm ? step.arms.size() : 1;
    const std::size_t streams = streams_of(plan.cells[step.cell], load.events_per_second);
    load.streams = std::max(load.streams, arms * streams);
  }
  load.streams = std::min(load.streams, kMostStreams);
  load.events_per_second =
      std::min(load.events_per_second, kMostEvents / static_cast<double>(load.streams));
  return load;
}

bool trusted(const ClientCalibration& c) {
  return c.failed == 0 && c.stamp_p99_ms <= kTrustedStampMs;
}

ClientCalibration calibrate_client(const CalibrationLoad& load, const CalibrationOptions& options) {
  const TimePoint over = now() + options.budget;
  ClientCalibration out = measure(load, load.events_per_second, options.seconds);
  const auto reached = [](const ClientCalibration& c) {
    return std::min(c.events_per_second, c.received_per_second);
  };
  const bool up = trusted(out);
  if (up) out.trusted_per_second = reached(out);
  out.more_possible = up;
  double offered = out.events_per_second;
  for (int i = 0; i < options.max_steps && now() < over; ++i) {
    offered *= up ? 2 : 0.5;
    const ClientCalibration step =
        measure(load, offered / static_cast<double>(load.streams), options.step_seconds);
    if (trusted(step)) out.trusted_per_second = reached(step);
    if (trusted(step) == up) continue;
    out.more_possible = false;
    break;
  }
  return out;
}

ClientCalibration calibrate_before_run(const Scenario& scenario, const Plan& plan, bool one_arm) {
  CalibrationOptions how;
  how.seconds = 0.8;
  how.step_seconds = 0.3;
  how.max_steps = 3;
  how.budget = std::chrono::milliseconds(1700);
  CalibrationLoad load = calibration_load(scenario, plan, one_arm);
  // Both ends of every stream are in this process.
  const std::size_t pairs = machine_limits().descriptors_most / 2;
  const std::size_t room = pairs - std::min(pairs, descriptors_for(0));
  load.streams = std::max<std::size_t>(1, std::min(load.streams, room));
  return calibrate_client(load, how);
}

std::string calibration_words(const ClientCalibration& c) {
  return fmt::format(
      "note: the client adds p50 {:.3f} ms, p99 {:.3f} ms to TTFT at {} streams and {:.0f} "
      "events/s{}",
      c.ttft_p50_ms, c.ttft_p99_ms, c.streams, c.events_per_second,
      trusted(c) ? "" : ": not to be trusted at this rate");
}

}  // namespace abgate::cli
