#pragma once
// From a run folder to its verdict and its report: pure functions of the files.

#include <string>
#include <vector>

#include "core/manifest.hpp"
#include "core/scenario.hpp"
#include "core/telemetry.hpp"
#include "decision/verdict.hpp"
#include "report/input.hpp"
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

  /// References into this object.
  report::Input input() const {
    return {manifest, scenario, measurements, comparison, verdict, telemetry};
  }
};

/// `criteria`: a scenario file whose criteria replace the run's; empty: the run's own. `threads`
/// read the records, score the answers and resample (0: one per processor); they change the time
/// only.
JudgedRun judge_run(const store::StoredRun& run, const std::string& criteria = "",
                    unsigned threads = 0);

/// Does an unfinished run, judged as if it had ended here, take the declared extension?
bool first_look_is_open(const std::string& folder);

/// Scores of the quality pass alone, executed tests included; empty if the run has none.
struct ScoredRun {
  std::vector<ItemScore> scores;
  std::vector<std::string> notes;  ///< what was measured and what was not (score_answers.hpp)
};
ScoredRun score_run(const store::StoredRun& run, const QualityConfig& config);

/// Renders `formats` (md, html, json, junit, prom, vllm-bench; empty: the
/// scenario's; vllm-bench only where the raw records lie) into `folder` and returns
/// the paths written.
std::vector<std::string> write_reports(const JudgedRun& judged, const std::string& folder,
                                       const std::vector<std::string>& formats = {});

}  // namespace abgate::cli
