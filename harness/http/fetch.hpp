#pragma once
// One blocking request, for everything beside the load: preflight, /metrics, /tokenize.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/scenario.hpp"
#include "core/time.hpp"

namespace abgate::http {

struct FetchRequest {
  std::string url;
  std::optional<std::string> body;   ///< set: POST as application/json, else GET
  std::vector<std::string> headers;  ///< "Name: value"
  Tls tls;
  Duration connect_timeout = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(10);  ///< of the whole exchange
};

struct FetchResponse {
  int status = 0;  ///< any; what it means is the caller's affair
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string address;                                       ///< that the name resolved to
  /// Value of the first header of that (lower-case) name; empty if there is none.
  std::string header(std::string_view name) const;
};

/// A request to an arm: its key, headers and TLS settings, for the given URL.
FetchRequest request_to(const ArmConfig& arm, std::string url,
                        std::optional<std::string> body = std::nullopt);

/// Performs it; safe from any thread. Throws Error(unavailable) with one line that says what failed
/// (name, refused, TLS, timeout, broken answer) and what to try next. Answers above 64 MiB are
/// refused.
FetchResponse fetch(const FetchRequest& request);

}  // namespace abgate::http
