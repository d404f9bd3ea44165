#include "observe/fetch.hpp"

namespace abgate::observe {

std::string failure(const FetchResult& result) {
  if (!result.error.empty()) return result.error;
  return result.status == 200 ? "" : "http " + std::to_string(result.status);
}

std::string server_root(const std::string& url) {
  std::string root = url;
  while (!root.empty() && root.back() == '/') root.pop_back();
  if (root.size() > 3 && root.compare(root.size() - 3, 3, "/v1") == 0) root.resize(root.size() - 3);
  return root;
}

std::string metrics_url(const ArmConfig& arm) {
  if (arm.metrics_url == "none") return "";
  return arm.metrics_url.empty() ? server_root(arm.url) + "/metrics" : arm.metrics_url;
}

FetchRequest request_to(const ArmConfig& arm, const std::string& url) {
  FetchRequest request;
  request.url = url;
  request.headers = arm.headers;
  if (!arm.api_key.empty()) request.headers.emplace_back("Authorization", "Bearer " + arm.api_key);
  request.tls = arm.tls;
  return request;
}

}  // namespace abgate::observe
