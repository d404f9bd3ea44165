#pragma once
// Plain HTTP/1.1 over our own sockets: what libcurl costs per event and per request is more than
// the rest of the client together, and short answers at high rates are what code completion is made
// of.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/arm.hpp"
#include "core/time.hpp"
#include "http/loop.hpp"
#include "http/loop_transport.hpp"
#include "http/tcp_ledger.hpp"

namespace abgate::http {

/// Keep-alive with a pool per arm, last used first. A connection idle for 4 s is closed when that
/// moment comes, and never used after it: servers close theirs at 5 s. Where descriptors or ports
/// run out, an idle connection of any arm makes room. A request whose reused connection turns out dead before the first byte is
/// written again, once, on a fresh one. One recv per wake-up of a socket: all its bytes share one
/// stamp. The endpoint must be http and have an address. Not thread-safe; the loop must outlive it.
class WireTransport final : public LoopTransport, private Loop::Watcher {
 public:
  explicit WireTransport(Loop& loop);
  ~WireTransport() override;
  WireTransport(const WireTransport&) = delete;
  WireTransport& operator=(const WireTransport&) = delete;

  void set_endpoint(Arm arm, const Endpoint& endpoint) override;
  void set_pool_size(std::size_t connections) override { pool_size_ = connections; }
  void set_max_idle(Duration limit) override { max_idle_ = limit; }
  void set_events(load::TransferEvents* events) override { events_ = events; }
  void start(load::RequestKey key, Arm arm, const std::string& request_id,
             std::string_view body) override;
  void cancel(load::RequestKey key) override;
  bool turn(TimePoint now) override;
  SocketHealth take_health(Arm arm) override;
  std::optional<TimePoint> next_turn() const override;

  /// Opens connections until `count` of the arm are there, so that none has to be opened later.
  /// Failures are left to the requests.
  void preconnect(Arm arm, std::size_t count);
  /// Connections that are being opened for no request in particular.
  std::size_t preconnecting() const { return preconnecting_; }

 private:
  struct ArmSlot;
  struct Request;
  struct Connection;
  struct Reading;
  struct ConnectDeadline {
    TimePoint at;
    int fd;
    std::uint64_t serial;
  };

  void on_ready(int fd, bool readable, bool writable, bool error) override;

  void begin(Request& request);
  void send_on_fresh(Request& request);
  Connection* take_idle(ArmSlot& arm);
  /// nullptr if that failed at once; then errno tells.
  Connection* open(ArmSlot& arm);
  void connected(Connection& connection);
  void send(Connection& connection, Request& request);
  void write(Connection& connection);
  void read(Connection& connection);
  void peer_closed(Connection& connection, int error);
  void response_over(Connection& connection);
  void connect_failed(Connection& connection, int error);
  void end(Request& request, const load::TransferEnd& end);
  void fail(Request& request, std::string what, std::string message, int error);
  void close(Connection& connection);
  void make_idle(Connection& connection);
  void retire(TimePoint now);
  bool close_one_idle();
  int open_socket(int family);
  Connection* find(int fd) const;

  Loop& loop_;
  load::TransferEvents* events_ = nullptr;
  std::size_t pool_size_ = SIZE_MAX;
  std::vector<std::unique_ptr<ArmSlot>> arms_;
  std::vector<std::unique_ptr<Connection>> connections_;  ///< by descriptor
  std::unordered_map<load::RequestKey, std::unique_ptr<Request>> requests_;
  std::vector<load::RequestKey> to_begin_;
  std::deque<ConnectDeadline> connect_deadlines_;  ///< ascending for each timeout
  std::vector<char> buffer_;                       ///< shared by all reads
  std::uint64_t serial_ = 0;
  std::size_t preconnecting_ = 0;
  TcpLedger ledger_;
  Duration max_idle_ = std::chrono::seconds(4);
  bool any_ended_ = false;
};

}  // namespace abgate::http
