#pragma once
// What a WireTransport keeps about arms, requests and connections. Only wire_transport.cpp includes
// this.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "http/log_histogram.hpp"
#include "http/response_parser.hpp"
#include "http/wire_transport.hpp"

namespace abgate::http {

struct WireTransport::ArmSlot {
  union Address {
    sockaddr generic;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };

  ArmSlot() = default;
  ArmSlot(Arm the_arm, const Endpoint& endpoint)
      : arm(the_arm), authority(endpoint.url.authority()), connect_timeout(endpoint.connect_timeout) {
    head = fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\n", endpoint.url.path, authority);
    for (const auto& header : endpoint.headers) head += header + "\r\n";
    set_address(endpoint.address, endpoint.url.port);
  }

  void set_address(const std::string& text, std::uint16_t port) {
    if (inet_pton(AF_INET, text.c_str(), &address.v4.sin_addr) == 1) {
      address.v4.sin_family = AF_INET;
      address.v4.sin_port = htons(port);
      address_size = sizeof address.v4;
    } else {
      // A scoped address ("fe80::1%eth0") keeps its digits only.
      const std::string plain = text.substr(0, text.find('%'));
      address.v6 = {};
      const int ok = inet_pton(AF_INET6, plain.c_str(), &address.v6.sin6_addr);
      ABGATE_ASSERT(ok == 1);
      address.v6.sin6_family = AF_INET6;
      address.v6.sin6_port = htons(port);
      address_size = sizeof address.v6;
    }
  }

  Arm arm = Arm::baseline;
  std::string head;  ///< of every request, up to what is its own
  std::string authority;
  Address address{};
  socklen_t address_size = 0;
  Duration connect_timeout{};
  std::deque<int> idle;  ///< descriptors, last used at the back
  std::size_t open = 0;  ///< connections, those being opened included
  LogHistogram reads;    ///< bytes that a read found waiting
};

struct WireTransport::Request {
  load::RequestKey key = 0;
  ArmSlot* arm = nullptr;
  Connection* connection = nullptr;
  std::string head;
  std::string_view body;
  std::size_t written = 0;  ///< of head and body together
  TimePoint began_connect{};
  int status = 0;
  bool on_reused = false;  ///< the connection was ready before
  bool answered = false;   ///< a byte of the answer came
  bool repeated = false;

  /// What is still to be written; returns the number of parts used.
  std::size_t rest(std::array<iovec, 2>& parts) const {
    std::size_t n = 0;
    if (written < head.size()) {
      parts[n++] = {const_cast<char*>(head.data()) + written, head.size() - written};
    }
    const std::size_t skip = written > head.size() ? written - head.size() : 0;
    if (skip < body.size()) {
      parts[n++] = {const_cast<char*>(body.data()) + skip, body.size() - skip};
    }
    return n;
  }
};

struct WireTransport::Connection {
  enum class State { connecting, busy, idle };

  Connection(int the_fd, ArmSlot& the_arm, std::uint64_t the_serial)
      : fd(the_fd), arm(&the_arm), serial(the_serial) {}

  int fd;
  ArmSlot* arm;
  std::uint64_t serial;  ///< tells it from an earlier one with the same descriptor
  State state = State::connecting;
  Request* request = nullptr;
  bool ready_before = false;  ///< was idle in the pool, or carried a request already
  bool wants_write = false;
  TimePoint idle_since{};
  std::string held;  ///< read, and of no use to the parser yet
  ResponseParser parser;
};

}  // namespace abgate::http
