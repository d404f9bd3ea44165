#pragma once
// What a person sees while load runs: a live view on a terminal, plain lines in a log.

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "core/arm.hpp"
#include "core/time.hpp"

namespace abgate::cli {

struct ArmProgress {
  Arm arm = Arm::baseline;
  std::size_t done = 0;   ///< requests of this cell
  std::size_t total = 0;  ///< 0: bounded by time
  std::size_t in_flight = 0;
  std::size_t failed = 0;
  double tokens_per_s = 0;  ///< token events of the last seconds; an estimate for the eye
  std::optional<double> ttft_p50_s;
};

struct RunProgress {
  std::string cell;     ///< "c4 block 3/6"
  double fraction = 0;  ///< of all planned requests
  double elapsed_s = 0;
  std::vector<ArmProgress> arms;
};

/// Events a second since the last look, from their running count.
class EventRate {
 public:
  /// `events` below the last count: a new cell began.
  double update(std::uint64_t events, double elapsed_s);

 private:
  std::uint64_t events_ = 0;
  double time_ = 0;
  double rate_ = 0;
};

/// "1 m 05 s" from seconds.
std::string format_seconds(double seconds);
/// Time left if the rest goes like what is done; absent below 2 %.
std::optional<double> remaining_seconds(const RunProgress& progress);
/// The lines of the live view, without escape codes, each at most `columns` wide.
std::vector<std::string> live_lines(const RunProgress& progress, std::size_t columns);
/// The same as one log line.
std::string plain_line(const RunProgress& progress);

/// Draws on `out` (standard error). Thread-safe.
class ProgressView {
 public:
  /// `automatic` is live on a terminal and plain elsewhere.
  ProgressView(std::ostream& out, ProgressStyle style, bool terminal);
  ~ProgressView();
  ProgressView(const ProgressView&) = delete;
  ProgressView& operator=(const ProgressView&) = delete;

  /// Redraws, or prints a line at most every 10 s.
  void update(const RunProgress& progress, TimePoint now);
  /// A line that stays, above the live view.
  void note(const std::string& line);
  /// Removes the live view.
  void finish();

 private:
  void erase();

  std::ostream& out_;
  ProgressStyle style_;
  std::size_t drawn_ = 0;
  std::optional<TimePoint> last_;
  std::mutex mutex_;
};

}  // namespace abgate::cli
