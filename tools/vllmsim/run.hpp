#pragma once
// Options to a running server.

#include "vllmsim/options.hpp"
#include "vllmsim/profile.hpp"
#include "vllmsim/service.hpp"

namespace abgate::sim {

/// The profile with the options' overrides applied and checked.
Profile effective_profile(const Options& options);
/// Serves until told to stop; returns the exit code. Throws Error on bad input.
int run(const Options& options);

}  // namespace abgate::sim
