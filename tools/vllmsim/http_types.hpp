#pragma once
// What the service knows of HTTP: requests as values, and a way back to each client.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace abgate::sim {

struct HttpRequest {
  std::string method;
  std::string target;  ///< path and query
  std::string body;
  std::string host;
  std::string content_type;
  std::optional<std::string> authorization;
  std::string request_id;     ///< X-Request-Id
  bool cross_origin = false;  ///< carries Origin
  bool preflight = false;     ///< carries Access-Control-Request-Method
  bool keep_alive = true;
  /// When the kernel had the first bytes; nullopt: it did not tell (TLS).
  std::optional<TimePoint> arrived;

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
};

/// The response to one request. Implementations never call `on_gone` from inside a call of theirs.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// Sends, or queues behind what is queued.
  virtual void write(std::string_view bytes) = 0;
  /// Earlier bytes still wait for the client to read.
  virtual bool backed_up() const = 0;
  /// The response is complete; the connection takes the next request, or is closed after the last
  /// byte.
  virtual void finish(bool keep_alive) = 0;
  /// TCP reset, now.
  virtual void reset() = 0;

  /// Called once if the client leaves before finish() or reset().
  std::function<void()> on_gone;
};

std::string_view reason_phrase(int status);

struct ResponseLines {
  int status = 200;
  std::string_view content_type = "application/json";
  std::optional<std::size_t> length;  ///< absent: chunked
  std::string extra;                  ///< whole header lines with their CRLF
  bool cross_origin = false;
  bool keep_alive = true;
};

/// Status line and headers as uvicorn writes them (lower-case names, date first), empty line
/// included.
std::string response_head(const ResponseLines& lines, std::int64_t unix_seconds);

/// Appends one HTTP chunk; nothing for empty data.
void append_chunk(std::string& out, std::string_view data);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace abgate::sim
