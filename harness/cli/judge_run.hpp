#pragma once
// From a run folder to its verdict and its report: pure functions of the files.

#include <string>
#include <vector>

#include "core/manifest.hpp"
#include "core/scenario.hpp"
#include "core/telemetry.hpp"
#include "decision/verdict.hpp"
#include "stats/comparison.hpp"
#include "stats/measurements.hpp"
#include "store/stored_run.hpp"

namespace abgate::cli {

/// Everything that is computed from a run.
struct JudgedRun {
  Manifest manifest;
  Scenario scenario;
  Telemetry telemetry;
  stats::Measurements measurements;
  stats::Comparison comparison;
  decision::Verdict verdict;
};

/// `criteria`: a scenario file whose criteria replace the run's; empty: the run's own.
JudgedRun judge_run(const store::StoredRun& run, const std::string& criteria = "");

/// Renders `formats` (md, html, json, junit, prom; empty: the scenario's) into `folder`.
void write_reports(const JudgedRun& judged, const std::string& folder,
                   const std::vector<std::string>& formats = {});

}  // namespace abgate::cli
