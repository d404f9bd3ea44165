#include "http/arm_transports.hpp"

#include <algorithm>

namespace abgate::http {

ArmTransports::ArmTransports(Loop& loop, bool libcurl_only)
    : libcurl_only_(libcurl_only), wire_(loop), curl_(loop) {}

// A host that did not resolve goes to libcurl, which says so for every request.
void ArmTransports::set_endpoint(Arm arm, const Endpoint& endpoint) {
  const bool wired = !libcurl_only_ && !endpoint.url.tls() && !endpoint.address.empty();
  wired_[index_of(arm)] = wired;
  if (wired) {
    wire_.set_endpoint(arm, endpoint);
  } else {
    curl_.set_endpoint(arm, endpoint);
  }
}

void ArmTransports::set_pool_size(std::size_t connections) {
  wire_.set_pool_size(connections);
  curl_.set_pool_size(connections);
}

void ArmTransports::set_max_idle(Duration limit) {
  wire_.set_max_idle(limit);
  curl_.set_max_idle(limit);
}

SocketHealth ArmTransports::take_health(Arm arm) {
  return on_wire(arm) ? wire_.take_health(arm) : curl_.take_health(arm);
}

void ArmTransports::set_events(load::TransferEvents* events) {
  wire_.set_events(events);
  curl_.set_events(events);
}

void ArmTransports::start(load::RequestKey key, Arm arm, const std::string& request_id,
                          std::string_view body) {
  if (on_wire(arm)) {
    wire_.start(key, arm, request_id, body);
  } else {
    curl_.start(key, arm, request_id, body);
  }
}

void ArmTransports::cancel(load::RequestKey key) {
  wire_.cancel(key);
  curl_.cancel(key);
}

bool ArmTransports::turn(TimePoint now) {
  const bool wire = wire_.turn(now);
  const bool curl = curl_.turn(now);
  return wire || curl;
}

std::optional<TimePoint> ArmTransports::next_turn() const {
  const auto wire = wire_.next_turn();
  const auto curl = curl_.next_turn();
  return wire && curl ? std::min(*wire, *curl) : wire ? wire : curl;
}

void ArmTransports::preconnect(Arm arm, std::size_t count) {
  if (on_wire(arm)) wire_.preconnect(arm, count);
}

}  // namespace abgate::http
