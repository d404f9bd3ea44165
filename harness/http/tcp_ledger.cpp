#include "http/tcp_ledger.hpp"

#include <linux/tcp.h>  // the C library's own tcp_info lacks the later fields
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <utility>

namespace abgate::http {

namespace {
TcpCounts operator-(const TcpCounts& a, const TcpCounts& b) {
  return {a.segments_out - b.segments_out, a.segments_in - b.segments_in,
          a.retransmits - b.retransmits, a.out_of_order - b.out_of_order, a.known};
}
}  // namespace

void add(TcpCounts& sum, const TcpCounts& more) {
  sum.segments_out += more.segments_out;
  sum.segments_in += more.segments_in;
  sum.retransmits += more.retransmits;
  sum.out_of_order += more.out_of_order;
  sum.known = sum.known || more.known;
}

std::optional<TcpCounts> read_tcp_counts(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  constexpr std::size_t kNeeded = offsetof(tcp_info, tcpi_segs_in) + sizeof info.tcpi_segs_in;
  if (size < kNeeded) return std::nullopt;
  // Linux tells of data received out of order since 5.4; before, it stays 0.
  return TcpCounts{info.tcpi_segs_out, info.tcpi_segs_in, info.tcpi_total_retrans,
                   info.tcpi_rcv_ooopack, true};
}

void TcpLedger::opened(int fd, Arm arm) {
  const auto slot = static_cast<std::size_t>(fd);
  if (sockets_.size() <= slot) sockets_.resize(slot + 64);
  sockets_[slot] = Socket{arm, {}};
}

void TcpLedger::book(int fd, Socket& socket) {
  const auto counts = read_tcp_counts(fd);
  if (!counts) return;
  add(sums_[index_of(socket.arm)], *counts - std::exchange(socket.booked, *counts));
}

void TcpLedger::closing(int fd) {
  const auto slot = static_cast<std::size_t>(fd);
  if (slot >= sockets_.size() || !sockets_[slot]) return;
  book(fd, *sockets_[slot]);
  sockets_[slot].reset();
}

std::optional<Arm> TcpLedger::arm_of(int fd) const {
  const auto slot = static_cast<std::size_t>(fd);
  if (slot >= sockets_.size() || !sockets_[slot]) return std::nullopt;
  return sockets_[slot]->arm;
}

TcpCounts TcpLedger::take(Arm arm) {
  for (std::size_t fd = 0; fd < sockets_.size(); ++fd) {
    if (sockets_[fd] && sockets_[fd]->arm == arm) book(static_cast<int>(fd), *sockets_[fd]);
  }
  return std::exchange(sums_[index_of(arm)], {});
}

}  // namespace abgate::http
