#pragma once
// ${NAME} in secrets, URLs, headers and commands.

#include <optional>
#include <string>
#include <string_view>

namespace abgate::config {

/// The first well-formed ${NAME} in `text` (without the brackets), if any. "$${" is a literal "${".
std::optional<std::string> first_variable(std::string_view text);

struct Expansion {
  std::string text;
  std::string unset;  ///< name of the first variable that is not set; then `text` is meaningless
  bool malformed = false;  ///< "${" without a name and "}"
};

/// Replaces each ${NAME} by the environment's value (set but empty counts as unset) and "$${" by
/// "${".
Expansion expand(std::string_view text);

}  // namespace abgate::config
