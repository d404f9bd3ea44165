#pragma once
// What is known about a run beside its records: written first by `store`, read by everything that
// is computed offline. Holds no secret.

#include <cstdint>
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

/// A suite as it was used; its bytes are copied into the run folder.
struct SuiteCopy {
  std::string role;  ///< "workload" | "quality"
  std::string name;
  std::string file;  ///< relative to the run folder: "suites/<role>.jsonl.gz"
  std::string hash;  ///< Suite::hash
  std::string licence;
  std::size_t items = 0;
  friend bool operator==(const SuiteCopy&, const SuiteCopy&) = default;
};

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
  std::vector<ServerFacts> servers;
  std::string started;     ///< UTC, "2026-01-31T02:17:00Z"
  std::string finished;    ///< empty while it runs, or after a crash
  TimePoint clock_zero{};  ///< monotonic time at `started`
  bool interrupted = false;
  int attempt = 1;  ///< n-th run of this scenario and these criteria; printed in the report
  unsigned look = 1;  ///< 2 once the declared extension was driven
  /// What the check of the suite's own tests found before any load; empty: nothing to execute.
  std::string grader;
  std::vector<std::string> merged_from;  ///< run ids, where recorded runs are judged together
};

}  // namespace abgate
