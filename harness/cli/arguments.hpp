#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/options.hpp"
#include "core/exit_code.hpp"

namespace abgate::cli {

/// Text to print and the code to leave with, instead of a command (--help, --version, a usage
/// error).
struct Stop {
  ExitCode code;
  std::string text;  ///< to standard output if code is `go`, else to standard error
};

/// Parses the arguments after the program's name.
std::variant<Command, Stop> parse_arguments(const std::vector<std::string>& arguments);

/// The help text of the program ("" ) or of one command ("compare", "calibrate judge"): source of
/// the README's usage section.
std::string help_text(const std::string& command);

/// Every command, in the order of the help.
std::vector<std::string> command_names();

}  // namespace abgate::cli
