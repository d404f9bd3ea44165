#pragma once
// The verdict in words: headline, scope, caveats, next step; internal to the room.

#include "decision/inputs.hpp"
#include "decision/validity.hpp"
#include "decision/verdict.hpp"

namespace abgate::decision {

/// Fills headline, scope, caveats and next_step of a verdict whose decision, criteria, findings and
/// explanations stand.
void summarise(const Inputs& in, Verdict& verdict);

}  // namespace abgate::decision
