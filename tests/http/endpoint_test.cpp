#include "http/endpoint.hpp"

#include <algorithm>

#include "catch.hpp"
#include "core/error.hpp"

namespace abgate::http {

TEST_CASE("API URLs are the same for a base with and without v1, and with slashes") {
  for (const char* base :
       {"http://h:8000", "http://h:8000/", "http://h:8000/v1", "http://h:8000/v1/"}) {
    REQUIRE(api_url(base, "/completions") == "http://h:8000/v1/completions");
    REQUIRE(server_url(base, "/metrics") == "http://h:8000/metrics");
  }
  REQUIRE(api_url("https://h/llm/v1", "/models") == "https://h/llm/v1/models");
  REQUIRE(server_url("https://h/llm/v1", "/health") == "https://h/llm/health");
}

TEST_CASE("URLs come apart") {
  const Url plain = parse_url("http://example.org/v1/completions?x=1");
  REQUIRE(plain.scheme == "http");
  REQUIRE(plain.host == "example.org");
  REQUIRE(plain.port == 80);
  REQUIRE(plain.path == "/v1/completions?x=1");
  REQUIRE(plain.authority() == "example.org");
  const Url six = parse_url("https://[::1]:8443/a");
  REQUIRE(six.host == "::1");
  REQUIRE(six.authority() == "[::1]:8443");
  REQUIRE(six.tls());
}

TEST_CASE("what is no http URL is refused with what was seen") {
  for (const std::string bad : {"", "h:8000", "ftp://h/", "http://", "http://h:99999/",
                                "http://a b/", "file:///etc/passwd"}) {
    CAPTURE(bad);
    REQUIRE_THROWS_AS(parse_url(bad), Error);
  }
  REQUIRE_THROWS_WITH(parse_url("ftp://h/"),
                      ContainsSubstring("url: saw \"ftp://h/\", want http://"));
}

TEST_CASE("the scenario's headers replace ours of the same name") {
  ArmConfig arm;
  arm.api_key = "k";
  arm.headers = {{"authorization", "Basic x"}, {"X-Team", "red"}};
  const auto headers = request_headers(arm, {"Content-Type: application/json"});
  REQUIRE(headers == std::vector<std::string>{"authorization: Basic x", "X-Team: red",
                                              "Content-Type: application/json"});
}

TEST_CASE("a header that would split the request is refused without showing it") {
  ArmConfig arm;
  arm.api_key = "secret\r\nEvil: 1";
  REQUIRE_THROWS_WITH(request_headers(arm, {}),
                      ContainsSubstring("authorization") && !ContainsSubstring("secret"));
  arm.api_key = std::string("a\0b", 3);
  REQUIRE_THROWS_AS(request_headers(arm, {}), Error);
}

TEST_CASE("endpoints follow the API") {
  ArmConfig arm;
  arm.url = "http://127.0.0.1:1234/v1";
  REQUIRE(make_endpoint(arm, Api::chat, {}).text == "http://127.0.0.1:1234/v1/chat/completions");
  const Endpoint e = make_endpoint(arm, Api::completions, {});
  REQUIRE(e.text == "http://127.0.0.1:1234/v1/completions");
  REQUIRE(std::count(e.headers.begin(), e.headers.end(), "Content-Type: application/json") == 1);
}

TEST_CASE("numeric hosts resolve to themselves, unknown names to nothing") {
  REQUIRE(resolve(parse_url("http://127.0.0.1:9/"), std::chrono::seconds(1)) == "127.0.0.1");
  REQUIRE(resolve(parse_url("http://[::1]:9/"), std::chrono::seconds(1)) == "::1");
  REQUIRE(resolve(parse_url("http://no-such-host.invalid/"), std::chrono::seconds(1)).empty());
}

}  // namespace abgate::http
