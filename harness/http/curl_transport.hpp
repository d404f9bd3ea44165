#pragma once
// libcurl's multi_socket interface as a load::Transport.

#include <cstdint>
#include <memory>
#include <optional>

#include "core/arm.hpp"
#include "core/time.hpp"
#include "http/endpoint.hpp"
#include "http/loop.hpp"
#include "load/transport.hpp"

namespace abgate::http {

/// HTTP/1.1 with keep-alive. Connections idle for 4 s are not used again: servers close theirs at 5
/// s. A request whose reused connection turns out dead before the first byte is repeated by libcurl
/// on a fresh one; on_sent then comes again. Not thread-safe; the loop must outlive it.
class CurlTransport final : public load::Transport, private Loop::Watcher {
 public:
  explicit CurlTransport(Loop& loop);
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  /// Where an arm's requests go from now on. REQUIRES: none of its requests is in flight.
  void set_endpoint(Arm arm, const Endpoint& endpoint);
  /// How many connections are kept open for reuse.
  void set_pool_size(std::size_t connections);
  /// Who hears of requests; must be set while there are any.
  void set_events(load::TransferEvents* events);

  void start(load::RequestKey key, Arm arm, const std::string& request_id,
             std::string_view body) override;
  void cancel(load::RequestKey key) override;

  /// Does what is due: begins requests that were started, libcurl's timers, reports what ended.
  /// Called once a turn, and again after start() so that the request is written in the same turn.
  /// True if requests ended. Throws what an event handler threw, and Error(internal) if libcurl
  /// reports that its state is lost.
  bool turn(TimePoint now);
  /// When turn() must run again by time alone.
  std::optional<TimePoint> next_turn() const;

 private:
  struct Impl;
  void on_ready(int fd, bool readable, bool writable, bool error) override;

  std::unique_ptr<Impl> impl_;
};

}  // namespace abgate::http
