#pragma once
// The verdict: criteria × measurements → GO / NO-GO / INCONCLUSIVE / VOID. Pure: equal inputs give
// equal bytes, on any number of threads.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/scenario.hpp"
#include "decision/verdict.hpp"
#include "stats/comparison.hpp"
#include "stats/measurements.hpp"

namespace abgate::decision {

/// What the judge must know beside the measurements.
struct JudgeContext {
  std::size_t attempt = 1;  ///< how often this scenario was judged on new data; printed
  /// Pre-declared looks: 1, or 2 for one extension K -> 2K (O'Brien–Fleming). `look` counts from 1.
  std::size_t looks = 1, look = 1;
  unsigned threads = 2;  ///< of the crossover's bootstrap; changes the time only
  std::optional<double> minutes_per_block;       ///< absent: taken from the blocks' wall time
  std::vector<std::string> fingerprint_changes;  ///< what changed about a deployment during the run
  bool regressed = false;                        ///< check_history() found a regression
  std::vector<std::string> history;              ///< what it found, one sentence each; caveats
  std::vector<std::string> unchecked;  ///< what could not be asked again at its end; caveats
};

/// Judges every criterion, checks validity, looks for known traps and words the verdict.
/// `comparison` is read for what the criteria do not decide: category flags and length drift; it
/// may be empty. Never throws on data: what is missing is INCONCLUSIVE and says so.
Verdict judge(const Scenario& scenario, const stats::Measurements& measurements,
              const stats::Comparison& comparison, const JudgeContext& context = {});

/// Stable hash (16 hex digits) of everything in the criteria that can change a verdict.
std::string hash_of(const std::vector<Criterion>& criteria);

}  // namespace abgate::decision
