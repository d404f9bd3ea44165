#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "core/exit_code.hpp"

namespace abgate::cli {

/// The program: parses, runs the command, turns every error into one line and an exit code.
/// Installs a SIGINT/SIGTERM handler for the commands that drive load.
ExitCode run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace abgate::cli
