#pragma once
// Everything that a report is a function of. Equal inputs give equal bytes: nothing here or below
// reads a clock, an environment variable or a file.

#include "core/manifest.hpp"
#include "core/scenario.hpp"
#include "core/telemetry.hpp"
#include "decision/verdict.hpp"
#include "stats/comparison.hpp"
#include "stats/measurements.hpp"

namespace abgate::report {

struct Input {
  const Manifest& manifest;
  const Scenario& scenario;
  const stats::Measurements& measurements;
  const stats::Comparison& comparison;
  const decision::Verdict& verdict;
  const Telemetry& telemetry;
};

}  // namespace abgate::report
