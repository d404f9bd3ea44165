#pragma once
// What every command that drives load begins its run folder with: manifest, monitor, redaction.

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/preflight.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"
#include "core/manifest.hpp"
#include "load/runner.hpp"
#include "observe/monitor.hpp"
#include "store/redact.hpp"
#include "store/run_folder.hpp"

namespace abgate::cli {

/// Knows the keys and credentials of both arms.
store::Redactor redactor_of(const Scenario& scenario);

/// The manifest as known before any load, its clock started; copies the load's suites into
/// `folder`. `scenario` is the one that the user wrote, `session` what is driven of it. The mode is
/// the scenario's, and no cell is expected yet.
Manifest first_manifest(const Scenario& scenario, const std::vector<std::string>& overrides,
                        const Session& session, const Preflight& checked,
                        const store::RunFolder& folder);

/// Watches the servers and GPUs of `arms` from now on; scrapes go into `folder`. Both must outlive
/// it.
std::unique_ptr<observe::Monitor> start_monitor(const Scenario& scenario, std::span<const Arm> arms,
                                                const store::RunFolder& folder);

using EventRates = std::array<EventRate, kArmCount>;
/// The arms of a cell that runs, for the eye. `rates` are brought up to date.
std::vector<ArmProgress> arm_lines(const Cell& cell, const load::Progress& progress,
                                   double elapsed_s, EventRates& rates);

}  // namespace abgate::cli
