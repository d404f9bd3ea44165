#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/client_calibration.hpp"
#include "cli/commands.hpp"
#include "cli/session.hpp"

namespace abgate::cli {

namespace {

std::string json_text(const ClientCalibration& c, bool searched) {
  nlohmann::ordered_json json{{"streams", c.streams},
                              {"events_per_second", c.events_per_second},
                              {"received_per_second", c.received_per_second},
                              {"ttft_error_p50_ms", c.ttft_p50_ms},
                              {"ttft_error_p99_ms", c.ttft_p99_ms},
                              {"itl_error_p50_ms", c.itl_p50_ms},
                              {"itl_error_p99_ms", c.itl_p99_ms},
                              {"stamp_error_p99_ms", c.stamp_p99_ms},
                              {"loop_lag_p99_ms", c.loop_lag_p99_ms},
                              {"client_cpu", c.client_cpu},
                              {"failed", c.failed}};
  if (searched) {
    json["trusted_events_per_second"] = c.trusted_per_second;
    json["more_possible"] = c.more_possible;
  }
  return json.dump() + "\n";
}

std::string plain_text(const ClientCalibration& c, bool searched) {
  std::string out = fmt::format(
      "{} streams, {:.0f} events/s offered, {:.0f} received, {} failed\n"
      "error of TTFT  p50 {:.3f} ms  p99 {:.3f} ms\n"
      "error of ITL   p50 {:.3f} ms  p99 {:.3f} ms (absolute)\n"
      "loop lag p99 {:.3f} ms, client CPU {:.0f} % of a core\n",
      c.streams, c.events_per_second, c.received_per_second, c.failed, c.ttft_p50_ms, c.ttft_p99_ms,
      c.itl_p50_ms, c.itl_p99_ms, c.loop_lag_p99_ms, c.client_cpu * 100);
  if (!trusted(c))
    out += "not to be trusted at this rate: lower it, free the machine, or use more cores\n";
  if (searched && c.trusted_per_second > 0) {
    out += fmt::format("trusted {} {:.0f} events/s (stamp error p99 <= {:.0f} ms; rates were doubled "
                       "or halved)\n",
                       c.more_possible ? "at least up to" : "up to", c.trusted_per_second,
                       kTrustedStampMs);
  }
  return out;
}

}  // namespace

ExitCode execute(const CalibrateClientOptions& options, Streams io) {
  CalibrationLoad load{options.streams, options.events_per_second, options.loops};
  if (!options.input.scenario.empty()) {
    const Session session = prepare(options.input);
    load = calibration_load(session.scenario, session.plan, false);
  }
  CalibrationOptions how;
  how.seconds = options.seconds;
  if (!options.search) how.max_steps = 0;
  const ClientCalibration measured = calibrate_client(load, how);
  io.out << (options.json ? json_text(measured, options.search)
                          : plain_text(measured, options.search));
  return ExitCode::go;
}

}  // namespace abgate::cli
