#include "http/endpoint.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>

#include "core/error.hpp"

namespace abgate::http {

namespace {

std::string part(CURLU* url, CURLUPart what, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, what, &text, flags) != CURLUE_OK) return {};
  std::string out = text;
  curl_free(text);
  return out;
}

std::string_view without_slashes(std::string_view text) {
  while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  return text;
}

std::string lower_name(std::string_view header) {
  std::string name(header.substr(0, header.find(':')));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

void check_header(const std::string& header) {
  if (header.find_first_of(std::string("\r\n\0", 3)) != std::string::npos) {
    throw Error(ExitCode::bad_scenario,
                fmt::format("header {}: saw a line break or NUL byte in the "
                            "value, want one line",
                            lower_name(header)));
  }
}

/// True if `address` accepts a connection within `timeout`.
bool accepts(const addrinfo& address, Duration timeout) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  bool ok = connect(fd, address.ai_addr, address.ai_addrlen) == 0;
  if (!ok && errno == EINPROGRESS) {
    pollfd waiting{.fd = fd, .events = POLLOUT, .revents = 0};
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
    int error = 0;
    socklen_t size = sizeof error;
    ok = poll(&waiting, 1, static_cast<int>(ms)) == 1 &&
         getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
  }
  close(fd);
  return ok;
}

std::string numeric(const addrinfo& address) {
  char text[NI_MAXHOST];
  if (getnameinfo(address.ai_addr, address.ai_addrlen, text, sizeof text, nullptr, 0,
                  NI_NUMERICHOST) != 0) {
    return {};
  }
  return text;
}

}  // namespace

std::string Url::authority() const {
  const bool literal = host.find(':') != std::string::npos;
  const std::string name = literal ? "[" + host + "]" : host;
  const bool usual = port == (tls() ? 443 : 80);
  return usual ? name : fmt::format("{}:{}", name, port);
}

Url parse_url(const std::string& text) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), &curl_url_cleanup);
  const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0);
  Url out;
  if (code == CURLUE_OK) {
    out.scheme = part(url.get(), CURLUPART_SCHEME);
    out.host = part(url.get(), CURLUPART_HOST);
    const std::string port = part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
    out.port = static_cast<std::uint16_t>(port.empty() ? 0 : std::stoul(port));
    out.path = part(url.get(), CURLUPART_PATH);
    if (const auto query = part(url.get(), CURLUPART_QUERY); !query.empty()) {
      out.path += "?" + query;
    }
  }
  if (out.host.size() > 2 && out.host.front() == '[') {
    out.host = out.host.substr(1, out.host.size() - 2);
  }
  if ((out.scheme != "http" && out.scheme != "https") || out.host.empty() || out.port == 0) {
    throw Error(ExitCode::bad_scenario, describe({}, "url", "\"" + text + "\"",
                                                 "http://HOST[:PORT] or https://HOST[:PORT]"));
  }
  return out;
}

std::string api_url(std::string_view base, std::string_view path) {
  base = without_slashes(base);
  return fmt::format("{}{}{}", base, base.ends_with("/v1") ? "" : "/v1", path);
}

std::string server_url(std::string_view base, std::string_view path) {
  base = without_slashes(base);
  if (base.ends_with("/v1")) base.remove_suffix(3);
  return fmt::format("{}{}", without_slashes(base), path);
}

std::vector<std::string> request_headers(const ArmConfig& arm, std::vector<std::string> extra) {
  std::vector<std::string> headers;
  for (const auto& [name, value] : arm.headers) headers.push_back(name + ": " + value);
  if (!arm.api_key.empty()) extra.push_back("Authorization: Bearer " + arm.api_key);
  for (auto& header : extra) {
    const bool replaced = std::any_of(arm.headers.begin(), arm.headers.end(), [&](const auto& own) {
      return lower_name(own.first) == lower_name(header);
    });
    if (!replaced) headers.push_back(std::move(header));
  }
  std::for_each(headers.begin(), headers.end(), check_header);
  return headers;
}

Endpoint make_endpoint(const ArmConfig& arm, Api api, const Timeouts& timeouts) {
  Endpoint out;
  out.text = api_url(arm.url, api == Api::chat ? "/chat/completions" : "/completions");
  out.url = parse_url(out.text);
  out.headers =
      request_headers(arm, {"Content-Type: application/json",
                            "Accept: text/event-stream, application/json", "User-Agent: abgate"});
  out.tls = arm.tls;
  out.connect_timeout = timeouts.connect;
  return out;
}

std::string resolve(const Url& url, Duration timeout) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found) != 0) {
    return {};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(found, &freeaddrinfo);
  if (found->ai_next) {
    for (const addrinfo* a = found; a; a = a->ai_next) {
      if (accepts(*a, timeout)) return numeric(*a);
    }
  }
  return numeric(*found);
}

}  // namespace abgate::http
