#pragma once
// Tonight against the nights before: did the candidate get worse than it was? The paired ratio is
// watched (it cancels what the machine does to both arms), by a rule in two stages.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace abgate::decision {

struct HistoryRules {
  std::size_t min_history = 10;  ///< nights of the same series before anything is said
  std::size_t window = 30;       ///< most recent nights that a night is compared with
  double robust_z = 2;           ///< deviations from their median, of 1.4826·MAD
  double min_effect = 0.03;      ///< relative change that matters at all
};

/// One watched ratio candidate/baseline.
struct WatchedSeries {
  std::string name;          ///< for sentences: "stream_speed at c4"
  int better = 1;            ///< +1: larger is better, -1: smaller
  std::vector<double> past;  ///< ratios of earlier nights of the same series, oldest first
  double tonight = 0;
  double floor = 0;  ///< noise floor of tonight's A/A blocks, |ln ratio|; 0 unknown
};

enum class HistoryState { learning, quiet, warn, regression };

struct HistoryFinding {
  std::string name;
  HistoryState state = HistoryState::quiet;
  double change = 0;  ///< relative to the median of the window, worse is negative
  double z = 0;       ///< robust, worse is negative
  std::size_t nights = 0;
  std::string sentence;  ///< empty: nothing to say (quiet)
};

/// Robust z of the log ratio over the last `window` nights (median, 1.4826·MAD, which is never
/// taken below the noise floor), worse than -robust_z, and a change of more than min_effect: WARN;
/// on two nights running: REGRESSION (0.2 false alarms per 100 nights at 2 % noise). A min_effect
/// below the noise floor is refused: the floor stands in its place, and the sentence says so. Fewer
/// nights than min_history: learning, no alarm. Ratios that are not positive and finite are left
/// out.
HistoryFinding check_history(const WatchedSeries& series, const HistoryRules& rules);

}  // namespace abgate::decision
