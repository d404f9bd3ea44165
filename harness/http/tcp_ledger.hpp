#pragma once
// What the kernel counts on our sockets, by arm and by cell.

#include <array>
#include <optional>
#include <vector>

#include "core/arm.hpp"
#include "core/record.hpp"

namespace abgate::http {

/// TCP_INFO of a socket: counts since its connection began. nullopt: no TCP socket, or a kernel that
/// does not tell.
std::optional<TcpCounts> read_tcp_counts(int fd);

/// Adds what was counted elsewhere; known if either is.
void add(TcpCounts& sum, const TcpCounts& more);

/// Sums the counts of an arm's sockets over a span of time, however many open and close in it. One
/// system call a socket and span, none a request. Not thread-safe.
class TcpLedger {
 public:
  void opened(int fd, Arm arm);
  /// Books a socket that is about to be closed. Unknown ones are ignored.
  void closing(int fd);
  std::optional<Arm> arm_of(int fd) const;
  /// What was counted since the last take() of that arm.
  TcpCounts take(Arm arm);

 private:
  struct Socket {
    Arm arm;
    TcpCounts booked;
  };
  void book(int fd, Socket& socket);

  std::vector<std::optional<Socket>> sockets_;  ///< by descriptor
  std::array<TcpCounts, kArmCount> sums_{};
};

}  // namespace abgate::http
