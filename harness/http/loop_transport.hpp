#pragma once
// What a transport on the Loop offers beside load::Transport.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/arm.hpp"
#include "core/record.hpp"
#include "core/time.hpp"
#include "http/endpoint.hpp"
#include "load/transport.hpp"

namespace abgate::http {

/// What one arm's sockets went through.
struct SocketHealth {
  TcpCounts tcp;
  std::uint64_t receive_queue_p99 = 0;  ///< bytes waiting in a socket when it was read
  std::uint64_t receive_queue_max = 0;
};

/// Implementations: WireTransport (plain sockets), CurlTransport (libcurl; TLS). The loop's thread
/// only.
class LoopTransport : public load::Transport {
 public:
  /// Where an arm's requests go from now on. REQUIRES: none of its requests is in flight.
  virtual void set_endpoint(Arm arm, const Endpoint& endpoint) = 0;
  /// How many connections are kept open for reuse.
  virtual void set_pool_size(std::size_t connections) = 0;
  /// A connection idle for longer is not used again. Servers close theirs at 5 s or later.
  virtual void set_max_idle(Duration limit) = 0;
  /// Who hears of requests; must be set while there are any.
  virtual void set_events(load::TransferEvents* events) = 0;
  /// Does what is due: begins requests that were started, timeouts of connecting, reports what
  /// ended. Called once a turn, and again after start() so that the request is written in the same
  /// turn. True if requests ended. Throws what an event handler threw, and Error(internal) if the
  /// transport's own state is lost.
  virtual bool turn(TimePoint now) = 0;
  /// Since the last call for this arm.
  virtual SocketHealth take_health(Arm arm) = 0;
  /// When turn() must run again by time alone.
  virtual std::optional<TimePoint> next_turn() const = 0;
};

}  // namespace abgate::http
