#include "cli/run.hpp"

#include <ostream>
#include <variant>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "core/error.hpp"

namespace abgate::cli {

ExitCode run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  try {
    const auto parsed = parse_arguments(arguments);
    if (const auto* stop = std::get_if<Stop>(&parsed)) {
      (stop->code == ExitCode::go ? out : err) << stop->text;
      return stop->code;
    }
    return std::visit(
        [&](const auto& options) {
          return execute(options, Streams{out, err});
        },
        std::get<Command>(parsed));
  } catch (const Error& e) {
    err << "abgate: " << e.what() << "\n";
    return e.code();
  } catch (const std::exception& e) {
    err << "abgate: internal error: " << e.what()
        << "; please report it with the command that led here\n";
    return ExitCode::internal;
  }
}

}  // namespace abgate::cli
