#pragma once
// Runs a session's plan against the endpoints and writes the run folder. Computes nothing.

#include <functional>
#include <iosfwd>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "cli/session.hpp"
#include "core/arm.hpp"
#include "core/likelihood.hpp"

namespace abgate::cli {

struct DriveOptions {
  std::string out = "reports/runs";
  ProgressStyle progress = ProgressStyle::automatic;
  std::optional<Arm> only;  ///< `record`: drive this arm alone
  std::vector<LikelihoodText> outputs;  ///< `record` of a candidate: the baseline's own answers
  int attempt = 1;
  std::string resume;  ///< folder of an interrupted run to go on with; empty: none
  bool calibrate = true;  ///< the client against a null endpoint first, about two seconds
  /// Asked once, with the run folder as it is, before the scenario's declared extension; absent: no
  /// extension is driven.
  std::function<bool(const std::string& run)> extend;
};

struct DriveResult {
  std::string run;           ///< path of the run folder
  bool interrupted = false;  ///< a signal, or an endpoint that went away for good
};

/// The check of the suite's tests, preflight, then every step of the plan. Progress and notes go to
/// `err`. Throws what check_grader and preflight throw; once load runs, whatever endpoints do is recorded and the folder is always closed
/// properly.
DriveResult drive(const Session& session, const DriveOptions& options, std::stop_token stop,
                  std::ostream& err);

}  // namespace abgate::cli
