#pragma once
// What is known about a run beside its records: written first by `store`, read by everything that
// is computed offline. Holds no secret.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/arm.hpp"
#include "core/plan.hpp"
#include "core/scenario.hpp"
#include "core/telemetry.hpp"
#include "core/time.hpp"

namespace abgate {

/// The machine that drove the load.
struct HostFacts {
  std::string name;
  std::string kernel;
  std::string cpu;          ///< model name
  unsigned cores = 0;       ///< usable by this process
  std::string clocksource;  ///< the kernel's, e.g. "tsc"
  friend bool operator==(const HostFacts&, const HostFacts&) = default;
};

/// A cell that the plan makes one arm run. Declared before any load, so that what is missing is
/// seen.
struct ExpectedCell {
  std::string name;  ///< cell_name(): "c8/003-candidate"
  CellKind kind = CellKind::load;
  std::string point;
  std::uint32_t block = 0;
  Arm arm = Arm::baseline;
  friend bool operator==(const ExpectedCell&, const ExpectedCell&) = default;
};

/// A suite as it was used; its bytes are copied into the run folder. Or another file of data, whose
/// hash alone is kept: `file` is empty then.
struct SuiteCopy {
  std::string role;  ///< "workload" | "quality"
  std::string name;
  std::string file;  ///< relative to the run folder: "suites/<role>.jsonl.gz"
  std::string hash;  ///< Suite::hash
  std::string licence;
  std::size_t items = 0;
  friend bool operator==(const SuiteCopy&, const SuiteCopy&) = default;
};

/// The error that the client's machine adds, measured against a null endpoint right before the load.
/// Milliseconds; ITL errors are absolute.
struct ClientCalibration {
  std::size_t streams = 0;
  double events_per_second = 0;  ///< offered, of all streams together
  double received_per_second = 0;
  double ttft_p50_ms = 0, ttft_p99_ms = 0;
  double itl_p50_ms = 0, itl_p99_ms = 0;
  double stamp_p99_ms = 0;  ///< of every event, not only the first
  double loop_lag_p99_ms = 0;
  double client_cpu = 0;  ///< of one core
  std::size_t failed = 0;
  double trusted_per_second = 0;  ///< highest rate tried whose stamps were good; 0: none
  bool more_possible = false;     ///< the search ended before it found a rate that is too high
  friend bool operator==(const ClientCalibration&, const ClientCalibration&) = default;
};

/// Log-probabilities of the answers of the quality pass: what was wanted and what was asked.
struct LogprobFacts {
  int wanted = 0;    ///< quality.logprobs
  int top = 0;       ///< most likely tokens asked of every arm; 0: none
  bool ids = false;  ///< tokens are named by id, else by text
  std::string why;   ///< why fewer than wanted, or no ids; empty: as wanted
  friend bool operator==(const LogprobFacts&, const LogprobFacts&) = default;
};
/// One line for people.
std::string describe(const LogprobFacts& facts);

struct Manifest {
  std::string run_id;  ///< name of the run folder
  std::string tool_version;
  std::string scenario_name;
  std::string scenario_path;           ///< as given on the command line, for messages
  std::string scenario_source;         ///< the file as read; secrets appear as ${NAME} in it
  std::vector<std::string> overrides;  ///< "key=value" of --set, in order
  std::string scenario_hash;           ///< of the resolved scenario
  std::string criteria_hash;
  std::string plan_hash;  ///< Plan::hash: equal hashes sent equal requests
  Mode mode = Mode::concurrent;
  Seeds seeds;
  HostFacts host;
  std::vector<ExpectedCell> expected;
  std::vector<SuiteCopy> suites;
  std::string prompt_sizing;  ///< how the length of made-up prompts was told; empty: none made up
  std::vector<ServerFacts> servers;
  /// The same questions asked again after the last cell; empty: not asked (interrupted, older run),
  /// an arm that gave no answer then is not in it.
  std::vector<ServerFacts> servers_after;
  std::string started;     ///< UTC, "2026-01-31T02:17:00Z"
  std::string finished;    ///< empty while it runs, or after a crash
  TimePoint clock_zero{};  ///< monotonic time at `started`
  bool interrupted = false;
  std::optional<ClientCalibration> calibration;  ///< absent: not calibrated
  int attempt = 1;  ///< n-th run of this scenario and these criteria; printed in the report
  unsigned look = 1;  ///< 2 once the declared extension was driven
  /// Where the run went on with one that was cut short: for each interruption one line, what was
  /// taken over.
  std::vector<std::string> resumed;
  /// What the check of the suite's own tests found before any load; empty: nothing to execute.
  std::string grader;
  std::optional<LogprobFacts> logprobs;  ///< absent: no quality pass, or an older run
  std::vector<std::string> merged_from;  ///< run ids, where recorded runs are judged together
};

}  // namespace abgate
