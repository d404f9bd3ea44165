#pragma once
// HTTP for everything beside the load, as preflight and the monitor want it.

#include <string>
#include <vector>

#include "cli/preflight.hpp"
#include "core/scenario.hpp"

namespace abgate::cli {

/// What must reach no file, log or report: the arm's key and the values of headers that carry
/// credentials, with and without their scheme ("Bearer").
std::vector<std::string> secrets_of(const ArmConfig& arm);

/// Asks through http::fetch, with the arm's key, headers and TLS settings. The body comes without
/// the arm's secrets: servers name the key that they refuse, and their words are shown and stored.
Ask make_ask();

/// The text behind `url`, asked with the arm's settings; throws Error unless the status is 200.
std::string fetch_text(const ArmConfig& arm, const std::string& url);

}  // namespace abgate::cli
