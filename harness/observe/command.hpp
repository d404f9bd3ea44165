#pragma once
// Runs short commands such as `ssh host nvidia-smi …` with a deadline.

#include <stop_token>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace abgate::observe {

struct CommandResult {
  std::string output;        ///< stdout
  std::string error_output;  ///< stderr
  int exit_code = -1;        ///< 128 + n after signal n; meaningful if `failure` is empty
  std::string failure;  ///< it could not be started, ran too long, was stopped, or wrote too much
  bool ok() const { return failure.empty() && exit_code == 0; }
};

/// Implementations must allow calls from several threads at once.
class CommandRunner {
 public:
  virtual ~CommandRunner() = default;
  /// Runs argv[0], found in PATH, with no input. Ends it, with everything it started in its process
  /// group, when the time is over or a stop is requested.
  virtual CommandResult run(const std::vector<std::string>& argv, Duration timeout,
                            std::stop_token stop) = 0;
};

/// The real one. Keeps at most 4 MiB of output.
class ProcessRunner : public CommandRunner {
 public:
  CommandResult run(const std::vector<std::string>& argv, Duration timeout,
                    std::stop_token stop) override;
};

/// A command of a scenario with arguments behind it. Plain words are split at spaces; anything that
/// only a shell understands (quotes, pipes, variables) goes through /bin/sh with the arguments
/// appended.
std::vector<std::string> command_line(const std::string& command,
                                      const std::vector<std::string>& arguments);

/// One line of why the result is not ok: the failure, or exit code and the first line of stderr.
std::string failure(const CommandResult& result);

}  // namespace abgate::observe
