#pragma once

#include <string>

namespace abgate::cli {

/// "abgate 0.1.0 (a1b2c3d)": version of the project and the commit it was built from, if known.
std::string version_text();

}  // namespace abgate::cli
