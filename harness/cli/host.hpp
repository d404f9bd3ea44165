#pragma once

#include "core/manifest.hpp"

namespace abgate::cli {

/// The machine that drives the load.
HostFacts host_facts();

}  // namespace abgate::cli
