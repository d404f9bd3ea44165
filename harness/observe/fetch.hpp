#pragma once
// How this room reaches servers: a URL in, a text out. `http` implements it.

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/scenario.hpp"
#include "core/time.hpp"

namespace abgate::observe {

struct FetchRequest {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;  ///< Authorization included
  Tls tls;
  std::string body;  ///< not empty: POST as application/json
  Duration timeout = std::chrono::seconds(5);
  std::size_t max_bytes = 32U << 20U;  ///< a longer answer is an error
};

struct FetchResult {
  int status = 0;  ///< HTTP status; 0: no answer, see `error`
  std::string body;
  std::string error;    ///< one line, e.g. "connection refused"; empty if there was an answer
  std::string address;  ///< the peer's address, where known
  bool ok() const { return error.empty() && status == 200; }
};

/// Implementations must allow calls from several threads at once, and return soon after a stop
/// request.
class Fetcher {
 public:
  virtual ~Fetcher() = default;
  virtual FetchResult get(const FetchRequest& request, std::stop_token stop) = 0;
};

/// "http 404", "connection refused", …: why a result is not ok.
std::string failure(const FetchResult& result);

/// The arm's base URL without a trailing slash and without /v1.
std::string server_root(const std::string& url);

/// Where the arm's Prometheus text is; empty: nowhere.
std::string metrics_url(const ArmConfig& arm);

/// A request to the arm with its key, headers and TLS options.
FetchRequest request_to(const ArmConfig& arm, const std::string& url);

}  // namespace abgate::observe
