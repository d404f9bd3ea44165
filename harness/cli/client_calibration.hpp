#pragma once
// The client measured against a null endpoint of its own: what this machine adds to every figure.

#include <cstddef>
#include <string>

#include "core/manifest.hpp"
#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "core/time.hpp"

namespace abgate::cli {

/// Beyond it the client's own error would show in a TTFT; the default of max_loop_lag_p99.
inline constexpr double kTrustedStampMs = 10;

struct CalibrationLoad {
  std::size_t streams = 100;
  double events_per_second = 50;  ///< of each stream
  std::size_t loops = 0;          ///< as client.loops
};

/// The load of a scenario's heaviest step, as far as it can be known before the servers were seen: a
/// stream is taken to bring 50 events/s, or what the criteria ask of it where that is more; an open
/// loop without a cap has as many streams as are due while an answer of its longest length runs at
/// that speed.
CalibrationLoad calibration_load(const Scenario& scenario, const Plan& plan, bool one_arm);

struct CalibrationOptions {
  double seconds = 3;         ///< of the first measurement
  int max_steps = 6;          ///< of the search for the highest trusted rate; 0: none
  double step_seconds = 1.5;  ///< of each
  Duration budget = std::chrono::minutes(5);  ///< no step begins later than this
};

/// Drives a null endpoint on loopback, then doubles the rate while the stamps can be trusted (or
/// halves it until they can).
ClientCalibration calibrate_client(const CalibrationLoad& load, const CalibrationOptions& options);

/// About two seconds at the load to come: what this machine adds belongs to the run's evidence.
ClientCalibration calibrate_before_run(const Scenario& scenario, const Plan& plan, bool one_arm);
/// One line for the user.
std::string calibration_words(const ClientCalibration& calibration);

bool trusted(const ClientCalibration& calibration);

}  // namespace abgate::cli
