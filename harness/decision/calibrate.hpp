#pragma once
// The judge judged: simulated experiments with known truth go through the real judge(), and the
// rates of its verdicts are counted.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/scenario.hpp"
#include "decision/simulate.hpp"

namespace abgate::decision {

/// A rate with its exact 95 % interval (Clopper–Pearson).
struct Rate {
  double value = 0, lo = 0, hi = 1;
};

/// One truth, judged many times.
struct CalibrationCell {
  std::string criterion;  ///< the one whose truth is special; "all" where none is
  std::string truth;      ///< "boundary" | "aa" | "2.1x" | "far_inside" | …
  std::size_t experiments = 0;
  Rate go, no_go, inconclusive;  ///< of the overall verdict; a VOID counts as inconclusive
  Rate void_run;                 ///< of VOID alone: always false here, no experiment is spoiled
  std::optional<Rate> false_go;  ///< GO although a must criterion does not hold; absent: all hold
  std::optional<Rate> false_no_go;     ///< FAIL of a criterion that holds; absent: none holds
  std::optional<Rate> criterion_pass;  ///< of `criterion` alone
};

struct CalibrationOptions {
  std::size_t experiments = 2000;  ///< per cell
  std::uint64_t seed = 1;
  unsigned threads = 0;  ///< 0: one per processor. The result does not depend on it.
  Design design;
  ScatterModel scatter;
  bool power_curve = true;  ///< also cells "2.02x" … of the ratio criterion
};

struct CalibrationTable {
  CalibrationOptions options;
  std::vector<CalibrationCell> cells;
};

/// The five criteria of a quantisation gate (memory, speed absolute and relative, quality, errors,
/// TTFT p95).
Scenario five_criteria();

/// Runs every cell. `on_cell` is called after each one, from the calling thread. Deterministic in
/// options.seed.
CalibrationTable calibrate(const CalibrationOptions& options,
                           const std::function<void(const CalibrationCell&)>& on_cell = {});

/// {"seed":…,"blocks":…,"cells":[{"criterion","truth","experiments","go","no_go","inconclusive","false_go",
/// "false_no_go",…}]}: rates, null where a rate has no meaning; intervals as "<rate>_interval".
std::string to_json(const CalibrationTable& table);
/// A table for terminals.
std::string to_text(const CalibrationTable& table);

}  // namespace abgate::decision
