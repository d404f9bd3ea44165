#include "http/fetch.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

#include "core/error.hpp"
#include "http/curl_common.hpp"
#include "http/endpoint.hpp"

namespace abgate::http {

namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} << 20U;

std::size_t take_body(char* data, std::size_t, std::size_t size, void* self) noexcept {
  auto& body = static_cast<FetchResponse*>(self)->body;
  if (body.size() + size > kMaxBytes) return 0;
  try {
    body.append(data, size);
    return size;
  } catch (...) {
    return 0;
  }
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* self) noexcept {
  try {
    const std::string_view line(data, size);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || line.starts_with("HTTP/")) return size;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    static_cast<FetchResponse*>(self)->headers.emplace_back(std::move(name),
                                                            trimmed(line.substr(colon + 1)));
    return size;
  } catch (...) {
    return 0;
  }
}

long in_ms(Duration d) {
  return static_cast<long>(d / std::chrono::milliseconds(1));
}

/// Without what a shell or a log should not see.
std::string shown(const std::string& url) {
  return printable(url.substr(0, url.find('?')), 200);
}

std::string explain(CURLcode code, const std::string& detail, const FetchRequest& request,
                    bool connected) {
  const std::string url = shown(request.url);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return fmt::format("cannot resolve the host of {}: {}; check the name; try: getent hosts {}",
                         url, detail, parse_url(request.url).host);
    case CURLE_COULDNT_CONNECT:
      return fmt::format("cannot connect to {}: {}; is the server running? try: curl -v {}", url,
                         detail, url);
    case CURLE_OPERATION_TIMEDOUT:
      if (!connected) {
        return fmt::format(
            "cannot connect to {} within {:.3g} s; is the address right, and no firewall between? "
            "try: "
            "curl -v {}",
            url, to_seconds(request.connect_timeout), url);
      }
      return fmt::format(
          "no complete answer from {} within {:.3g} s; is the server overloaded or "
          "still loading its model? try: curl -v {}",
          url, to_seconds(request.timeout), url);
    case CURLE_WRITE_ERROR:
      return fmt::format("the answer of {} is larger than {} MiB; is this the right URL?", url,
                         kMaxBytes >> 20U);
    default:
      break;
  }
  if (classify(code, detail, 0, connected).error.what == "tls") {
    return fmt::format(
        "TLS failure with {}: {}; name the CA in tls.ca_file, or set tls.insecure: true "
        "for a test; try: curl -v {}",
        url, detail, url);
  }
  return fmt::format("no valid answer from {}: {}; does it speak HTTP/1.1? try: curl -v {}", url,
                     detail, url);
}

}  // namespace

std::string FetchResponse::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::string() : found->second;
}

FetchRequest request_to(const ArmConfig& arm, std::string url, std::optional<std::string> body) {
  FetchRequest request;
  request.url = std::move(url);
  request.headers = request_headers(arm, {"User-Agent: abgate"});
  request.body = std::move(body);
  request.tls = arm.tls;
  return request;
}

FetchResponse fetch(const FetchRequest& request) {
  init_curl();
  static_cast<void>(parse_url(request.url));
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  if (!easy) throw Error(ExitCode::internal, "libcurl cannot create a handle");
  std::array<char, CURL_ERROR_SIZE> error_text{};
  FetchResponse response;
  curl_slist* list = nullptr;
  for (const auto& header : request.headers) append_header(list, header);
  append_header(list, "Expect:");
  if (request.body) append_header(list, "Content-Type: application/json");
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(list,
                                                                            &curl_slist_free_all);
  set_common_options(easy.get(), request.tls, error_text.data());
  curl_easy_setopt(easy.get(), CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT_MS, in_ms(request.connect_timeout));
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, in_ms(request.timeout));
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &take_body);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &response);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, &take_header);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &response);
  if (request.body) {
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body->size()));
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, request.body->data());
  }
  const CURLcode code = curl_easy_perform(easy.get());
  curl_off_t connect_us = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_CONNECT_TIME_T, &connect_us);
  if (code != CURLE_OK) {
    const std::string detail = error_text[0] ? error_text.data() : curl_easy_strerror(code);
    throw Error(ExitCode::unavailable,
                explain(code, printable(detail, 300), request, connect_us > 0));
  }
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  const char* address = nullptr;
  curl_easy_getinfo(easy.get(), CURLINFO_PRIMARY_IP, &address);
  if (address) response.address = address;
  return response;
}

}  // namespace abgate::http
