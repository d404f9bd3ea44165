#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "catch.hpp"
#include "core/error.hpp"
#include "sim_fixture.hpp"
#include "vllmsim/server.hpp"
#include "source_dir.hpp"

using namespace abgate;
using namespace abgate::sim;
using namespace abgate::sim::test;

namespace {

/// A real server on loopback, stopped at the end.
class LiveServer {
 public:
  explicit LiveServer(const std::string& faults = "", Duration ttft = std::chrono::milliseconds(5),
                      Duration itl = std::chrono::milliseconds(2)) {
    ServiceSetup setup;
    setup.profile = exact_profile("null");
    setup.profile.fixed = FixedSpec{ttft, itl};
    setup.faults = parse_faults(faults);
    setup.now = [] { return abgate::now(); };
    setup.unix_seconds = [] { return kUnixSeconds; };
    setup.process = process_facts;
    service_ = std::make_unique<Service>(std::move(setup));
    ServerSetup where;
    where.exit_after = std::chrono::seconds(60);
    server_ = std::make_unique<Server>(where, *service_);
    thread_ = std::thread([this] { server_->run(); });
  }
  ~LiveServer() { stop(); }
  /// After this the service may be looked at.
  void stop() {
    if (!thread_.joinable()) return;
    server_->stop();
    thread_.join();
  }
  std::uint16_t port() const { return server_->port(); }
  const Service& service() const { return *service_; }

 private:
  std::unique_ptr<Service> service_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

/// A blocking client socket; every wait is bounded.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  bool connected() const { return connected_; }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }
  /// Reads until `end` was seen, the peer closed, or 20 s passed without a byte.
  std::string read_until(const std::string& end) {
    std::string out;
    char buffer[65536];
    while (end.empty() || out.find(end) == std::string::npos) {
      pollfd waiting{fd_, POLLIN, 0};
      if (::poll(&waiting, 1, 20'000) <= 0) break;
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n == 0) closed_ = true;
      if (n < 0) reset_ = true;
      if (n <= 0) break;
      out.append(buffer, static_cast<std::size_t>(n));
    }
    return out;
  }
  bool closed() const { return closed_; }
  bool was_reset() const { return reset_; }

 private:
  int fd_;
  bool connected_ = false, closed_ = false, reset_ = false;
};

std::string post(const std::string& body, const std::string& more = "") {
  return "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
         more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string stream_body(int tokens) {
  return R"({"prompt":"def add(a, b):","ignore_eos":true,"stream":true,"max_tokens":)" +
         std::to_string(tokens) + "}";
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

constexpr const char* kEnd = "data: [DONE]\n\n\r\n0\r\n\r\n";

}  // namespace

TEST_CASE("one connection serves several requests, streams and others") {
  LiveServer server;
  Client client(server.port());
  REQUIRE(client.connected());
  for (int i = 0; i < 3; ++i) {
    client.send(post(stream_body(5)));
    const std::string reply = client.read_until(kEnd);
    REQUIRE(reply.starts_with("HTTP/1.1 200 OK\r\ndate: "));
    REQUIRE(count(reply, "data: {") == 5);
    client.send("GET /version HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE_THAT(client.read_until("}"), ContainsSubstring("\"simulated\":true"));
  }
}

TEST_CASE("pipelined requests are answered in order") {
  LiveServer server;
  Client client(server.port());
  client.send(post(stream_body(3)) + "GET /load HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string both = client.read_until("server_load");
  REQUIRE(both.find("[DONE]") < both.find("server_load"));
}

TEST_CASE("a request that trickles in byte by byte is understood") {
  LiveServer server;
  Client client(server.port());
  for (const char c : post(stream_body(2))) client.send(std::string_view(&c, 1));
  REQUIRE(count(client.read_until(kEnd), "data: {") == 2);
}

TEST_CASE("connection: close is honoured and announced") {
  LiveServer server;
  Client client(server.port());
  client.send(post(stream_body(2), "Connection: close\r\n"));
  const std::string reply = client.read_until("");
  REQUIRE_THAT(reply, ContainsSubstring("connection: close\r\n"));
  REQUIRE(reply.ends_with(kEnd));
  REQUIRE(client.closed());
}

TEST_CASE("an idle connection is closed by the server, a fresh one is left alone") {
  LiveServer server;
  Client used(server.port()), fresh(server.port());
  used.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  used.read_until("\r\n\r\n");
  REQUIRE(used.read_until("").empty());  // returns at the close, after five seconds
  REQUIRE(used.closed());
  fresh.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(fresh.read_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
}

TEST_CASE("what is no HTTP gets uvicorn's answer") {
  LiveServer server;
  for (const std::string bytes :
       {"garbage\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n", "GET / HTTP/9\r\n\r\n"}) {
    Client client(server.port());
    client.send(bytes);
    const std::string reply = client.read_until("");
    REQUIRE(reply.starts_with("HTTP/1.1 400 Bad Request\r\n"));
    REQUIRE(reply.ends_with("Invalid HTTP request received."));
  }
}

TEST_CASE("a client that disconnects or half-closes is aborted") {
  LiveServer server("", std::chrono::milliseconds(5), std::chrono::milliseconds(50));
  Client leaves(server.port()), halves(server.port()), watcher(server.port());
  leaves.send(post(stream_body(100'000)));
  halves.send(post(stream_body(100'000)));
  leaves.read_until("data: {");
  halves.read_until("data: {");
  leaves.close();
  halves.half_close();
  halves.read_until("");
  REQUIRE((halves.closed() || halves.was_reset()));
  for (int i = 0; i < 200; ++i) {
    watcher.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string text = watcher.read_until("http_request_duration_seconds");
    if (text.find("vllm:num_requests_running{engine=\"0\",model_name=\"null\"} 0.0") !=
        std::string::npos)
      return;
    ::poll(nullptr, 0, 50);
  }
  FAIL("still running");
}

TEST_CASE("a planted reset is a reset, a planted cut is an end") {
  LiveServer resets("reset=1"), cuts("truncate=1");
  Client a(resets.port()), b(cuts.port());
  a.send(post(stream_body(40)));
  REQUIRE(a.read_until("").find("[DONE]") == std::string::npos);
  REQUIRE(a.was_reset());
  b.send(post(stream_body(40), "Connection: close\r\n"));
  REQUIRE(b.read_until("").find("[DONE]") == std::string::npos);
  REQUIRE(b.closed());
}

TEST_CASE("large bodies are taken, with and without Expect: 100-continue") {
  LiveServer server;
  const std::string body = R"({"prompt":")" + std::string(3'000'000, 'x') + R"(","max_tokens":1})";
  Client plain(server.port());
  plain.send(post(body));
  REQUIRE_THAT(plain.read_until("}}"), ContainsSubstring("maximum context length"));
  Client polite(server.port());
  const std::string all = post(body, "Expect: 100-continue\r\n");
  const std::size_t head = all.find("\r\n\r\n") + 4;
  polite.send(std::string_view(all).substr(0, head));
  REQUIRE(polite.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  polite.send(std::string_view(all).substr(head));
  REQUIRE_THAT(polite.read_until("}}"), ContainsSubstring("maximum context length"));
}

TEST_CASE("many streams at once all get all their tokens") {
  LiveServer server("", std::chrono::milliseconds(20), std::chrono::milliseconds(5));
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<Client>(server.port()));
    clients.back()->send(post(stream_body(30)));
  }
  for (const auto& client : clients) REQUIRE(count(client->read_until(kEnd), "data: {") == 30);
}

TEST_CASE("a port in use and a certificate that is none are refused with one line") {
  LiveServer server;
  ServiceSetup setup;
  setup.profile = exact_profile("null");
  setup.now = [] { return abgate::now(); };
  setup.unix_seconds = [] { return kUnixSeconds; };
  setup.process = process_facts;
  Service service(std::move(setup));
  ServerSetup taken;
  taken.port = server.port();
  REQUIRE_THROWS_WITH(Server(taken, service),
                      ContainsSubstring("cannot listen: Address already in use; want a free port"));
  ServerSetup tls;
  tls.tls_cert = tls.tls_key = source_dir() + "/scenarios/sim/null.yaml";
  REQUIRE_THROWS_WITH(Server(tls, service), ContainsSubstring("want a certificate chain (PEM)"));
  ServerSetup host;
  host.host = "not-an-address";
  REQUIRE_THROWS_AS(Server(host, service), abgate::Error);
}
