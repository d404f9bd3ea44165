#pragma once
// history.db: one row a run and one a monitored value, for trends and regression detection. SQLite.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace abgate::store {

/// One value of a run. A metric at a point, or one block of it.
struct HistoryValue {
  std::string metric;  ///< catalogue id
  std::string stat;    ///< "mean", "p95", …
  std::string point;
  int block = -1;  ///< -1: the whole run
  std::optional<double> baseline, candidate;
  std::optional<double> ratio, ratio_lo, ratio_hi;  ///< candidate / baseline and its interval
  std::size_t n = 0;
  friend bool operator==(const HistoryValue&, const HistoryValue&) = default;
};

struct HistoryCriterion {
  std::string id, result;  ///< "PASS" | "FAIL" | "INCONCLUSIVE"
  std::optional<double> measured, bound;
  friend bool operator==(const HistoryCriterion&, const HistoryCriterion&) = default;
};

struct HistoryRun {
  std::string run_id;  ///< identity: appending it again replaces it
  std::string scenario, scenario_hash, criteria_hash;
  std::string series_key;  ///< hash of what must not change within a series: hardware, versions,
                           ///< models, workload
  std::string started, finished;
  std::string decision;  ///< "GO" | "NO-GO" | "INCONCLUSIVE" | "VOID"
  int exit_code = 0;
  int attempt = 1;
  std::string tool_version;
  bool simulated = false;
  std::vector<HistoryCriterion> criteria;
  std::vector<HistoryValue> values;
  friend bool operator==(const HistoryRun&, const HistoryRun&) = default;
};

/// One run's value of a series.
struct SeriesPoint {
  std::string run_id, started, series_key;
  HistoryValue value;
};

/// Opens (and makes) the database. Throws DataError for a file that is no database or of a newer
/// schema, Error (void_run) where it cannot be written. One object per thread.
class History {
 public:
  explicit History(const std::string& path);
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  /// All or nothing. True if the run is new, false if it replaced itself.
  bool append(const HistoryRun& run);
  /// Oldest first; the last `limit` runs (0: all), of one scenario or of all (empty).
  std::vector<HistoryRun> list(const std::string& scenario = "", std::size_t limit = 0) const;
  /// Oldest first. `block` -1: run values. A series is not cut at changes of `series_key`: the
  /// caller segments.
  std::vector<SeriesPoint> series(const std::string& scenario, const std::string& metric,
                                  const std::string& stat, const std::string& point,
                                  int block = -1) const;
  /// Number of earlier runs with this scenario and these criteria hashes: the report prints it as
  /// attempts.
  std::size_t attempts(const std::string& scenario_hash, const std::string& criteria_hash) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace abgate::store
