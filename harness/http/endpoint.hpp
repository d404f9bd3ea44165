#pragma once
// Where an arm's requests go: URL, headers, TLS, and the address that its name was pinned to.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/scenario.hpp"

namespace abgate::http {

/// Parts of an http or https URL. `host` of an IPv6 literal is without brackets.
struct Url {
  std::string scheme;
  std::string host;
  std::uint16_t port = 0;
  std::string path;  ///< with the query, begins with "/"

  bool tls() const { return scheme == "https"; }
  /// "host:port" as the Host header wants it; the scheme's own port is left out.
  std::string authority() const;
};

/// Throws Error(bad_scenario) with the text seen if it is no http(s) URL.
Url parse_url(const std::string& text);

/// URL of an API path ("/completions") for a base URL with or without "/v1".
std::string api_url(std::string_view base, std::string_view path);
/// URL of a path beside the API ("/metrics", "/health", "/tokenize"): "/v1" of the base is dropped.
std::string server_url(std::string_view base, std::string_view path);

struct Endpoint {
  std::string text;  ///< the whole URL
  Url url;
  std::vector<std::string> headers;  ///< "Name: value"; request id, Host and length not included
  Tls tls;
  Duration connect_timeout{};
  std::string address;  ///< numeric; empty while not resolved
};

/// The generation endpoint of an arm. Throws Error(bad_scenario) for a bad URL or a header with a
/// line break.
Endpoint make_endpoint(const ArmConfig& arm, Api api, const Timeouts& timeouts);

/// Headers that every request to an arm carries: bearer key, the scenario's own, `extra`. A header
/// that the scenario sets replaces ours of the same name.
std::vector<std::string> request_headers(const ArmConfig& arm, std::vector<std::string> extra);

/// Resolves the host once, so that no lookup and no change of address falls into a measurement. Of
/// several addresses the first that accepts a connection within `timeout` is taken, else the first.
/// Empty if the name does not resolve: requests then fail with the resolver's own words.
std::string resolve(const Url& url, Duration timeout);

}  // namespace abgate::http
