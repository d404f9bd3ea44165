#include "cli/ask.hpp"

#include <fmt/format.h>

#include <optional>

#include "config/text.hpp"
#include "core/error.hpp"
#include "http/fetch.hpp"
#include "store/redact.hpp"

namespace abgate::cli {

std::vector<std::string> secrets_of(const ArmConfig& arm) {
  std::vector<std::string> secrets;
  if (!arm.api_key.empty()) secrets.push_back(arm.api_key);
  for (const auto& [name, value] : arm.headers) {
    if (!config::names_credential(name)) continue;
    secrets.push_back(value);
    if (const auto scheme = value.find(' '); scheme != std::string::npos)
      secrets.push_back(value.substr(scheme + 1));
  }
  return secrets;
}

Ask make_ask() {
  return [](const ArmConfig& arm, std::string_view method, const std::string& url,
            const std::string& body) {
    auto request =
        http::request_to(arm, url, method == "POST" ? std::optional(body) : std::nullopt);
    // A busy server may take long to answer; a missing one is known after the connect timeout.
    if (method == "POST") request.timeout = std::chrono::seconds(60);
    const auto response = http::fetch(request);
    return Answer{response.status, response.header("content-type"),
                  store::Redactor(secrets_of(arm))(response.body), response.address};
  };
}

std::string fetch_text(const ArmConfig& arm, const std::string& url) {
  // An exporter is not the arm's server: it must not see the key.
  auto request = http::request_to(arm, url);
  if (!url.starts_with(server_root(arm.url) + "/")) request.headers.clear();
  const auto response = http::fetch(request);
  if (response.status != 200) {
    throw Error(ExitCode::unavailable, fmt::format("{} answered status {}", url, response.status));
  }
  return response.body;
}

}  // namespace abgate::cli
