#pragma once
// The transport of each arm: plain sockets for http, libcurl for https.

#include <array>

#include "http/curl_transport.hpp"
#include "http/loop.hpp"
#include "http/loop_transport.hpp"
#include "http/wire_transport.hpp"

namespace abgate::http {

/// One transport in front of two. The loop's thread only.
class ArmTransports final : public LoopTransport {
 public:
  /// `libcurl_only`: for every arm; to compare the two.
  ArmTransports(Loop& loop, bool libcurl_only);

  void set_endpoint(Arm arm, const Endpoint& endpoint) override;
  void set_pool_size(std::size_t connections) override;
  void set_max_idle(Duration limit) override;
  void set_events(load::TransferEvents* events) override;
  void start(load::RequestKey key, Arm arm, const std::string& request_id,
             std::string_view body) override;
  void cancel(load::RequestKey key) override;
  bool turn(TimePoint now) override;
  SocketHealth take_health(Arm arm) override;
  std::optional<TimePoint> next_turn() const override;

  /// Opens connections ahead where that is possible; see WireTransport.
  void preconnect(Arm arm, std::size_t count);
  bool preconnecting() const { return wire_.preconnecting() > 0; }

 private:
  bool on_wire(Arm arm) const { return wired_[index_of(arm)]; }

  bool libcurl_only_;
  WireTransport wire_;
  CurlTransport curl_;
  std::array<bool, kArmCount> wired_{};
};

}  // namespace abgate::http
