// The engine of abgate under the benchmark's load.
// our_client PORT STREAMS EVENTS AFTER_S WINDOW_S [LOOPS]: all streams at once
// our_client PORT STREAMS rate REQUESTS [LOOPS]: a closed loop of one-token answers

#include <algorithm>
#include <cstdlib>
#include <stop_token>
#include <string>
#include <variant>

#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "http/engine.hpp"
#include "http/null_endpoint.hpp"
#include "sampling.hpp"

namespace {

using namespace abgate;
using namespace abgate::bench;

Cell make_cell(std::size_t requests, std::size_t concurrency, int tokens) {
  Cell cell;
  cell.point = "bench";
  cell.load.concurrency = concurrency;
  for (std::size_t i = 0; i < requests; ++i) {
    PlannedRequest request;
    request.index = static_cast<std::uint32_t>(i);
    request.max_tokens = tokens;
    request.ignore_eos = true;
    request.salt = i + 1;
    cell.requests.push_back(request);
  }
  return cell;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  const auto streams = static_cast<std::size_t>(std::atoi(argv[2]));
  const bool rate = std::string(argv[3]) == "rate";
  const std::size_t requests = rate ? static_cast<std::size_t>(std::atoi(argv[4])) : streams;
  const int tokens = rate ? 1 : std::atoi(argv[3]);

  Scenario scenario;
  scenario.baseline.url = std::string("http://127.0.0.1:") + argv[1] + "/v1";
  scenario.candidate.url = scenario.baseline.url;
  scenario.timeouts.total = std::chrono::minutes(5);
  const int loops_at = rate ? 5 : 6;
  scenario.client.loops = argc > loops_at ? static_cast<std::size_t>(std::atoi(argv[loops_at])) : 1;
  Plan plan;
  plan.prompts = {{.id = "p", .text = "def add(a, b):", .messages = {}, .stop = {}}};
  const Cell cell = make_cell(requests, streams, tokens);
  http::Engine engine(scenario);

  std::vector<Received> arrivals;
  arrivals.reserve(requests * static_cast<std::size_t>(tokens));
  std::size_t completed = 0;
  const long before = resident_bytes();
  Window window;
  std::thread sampler;
  if (!rate) sampler = window.sample(std::atof(argv[4]), std::atof(argv[5]));
  const double cpu_before = cpu_seconds();
  const std::int64_t asked = clock_ns();
  const auto cells = engine.run(
      plan, cell, std::array{Arm::baseline}, {"null", "null", "null"}, std::stop_token{},
      [&](RequestRecord&& record) {
        if (std::holds_alternative<Completed>(record.outcome)) ++completed;
        const auto errors = http::stamp_errors(record);
        for (std::size_t i = 0; i < errors.size(); ++i) {
          const std::int64_t at =
              (record.stream.started.time_since_epoch() + record.stream.events[i].at).count();
          arrivals.push_back({at, at - errors[i].count()});
        }
      });
  const double seconds = to_seconds(cells.at(0).end - cells.at(0).begin);
  if (sampler.joinable()) sampler.join();
  const CellHealth& health = cells.at(0).health;
  const double total_cpu = (cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(arrivals.size());
  std::fprintf(stderr,
               "ours: %u loops, %zu of %zu completed, first request %.1f ms after run(), loop lag p99 "
               "%.3f ms, CPU of the busiest loop %.2f, whole run with parsing %.3f us per event\n",
               health.loops, completed, requests,
               static_cast<double>(cells.at(0).begin.time_since_epoch().count() - asked) * 1e-6,
               to_ms(health.loop_lag_p99), health.client_cpu, total_cpu);
  if (rate) {
    std::printf("{\"client\": \"abgate\", \"streams\": %zu, \"loops\": %u, \"requests_per_s\": %.0f}\n",
                streams, health.loops, static_cast<double>(completed) / seconds);
  } else {
    print_result("abgate", streams, window, arrivals,
                 (window.resident - before) / static_cast<long>(streams), requests - completed);
  }
  return completed == requests ? 0 : 1;
}
