#pragma once
// Going on with a run that was cut short: what of it can be taken over, and whether it may be.

#include <map>
#include <string>
#include <vector>

#include "cli/preflight.hpp"
#include "cli/session.hpp"
#include "core/record.hpp"
#include "store/stored_run.hpp"

namespace abgate::cli {

/// The interrupted run. Load cells count whole or not at all: half of one ran another load. Of a
/// quality cell each answer counts by itself, by (suite, item, arm, repeat).
class Resume {
 public:
  /// Reads `folder` and holds it against what is about to be run. Throws DataError: no run, a run
  /// that is whole, another suite, sampling, plan or criteria; Error(void_run): the machine was
  /// restarted since, so that its clock says nothing about the stored stamps.
  Resume(const std::string& folder, const Session& session);

  /// Throws Error(void_run) if a deployment is not the one that answered before.
  void check_servers(const Preflight& checked) const;

  /// Throws Error(void_run) if other log-probabilities would be asked than of the stored answers. A
  /// run that was stored before they were asked at all goes on without them.
  void check_logprobs(Preflight& checked) const;

  const Manifest& manifest() const { return run_.manifest; }
  const Telemetry& telemetry() const { return run_.telemetry; }
  /// Raw files of texts that were read back.
  const std::vector<store::CellFile>& likelihood() const { return run_.likelihood; }
  /// The raw file of a cell that came to its end; empty: to be run again.
  std::string whole_file(const Cell& cell, Arm arm) const;
  /// What was asked of a quality cell that was cut short, failed attempts included: those happened,
  /// and asking again would hide them. At most one for each planned request.
  CellRecord part(const Cell& cell, Arm arm) const;

 private:
  void check_plan(const Session& session) const;
  void check_clock() const;

  store::StoredRun run_;
  const Plan& plan_;
  std::map<std::string, store::CellFile> files_;  ///< by cell_name()
};

/// Positions of `cell`'s requests that `part` lacks.
std::vector<std::uint32_t> missing_requests(const Cell& cell, const CellRecord& part);
/// `cell` with these requests only, numbered from 0; `number` sets its request ids apart.
Cell cell_of(const Cell& cell, const std::vector<std::uint32_t>& requests, int number);
/// One cell of what was measured before and after; `before` may be empty.
CellRecord joined(const CellRecord& before, CellRecord after);
/// What both runs observed.
Telemetry joined(Telemetry before, Telemetry after);

}  // namespace abgate::cli
