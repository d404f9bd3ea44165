#include "vllmsim/http_types.hpp"

#include <fmt/format.h>

#include <ctime>
#include <iterator>

namespace abgate::sim {

namespace {

/// "Wed, 19 Nov 2025 22:14:08 GMT"; rendered once a second.
std::string_view http_date(std::int64_t unix_seconds) {
  static std::int64_t shown = -1;
  static char text[40];
  static std::size_t size = 0;
  if (unix_seconds != shown) {
    const auto seconds = static_cast<std::time_t>(unix_seconds);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    shown = unix_seconds;
  }
  return {text, size};
}

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "";
  }
}

std::string response_head(const ResponseLines& lines, std::int64_t unix_seconds) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\ndate: {}\r\nserver: uvicorn\r\n", lines.status,
                                reason_phrase(lines.status), http_date(unix_seconds));
  if (lines.length)
    fmt::format_to(std::back_inserter(out), "content-length: {}\r\n", *lines.length);
  if (!lines.content_type.empty()) {
    fmt::format_to(std::back_inserter(out), "content-type: {}\r\n", lines.content_type);
  }
  out += lines.extra;
  if (lines.cross_origin) out += "access-control-allow-origin: *\r\n";
  if (!lines.keep_alive) out += "connection: close\r\n";
  if (!lines.length) out += "transfer-encoding: chunked\r\n";
  return out + "\r\n";
}

void append_chunk(std::string& out, std::string_view data) {
  if (data.empty()) return;
  fmt::format_to(std::back_inserter(out), "{:x}\r\n", data.size());
  out.append(data).append("\r\n");
}

}  // namespace abgate::sim
