#pragma once
// Keeps secrets out of files.

#include <string>
#include <string_view>
#include <vector>

namespace abgate::store {

inline constexpr std::string_view kRedacted = "[redacted]";

/// Replaces known secrets (API keys, values of authorisation headers) in text. Secrets shorter than
/// 8 bytes are ignored here, because they occur in ordinary text; `redact_scenario` finds them by
/// key.
class Redactor {
 public:
  Redactor() = default;
  explicit Redactor(std::vector<std::string> secrets);
  std::string operator()(std::string_view text) const;
  bool empty() const { return secrets_.empty(); }

 private:
  std::vector<std::string> secrets_;  ///< longest first
};

/// YAML text with the values of `api_key:` and `authorization:` replaced, unless they are ${NAME}.
std::string redact_scenario(std::string_view yaml);
/// "baseline.api_key=…" with the value replaced; any other override as it is.
std::string redact_override(std::string_view override_text);

}  // namespace abgate::store
