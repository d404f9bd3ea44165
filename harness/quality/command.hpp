#pragma once
// Runs a program that the user named: trusted, with our environment and rights, but bounded in time
// and output. Model output is never executed here; it may be the input.

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace abgate::quality {

struct CommandJob {
  std::vector<std::string> argv;  ///< argv[0]: a path, or a name to be found on PATH
  std::string directory;          ///< where it runs, and what a relative path is relative to
  std::string input;              ///< its standard input
  Duration timeout = std::chrono::seconds(60);
  std::size_t max_output = std::size_t{256} << 20;
};

struct CommandResult {
  std::string output;
  std::string error_tail;  ///< end of its standard error, at most 2,000 bytes
  double seconds = 0;
  std::string why;  ///< one line; empty: it ended by itself with status 0
};

/// Absolute path of a job's program; empty if there is none that can be executed.
std::string find_command(const std::string& name, const std::string& directory);

/// The program and what it started are killed at the time-out, above `max_output` and when `stop` is
/// requested.
CommandResult run_command(const CommandJob& job, const std::stop_token& stop = {});

}  // namespace abgate::quality
