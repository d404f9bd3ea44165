#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine_rig.hpp"

namespace abgate::http {

namespace {
/// Answers one request in a connection with raw bytes and closes.
HttpServer::Script raw(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& c) {
    if (c.read_request()) c.send(bytes);
  };
}
std::string chunked(const std::string& text) {
  return fmt::format("{:x}\r\n{}\r\n", text.size(), text);
}
/// Listens and never accepts; the kernel completes as many connections as the queue takes.
class DeafListener {
 public:
  explicit DeafListener(int queue) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto* raw_address = reinterpret_cast<sockaddr*>(&address_);
    REQUIRE(bind(fd_, raw_address, size) == 0);
    REQUIRE(getsockname(fd_, raw_address, &size) == 0);
    REQUIRE(listen(fd_, queue) == 0);
  }
  ~DeafListener() { close(fd_); }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", ntohs(address_.sin_port)); }
  int connect_to() const {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    static_cast<void>(connect(fd, reinterpret_cast<const sockaddr*>(&address_), sizeof address_));
    return fd;
  }

 private:
  int fd_;
  sockaddr_in address_{};
};

const std::string kStreamHead =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
}  // namespace

TEST_CASE("nobody listens: connect") {
  EngineRig::libcurl_only = GENERATE(false, true);
  EngineRig rig("http://127.0.0.1:" + std::to_string(fakes::unused_port()));
  REQUIRE_THAT(rig.outcome(),
               ContainsSubstring("transport_error connect: ") && ContainsSubstring("refused"));
}

TEST_CASE("a name that nobody knows: dns") {
  EngineRig::libcurl_only = GENERATE(false, true);
  EngineRig rig("http://no-such-host.invalid:8000");
  REQUIRE_THAT(rig.outcome(), ContainsSubstring("transport_error dns: "));
}

TEST_CASE("a certificate that nobody signed: tls; with its CA or insecure it works") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(fakes::stream_script(3), true);
  {
    EngineRig rig(server.url());
    REQUIRE_THAT(rig.outcome(), ContainsSubstring("transport_error tls: "));
  }
  {
    EngineRig rig(server.url());
    rig.scenario.baseline.tls.ca_file = server.ca_file();
    REQUIRE(rig.outcome() == "completed stop");
  }
  {
    EngineRig rig(server.url());
    rig.scenario.baseline.tls.insecure = true;
    rig.requests(2, 20, 2);
    const CellRecord record = rig.run();
    for (const auto& r : record.requests) REQUIRE(succeeded(r.outcome));
  }
}

TEST_CASE("a listener whose queue is full: connect timeout") {
  EngineRig::libcurl_only = GENERATE(false, true);
  const DeafListener listener(0);
  std::vector<int> fillers;  // the queue takes one or two, further SYNs are dropped
  for (int i = 0; i < 4; ++i) fillers.push_back(listener.connect_to());
  EngineRig rig(listener.url());
  rig.scenario.timeouts.connect = 200ms;
  REQUIRE(rig.outcome() == "timed_out connect");
  for (const int filler : fillers) close(filler);
}

TEST_CASE("a reset in the middle of a stream: reset, and what came before is kept") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server([](Connection& c) {
    c.read_request();
    c.begin_stream();
    c.chunk(fakes::token_event("abc"));
    c.pause(50ms);
    c.reset();
  });
  EngineRig rig(server.url());
  rig.requests(0, 1, 1);
  const CellRecord record = rig.run();
  REQUIRE_THAT(describe(record.requests.at(0).outcome),
               ContainsSubstring("transport_error reset: "));
  REQUIRE(record.requests[0].text == "abc");
}

TEST_CASE("an orderly close in the middle of a stream: truncated") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(raw(kStreamHead + chunked(fakes::token_event("abc"))));
  EngineRig rig(server.url());
  REQUIRE_THAT(rig.outcome(), ContainsSubstring("stream_error truncated"));
}

TEST_CASE("half a chunk and half an event: truncated") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(raw(kStreamHead + "40\r\ndata: {\"choi"));
  EngineRig rig(server.url());
  REQUIRE_THAT(rig.outcome(), ContainsSubstring("stream_error"));
}

TEST_CASE("a stream that ends cleanly without DONE counts if it has its finish reason") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer with_reason(
      raw(kStreamHead + chunked(fakes::token_event("a", "length")) + "0\r\n\r\n"));
  HttpServer without(raw(kStreamHead + chunked(fakes::token_event("a")) + "0\r\n\r\n"));
  REQUIRE(EngineRig(with_reason.url()).outcome() == "completed length");
  REQUIRE_THAT(EngineRig(without.url()).outcome(), ContainsSubstring("stream_error truncated"));
}

TEST_CASE("a body that only the close ends is read to its end") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(raw("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" +
                        fakes::token_event("a", "stop") + std::string(fakes::kDoneEvent)));
  REQUIRE(EngineRig(server.url()).outcome() == "completed stop");
}

TEST_CASE("a broken chunk header: protocol") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(raw(kStreamHead + "zz\r\ndata: x\r\n"));
  REQUIRE_THAT(EngineRig(server.url()).outcome(), ContainsSubstring("transport_error protocol: "));
}

TEST_CASE("another protocol on the port: protocol") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(raw("SSH-2.0-OpenSSH_9.2\r\n"));
  REQUIRE_THAT(EngineRig(server.url()).outcome(), ContainsSubstring("transport_error protocol: "));
}

TEST_CASE("a close without any answer on a fresh connection: reset") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server([](Connection& c) { c.read_request(); });
  REQUIRE_THAT(EngineRig(server.url()).outcome(), ContainsSubstring("transport_error reset: "));
}

TEST_CASE("statuses other than 200 keep their own words") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server([](Connection& c) {
    while (c.read_request()) {
      c.send_status(401, "application/json", "{\"error\":\"Unauthorized\"}");
    }
  });
  REQUIRE_THAT(EngineRig(server.url()).outcome(),
               ContainsSubstring("http_error 401") && ContainsSubstring("Unauthorized"));
}

TEST_CASE("a 100 before the answer is not the answer") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(raw("HTTP/1.1 100 Continue\r\n\r\n" + kStreamHead +
                        chunked(fakes::token_event("a", "stop")) + "0\r\n\r\n"));
  REQUIRE(EngineRig(server.url()).outcome() == "completed stop");
}

TEST_CASE("headers that never come: first-token timeout") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server([](Connection& c) {
    c.read_request();
    c.pause(5s);
  });
  EngineRig rig(server.url());
  rig.scenario.timeouts.first_token = 100ms;
  REQUIRE(rig.outcome() == "timed_out first_token");
}

TEST_CASE("headers at once and no token: first-token timeout, and the connection is closed") {
  EngineRig::libcurl_only = GENERATE(false, true);
  std::atomic<bool> closed{false};
  {
    HttpServer server([&](Connection& c) {
      c.read_request();
      c.begin_stream();
      c.chunk(": ping\n\n");
      closed = c.peer_closes(5s);
    });
    EngineRig rig(server.url());
    rig.scenario.timeouts.first_token = 100ms;
    REQUIRE(rig.outcome() == "timed_out first_token");
  }
  REQUIRE(closed);
}

TEST_CASE("silence after the first token: idle timeout") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server([](Connection& c) {
    c.read_request();
    c.begin_stream();
    c.chunk(fakes::token_event("a"));
    c.pause(5s);
  });
  EngineRig rig(server.url());
  rig.scenario.timeouts.idle = 100ms;
  REQUIRE(rig.outcome() == "timed_out idle");
}

TEST_CASE("a server that closes idle connections costs a retry on a fresh one, not a failure") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server([](Connection& c) {
    c.read_request();
    c.begin_stream();
    c.chunk(fakes::token_event("a", "stop"));
    c.chunk(fakes::kDoneEvent);
    c.end_stream();
    if (c.number() % 2 == 0) {
      if (c.read_request()) c.close();  // takes the second request and hangs up
    }
  });
  EngineRig rig(server.url());
  rig.requests(0, 4, 1);
  const CellRecord record = rig.run();
  for (const auto& r : record.requests) {
    CAPTURE(describe(r.outcome));
    REQUIRE(succeeded(r.outcome));
  }
  REQUIRE(record.health.stale_retries >= 1);
  REQUIRE_FALSE(record.requests.at(1).stream.reused_connection);
}

TEST_CASE("connections that the server closed between cells are noticed before they are used") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server([](Connection& c) {
    c.read_request();
    c.begin_stream();
    c.chunk(fakes::token_event("a", "stop"));
    c.chunk(fakes::kDoneEvent);
    c.end_stream();
    c.pause(20ms);
  });
  EngineRig rig(server.url());
  rig.requests(0, 3, 3);
  for (int cell = 0; cell < 3; ++cell) {
    const CellRecord record = rig.run();
    for (const auto& r : record.requests) REQUIRE(succeeded(r.outcome));
    REQUIRE(record.health.stale_retries == 0);
    fakes::wait(150ms);
  }
}

TEST_CASE("an answer before the request was read ends the request, whatever it says") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server([](Connection& c) {
    c.send_status(413, "application/json", "{\"error\":\"too large\"}");
    c.pause(50ms);
  });
  EngineRig rig(server.url());
  rig.plan.prompts[0].text = std::string(20'000'000, 'p');
  REQUIRE_THAT(rig.outcome(),
               ContainsSubstring("http_error 413") || ContainsSubstring("transport_error"));
}

TEST_CASE("a name with several addresses is pinned to the one that answers") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(fakes::stream_script(2));
  EngineRig rig("http://localhost:" + std::to_string(server.port()));
  REQUIRE(rig.outcome() == "completed stop");
  REQUIRE(rig.engine->address(Arm::baseline) == "127.0.0.1");
}

TEST_CASE("connection: close is obeyed") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(
      raw("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n"
          "transfer-encoding: chunked\r\n\r\n" +
          chunked(fakes::token_event("a", "stop")) + "0\r\n\r\n"));
  EngineRig rig(server.url());
  rig.requests(0, 5, 1);
  const CellRecord record = rig.run();
  for (const auto& r : record.requests) {
    REQUIRE(succeeded(r.outcome));
    if (r.planned.index > 0) REQUIRE_FALSE(r.stream.reused_connection);
  }
  REQUIRE(record.health.stale_retries == 0);
  REQUIRE(server.connections() == 5);
}

TEST_CASE("one arm's endpoint down does not disturb the other") {
  EngineRig::libcurl_only = GENERATE(false, true);
  HttpServer server(fakes::stream_script(3));
  EngineRig rig("http://127.0.0.1:" + std::to_string(fakes::unused_port()), server.url());
  rig.requests(0, 20, 2);
  const std::array<Arm, 2> arms{Arm::baseline, Arm::candidate};
  const auto cells = rig.run(arms);
  for (const auto& r : cells.at(0).requests) {
    REQUIRE(outcome_class(r.outcome) == "transport_error");
    REQUIRE(counts_as_attempt(r.outcome));
  }
  for (const auto& r : cells.at(1).requests) REQUIRE(succeeded(r.outcome));
}

TEST_CASE("running out of descriptors is our own fault and said so") {
  EngineRig::libcurl_only = GENERATE(false, true);
  const DeafListener listener(100);
  EngineRig rig(listener.url());
  rig.scenario.timeouts.first_token = 50ms;
  rig.requests(0, 40, 40);
  rig.engine = std::make_unique<Engine>(rig.scenario);  // raises the limit
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int probe = dup(0);
  close(probe);
  const rlimit few{.rlim_cur = static_cast<rlim_t>(probe) + 10, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  const CellRecord record = rig.run();
  setrlimit(RLIMIT_NOFILE, &before);
  std::size_t ours = 0;
  for (const auto& r : record.requests) {
    const auto* error = std::get_if<TransportError>(&r.outcome);
    if (!error) continue;
    REQUIRE(error->ours);
    REQUIRE_THAT(error->message, ContainsSubstring("Too many open files"));
    REQUIRE_FALSE(counts_as_attempt(r.outcome));
    ++ours;
  }
  REQUIRE(ours >= 30);
  REQUIRE(ours < 40);
}

TEST_CASE("random garbage instead of answers never upsets the engine") {
  EngineRig::libcurl_only = GENERATE(false, true);
  std::atomic<std::uint64_t> seed{1};
  HttpServer server([&](Connection& c) {
    std::uint64_t state = seed++ * 0x9E3779B97F4A7C15ULL;
    c.read_request();
    std::string bytes = state % 3 == 0 ? kStreamHead : state % 3 == 1 ? "HTTP/1.1 200 OK\r\n" : "";
    for (int i = 0; i < 300; ++i) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      bytes += static_cast<char>(state >> 56U);
    }
    c.send(bytes);
  });
  EngineRig rig(server.url());
  rig.requests(0, 60, 4);
  const CellRecord record = rig.run();
  REQUIRE(record.requests.size() == 60);
  for (const auto& r : record.requests) REQUIRE_FALSE(succeeded(r.outcome));
}

}  // namespace abgate::http
