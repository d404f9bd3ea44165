#pragma once
// The seam between the load engine, which decides and records, and http, which only moves bytes.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/arm.hpp"
#include "core/record.hpp"
#include "core/time.hpp"

namespace abgate::load {

/// Identifies a request for the life of one Runner.
using RequestKey = std::uint32_t;

/// How the connection of a request ended, in terms that HTTP clients have. Closed in an orderly way
/// before the response's end is `!ok` with an empty `error.what`: the stream itself tells.
struct TransferEnd {
  bool ok = true;          ///< the response was received to its end
  TransportError error;    ///< meaningful if !ok
  bool timed_out = false;  ///< connect timeout of the transport itself
};

/// Receives what happens to requests; every call comes from the loop's thread with the stamp taken
/// first. For one key: sent, headers, bytes…, done; any of them may be missing but done.
class TransferEvents {
 public:
  virtual ~TransferEvents() = default;
  /// The connection is ready and the request is about to be written. `connect` is 0 when reused.
  /// Comes again when the transport repeats a request whose reused connection was stale.
  virtual void on_sent(RequestKey key, TimePoint at, bool reused, Duration connect) = 0;
  virtual void on_headers(RequestKey key, TimePoint at, int status,
                          std::string_view content_type) = 0;
  /// `same_read`: came out of the same wake-up of the socket as the call before it for this key.
  virtual void on_bytes(RequestKey key, TimePoint at, std::string_view bytes, bool same_read) = 0;
  virtual void on_done(RequestKey key, TimePoint at, const TransferEnd& end) = 0;
};

/// Starts and abandons requests. Not thread-safe: loop's thread only. Implementations:
/// http::CurlTransport, and fakes in tests.
class Transport {
 public:
  virtual ~Transport() = default;
  /// POSTs `body` (kept alive by the caller until on_done) as `request_id` to the arm's endpoint.
  /// Never calls back before it returns.
  virtual void start(RequestKey key, Arm arm, const std::string& request_id,
                     std::string_view body) = 0;
  /// Closes the request's connection; on_done does not come any more. Unknown keys are ignored.
  /// Like start(), not to be called from within TransferEvents.
  virtual void cancel(RequestKey key) = 0;
};

}  // namespace abgate::load
