#pragma once
// One extension from K to 2K blocks, declared before any load; nothing else sequential. Both looks
// share alpha by O'Brien–Fleming boundaries (alpha_at_look), so that looking twice costs no error.

#include <string>

#include "core/scenario.hpp"
#include "decision/verdict.hpp"

namespace abgate::decision {

/// True where the first look leaves a must criterion open that more blocks can decide, and nothing
/// about the run forbids a GO anyway.
bool wants_extension(const Verdict& first_look);

/// What the report says of look `look` of a scenario with an extension: the boundary, the level of
/// its bounds and what follows. Empty without an extension.
std::string look_sentence(const Scenario& scenario, unsigned look);

}  // namespace abgate::decision
