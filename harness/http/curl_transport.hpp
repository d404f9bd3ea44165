#pragma once
// libcurl's multi_socket interface as a transport: for TLS, and to check the other one against.

#include <cstdint>
#include <memory>
#include <optional>

#include "core/arm.hpp"
#include "core/time.hpp"
#include "http/endpoint.hpp"
#include "http/loop.hpp"
#include "http/loop_transport.hpp"

namespace abgate::http {

/// HTTP/1.1 with keep-alive. Connections idle for 4 s are not used again: servers close theirs at 5
/// s. A request whose reused connection turns out dead before the first byte is repeated by libcurl
/// on a fresh one; on_sent then comes again. Not thread-safe; the loop must outlive it.
class CurlTransport final : public LoopTransport, private Loop::Watcher {
 public:
  explicit CurlTransport(Loop& loop);
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  void set_endpoint(Arm arm, const Endpoint& endpoint) override;
  void set_pool_size(std::size_t connections) override;
  /// Takes effect in whole seconds, two at least.
  void set_max_idle(Duration limit) override;
  void set_events(load::TransferEvents* events) override;
  void start(load::RequestKey key, Arm arm, const std::string& request_id,
             std::string_view body) override;
  void cancel(load::RequestKey key) override;
  bool turn(TimePoint now) override;
  SocketHealth take_health(Arm arm) override;
  std::optional<TimePoint> next_turn() const override;

 private:
  struct Impl;
  void on_ready(int fd, bool readable, bool writable, bool error) override;

  std::unique_ptr<Impl> impl_;
};

}  // namespace abgate::http
