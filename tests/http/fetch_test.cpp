#include "http/fetch.hpp"

#include "catch.hpp"
#include "core/error.hpp"
#include "fakes/http_server.hpp"

namespace abgate::http {

namespace {
using namespace std::chrono_literals;
using fakes::Connection;
using fakes::HttpServer;

std::string failure(const FetchRequest& request) {
  try {
    static_cast<void>(fetch(request));
  } catch (const Error& e) {
    REQUIRE(e.code() == ExitCode::unavailable);
    REQUIRE(std::string(e.what()).find('\n') == std::string::npos);
    return e.what();
  }
  return "no failure";
}

FetchRequest get(std::string url) {
  FetchRequest request;
  request.url = std::move(url);
  return request;
}
}  // namespace

TEST_CASE("a GET brings status, headers in lower case, body and address") {
  HttpServer server([](Connection& c) {
    const auto request = c.read_request();
    c.send("HTTP/1.1 200 OK\r\nX-Thing:  a b \r\nContent-Length: 3\r\n\r\nabc");
    REQUIRE(request->method == "GET");
    REQUIRE(request->path == "/metrics");
  });
  const FetchResponse response = fetch(get(server.url() + "/metrics"));
  REQUIRE(response.status == 200);
  REQUIRE(response.body == "abc");
  REQUIRE(response.header("x-thing") == "a b");
  REQUIRE(response.header("nothing").empty());
  REQUIRE(response.address == "127.0.0.1");
}

TEST_CASE("a POST to an arm carries its key, headers and body") {
  std::string seen_auth, seen_type, seen_body, seen_team, seen_expect;
  HttpServer server([&](Connection& c) {
    const auto request = c.read_request();
    seen_auth = request->header("authorization");
    seen_type = request->header("content-type");
    seen_team = request->header("x-team");
    seen_expect = request->header("expect");
    seen_body = request->body;
    c.send_status(404, "application/json", "{}");
  });
  ArmConfig arm;
  arm.api_key = "k1";
  arm.headers = {{"X-Team", "red"}};
  const std::string big(2'000'000, 'x');
  const FetchResponse response = fetch(request_to(arm, server.url() + "/tokenize", big));
  REQUIRE(response.status == 404);
  REQUIRE(seen_auth == "Bearer k1");
  REQUIRE(seen_type == "application/json");
  REQUIRE(seen_team == "red");
  REQUIRE(seen_expect.empty());
  REQUIRE(seen_body == big);
}

TEST_CASE("each way to fail has its own line and a next step") {
  const std::string refused =
      failure(get("http://127.0.0.1:" + std::to_string(fakes::unused_port()) + "/health"));
  REQUIRE_THAT(refused, ContainsSubstring("cannot connect to http://127.0.0.1") &&
                            ContainsSubstring("is the server running? try: curl -v http://"));
  const std::string dns = failure(get("http://no-such-host.invalid/health"));
  REQUIRE_THAT(dns, ContainsSubstring("cannot resolve the host of http://no-such-host.invalid/") &&
                        ContainsSubstring("getent hosts no-such-host.invalid"));
}

TEST_CASE("a server that answers too slowly is a timeout") {
  HttpServer server([](Connection& c) {
    c.read_request();
    c.pause(5s);
  });
  FetchRequest request = get(server.url() + "/x");
  request.timeout = 100ms;
  REQUIRE_THAT(failure(request),
               ContainsSubstring("no complete answer from") && ContainsSubstring("within 0.1 s"));
}

TEST_CASE("a connection that is never accepted is a connect timeout") {
  // 192.0.2.0/24 is reserved for documentation: packets to it are dropped or refused on the way.
  FetchRequest request = get("http://192.0.2.1:9/health");
  request.connect_timeout = 100ms;
  REQUIRE_THAT(failure(request), ContainsSubstring("cannot connect to http://192.0.2.1:9/health"));
}

TEST_CASE("an unknown certificate is a TLS failure, unless its CA is named or it is asked for") {
  HttpServer server(
      [](Connection& c) {
        if (c.read_request()) c.send_status(200, "text/plain", "ok");
      },
      true);
  FetchRequest request = get(server.url() + "/health");
  REQUIRE_THAT(failure(request),
               ContainsSubstring("TLS failure with https://") && ContainsSubstring("tls.ca_file"));
  request.tls.ca_file = server.ca_file();
  REQUIRE(fetch(request).body == "ok");
  request.tls.ca_file.clear();
  request.tls.insecure = true;
  REQUIRE(fetch(request).body == "ok");
}

TEST_CASE("garbage and cut answers get one clear line") {
  HttpServer garbage([](Connection& c) {
    c.read_request();
    c.send("SSH-2.0-OpenSSH_9.2\r\n");
    c.close();
  });
  REQUIRE_THAT(failure(get(garbage.url() + "/x")), ContainsSubstring("no valid answer from"));
  HttpServer cut([](Connection& c) {
    c.read_request();
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    c.close();
  });
  REQUIRE_THAT(failure(get(cut.url() + "/x")), ContainsSubstring("no valid answer from"));
  HttpServer silent([](Connection& c) { c.read_request(); });
  REQUIRE_THAT(failure(get(silent.url() + "/x")), ContainsSubstring("no valid answer from"));
}

TEST_CASE("an answer without end is refused") {
  HttpServer server([](Connection& c) {
    c.read_request();
    c.send("HTTP/1.1 200 OK\r\n\r\n");
    const std::string block(1U << 20U, 'x');
    while (c.send(block)) {
    }
  });
  REQUIRE_THAT(failure(get(server.url() + "/x")), ContainsSubstring("is larger than 64 MiB"));
}

TEST_CASE("a query is not shown in messages") {
  const std::string url =
      "http://127.0.0.1:" + std::to_string(fakes::unused_port()) + "/health?token=secret";
  REQUIRE_THAT(failure(get(url)), !ContainsSubstring("secret"));
}

TEST_CASE("what is no URL is a bad scenario") {
  REQUIRE_THROWS_AS(fetch(get("nonsense")), Error);
}

}  // namespace abgate::http
