// Used where the build has no quality room: everything works but --answers.

#include "core/error.hpp"
#include "vllmsim/planted.hpp"

namespace abgate::sim {

std::vector<KnownPrompt> load_known_prompts(const std::string& suite_path) {
  throw Error(ExitCode::unavailable,
              suite_path + ": this build reads no prompt suites (no quality room)");
}

}  // namespace abgate::sim
