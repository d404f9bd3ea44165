#pragma once
// HTTP for everything beside the load, as preflight and the monitor want it.

#include <string>

#include "cli/preflight.hpp"
#include "core/scenario.hpp"

namespace abgate::cli {

/// Asks through http::fetch, with the arm's key, headers and TLS settings.
Ask make_ask();

/// The text behind `url`, asked with the arm's settings; throws Error unless the status is 200.
std::string fetch_text(const ArmConfig& arm, const std::string& url);

}  // namespace abgate::cli
