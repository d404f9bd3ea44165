// What the engine learns of its sockets: the kernel's counts, waiting bytes, and idle ones retired.

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "http/engine_rig.hpp"
#include "http/loop.hpp"
#include "http/tcp_ledger.hpp"
#include "http/wire_transport.hpp"

namespace abgate::http {
namespace {

int listen_on_loopback(int backlog, sockaddr_in& address) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(listen(fd, backlog) == 0);
  REQUIRE(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return fd;
}

int connect_to(const sockaddr_in& address, int flags = 0) {
  const int fd = socket(AF_INET, SOCK_STREAM | flags, 0);
  const int result = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  REQUIRE((result == 0 || errno == EINPROGRESS));
  return fd;
}

TEST_CASE("the kernel's counts of a socket are those since the last look") {
  sockaddr_in address{};
  const int listener = listen_on_loopback(8, address);
  const int fd = connect_to(address);
  const int peer = accept(listener, nullptr, nullptr);
  TcpLedger ledger;
  ledger.opened(fd, Arm::candidate);
  CHECK(ledger.arm_of(fd) == Arm::candidate);
  CHECK_FALSE(ledger.arm_of(fd + 1000));
  const TcpCounts first = ledger.take(Arm::candidate);
  REQUIRE(first.known);
  CHECK(first.segments_out >= 2);  // the handshake
  CHECK(ledger.take(Arm::candidate).segments_out == 0);
  CHECK_FALSE(ledger.take(Arm::baseline).known);
  char byte = 'x';
  REQUIRE(send(peer, &byte, 1, 0) == 1);
  REQUIRE(recv(fd, &byte, 1, 0) == 1);
  ledger.closing(fd);
  close(fd);
  const TcpCounts rest = ledger.take(Arm::candidate);
  CHECK(rest.segments_in >= 1);
  CHECK(rest.retransmits == 0);
  CHECK(ledger.take(Arm::candidate) == TcpCounts{});
  ledger.closing(fd);  // unknown by now
  close(peer);
  close(listener);
}

TEST_CASE("a segment that has to be sent again is counted") {
  sockaddr_in address{};
  const int listener = listen_on_loopback(0, address);
  // Nobody accepts: the second or third handshake gets no answer, and its SYN is repeated after 1 s.
  std::array<int, 4> fds{};
  TcpLedger ledger;
  for (int& fd : fds) {
    fd = connect_to(address, SOCK_NONBLOCK);
    ledger.opened(fd, Arm::baseline);
  }
  std::uint64_t repeated = 0;
  for (int i = 0; i < 50 && repeated == 0; ++i) {
    fakes::wait(100ms);
    repeated = ledger.take(Arm::baseline).retransmits;
  }
  CHECK(repeated >= 1);
  for (const int fd : fds) close(fd);
  close(listener);
}

TEST_CASE("a descriptor that is no TCP socket tells nothing") {
  CHECK_FALSE(read_tcp_counts(-1));
  CHECK_FALSE(read_tcp_counts(0));
}

TEST_CASE("a cell's health has its sockets, by arm") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer few(fakes::stream_script(4));
  HttpServer many(fakes::stream_script(400));
  EngineRig rig(few.url(), many.url());
  rig.requests(0, 10, 2);
  const std::array<Arm, 2> arms{Arm::baseline, Arm::candidate};
  const auto cells = rig.run(arms);
  const CellHealth &a = cells.at(0).health, &b = cells.at(1).health;
  REQUIRE(a.tcp.known);
  REQUIRE(b.tcp.known);
  CHECK(a.tcp.segments_out >= 10);
  CHECK(b.tcp.segments_in > a.tcp.segments_in);
  CHECK(b.receive_queue_max > 0);
  CHECK(b.receive_queue_max >= b.receive_queue_p99);
  CHECK(a.recorder_stalls == 0);
  const TcpCounts before = a.tcp;
  const auto again = rig.run(arms);  // connections are kept: no handshakes, and nothing counted twice
  CHECK(again.at(0).health.tcp.known);
  CHECK(again.at(0).health.tcp.segments_out < 2 * before.segments_out);
}

TEST_CASE("a connection is not used once it was idle for the limit, however long the server keeps it") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(fakes::stream_script(2));
  EngineRig rig(server.url());
  rig.engine = std::make_unique<Engine>(
      rig.scenario, EngineOptions{.nonce = 1, .libcurl_only = EngineRig::libcurl_only, .max_idle = 2s});
  rig.requests(0, 3, 1);
  rig.run();
  const std::size_t used = server.connections();
  rig.run();
  CHECK(server.connections() == used);
  fakes::wait(2100ms);
  const CellRecord record = rig.run();
  CHECK(server.connections() == used + 1);
  for (const auto& r : record.requests) CHECK(succeeded(r.outcome));
  CHECK(record.health.stale_retries == 0);
}

TEST_CASE("an idle connection is closed when its time is over, not a second later") {
  std::atomic<bool> gone{false};
  HttpServer server([&](Connection& c) { gone = c.peer_closes(5s); });
  Loop loop;
  WireTransport wire(loop);
  ArmConfig arm;
  arm.url = server.url();
  Endpoint endpoint = make_endpoint(arm, Api::completions, {});
  endpoint.address = "127.0.0.1";
  wire.set_endpoint(Arm::baseline, endpoint);
  wire.set_max_idle(100ms);
  wire.preconnect(Arm::baseline, 1);
  const TimePoint end = now() + 10s;
  std::optional<TimePoint> asked;
  TimePoint idle_since{};
  loop.run([&](TimePoint at) -> std::optional<TimePoint> {
    wire.turn(at);
    if (gone || at >= end) return std::nullopt;
    if (wire.preconnecting() == 0 && idle_since == TimePoint{}) {
      idle_since = at;
      asked = wire.next_turn();
    }
    return std::min(wire.next_turn().value_or(TimePoint::max()), at + 5ms);
  });
  REQUIRE(gone);
  REQUIRE(asked);  // wakes for it by itself, at its moment
  CHECK(*asked <= idle_since + 100ms);
}

TEST_CASE("an idle connection makes room where descriptors run out") {
  HttpServer first(fakes::stream_script(2));
  HttpServer second(fakes::stream_script(2));
  EngineRig::libcurl_only = false;
  EngineRig rig(first.url(), second.url());
  rig.requests(0, 40, 40);
  const std::array<Arm, 1> a{Arm::baseline}, b{Arm::candidate};
  rig.run(a);  // leaves 40 idle connections
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int probe = dup(0);
  close(probe);
  // The servers of this test take descriptors of the same process: room for them, and for few more.
  const rlimit few{.rlim_cur = static_cast<rlim_t>(probe) + 60, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  const CellRecord record = rig.run(b).at(0);
  setrlimit(RLIMIT_NOFILE, &before);
  for (const auto& r : record.requests) CHECK(succeeded(r.outcome));
}

}  // namespace
}  // namespace abgate::http
