#pragma once
// A whole judged run in memory: four-bit AWQ against FP16 with textbook numbers.

#include "report/input.hpp"

namespace abgate::test {

/// Owns what a report::Input refers to. Change any part, then take input().
struct Sample {
  Manifest manifest;
  Scenario scenario;
  stats::Measurements measurements;
  stats::Comparison comparison;
  decision::Verdict verdict;
  Telemetry telemetry;

  report::Input input() const {
    return {manifest, scenario, measurements, comparison, verdict, telemetry};
  }
};

/// GO: throughput 2.1152× [2.1007 one-sided], memory 41.7 GB, quality 434 against 443 of 500, 0 of
/// 3,000 failed, TTFT p95 0.52 s.
Sample go_sample();
/// The same with a plain AWQ kernel: 8 tok/s, NO-GO, simulated.
Sample no_go_sample();
/// A GO whose quality part has everything: executed tests, A/A of the answers, teacher-forced
/// likelihood, cuts and detectors, lengths, a scorer of one's own.
Sample quality_sample();
/// Everything that a run can lack: no data at all.
Sample empty_sample();
/// A run whose every text is hostile.
Sample hostile_sample();

/// A string that breaks out of everything that does not escape it.
const std::string& hostile_text();

}  // namespace abgate::test
