#pragma once
// Blocks of probes from live endpoints, stored first and measured from what was stored; and the
// same blocks from a stored run.

#include <iosfwd>
#include <memory>
#include <stop_token>
#include <string>

#include "cli/options.hpp"
#include "cli/search_loop.hpp"
#include "cli/session.hpp"
#include "core/manifest.hpp"
#include "core/telemetry.hpp"
#include "store/run_folder.hpp"

namespace abgate::cli {

struct ProbeDriveOptions {
  std::string out = "reports/runs";
  ProgressStyle progress = ProgressStyle::automatic;
  bool calibrate = true;  ///< measure the client before the first probe
  SearchSettings settings;
};

/// Drives probes and writes them to a run folder of their own: raw/<probe>/<block>-<arm>.jsonl.gz.
/// One thread at a time.
class ProbeDrive final : public ProbeSource {
 public:
  /// Preflight of the arms searched; throws what preflight() throws. Nothing is written before it
  /// passed.
  ProbeDrive(Scenario scenario, std::vector<std::string> overrides,
             const ProbeDriveOptions& options, std::stop_token stop, std::ostream& err);
  ~ProbeDrive() override;

  std::optional<std::vector<stats::BlockArm>> block(const LoadPoint& load, std::uint32_t block,
                                                    std::span<const Arm> arms) override;
  void done(double fraction) override;
  void note(const std::string& line);
  /// Ends the run: asks the servers of a whole search the questions of the preflight again; manifest,
  /// checksums, DONE. Returns the manifest as stored.
  Manifest finish(bool interrupted);
  Telemetry telemetry() const;
  std::string folder() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The blocks of a stored search; the search ends where the recording does.
class StoredProbes final : public ProbeSource {
 public:
  explicit StoredProbes(std::string folder) : folder_(std::move(folder)) {}
  std::optional<std::vector<stats::BlockArm>> block(const LoadPoint& load, std::uint32_t block,
                                                    std::span<const Arm> arms) override;

 private:
  std::string folder_;
};

}  // namespace abgate::cli
