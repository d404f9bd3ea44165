#include <fstream>
#include <iostream>
#include <iterator>
#include <ostream>

#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "core/error.hpp"
#include "observe/prometheus.hpp"
#include "observe/snapshot.hpp"

namespace abgate::cli {

namespace {

bool is_url(const std::string& source) {
  return source.starts_with("http://") || source.starts_with("https://");
}

/// "http://a:8000" means its /metrics.
std::string metrics_of(const std::string& url) {
  const auto scheme = url.find("://") + 3;
  const auto slash = url.find('/', scheme);
  const std::string path = slash == std::string::npos ? "" : url.substr(slash);
  if (!path.empty() && path != "/" && path != "/v1" && path != "/v1/") return url;
  return server_root(url) + "/metrics";
}

std::string read(const std::string& source) {
  if (is_url(source)) return fetch_text(ArmConfig{}, metrics_of(source));
  if (source == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  std::ifstream in(source, std::ios::binary);
  if (!in)
    throw DataError({source, 0, 0}, "", "no readable file",
                    "a file with the text of /metrics, a URL, or -");
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

ExitCode execute(const SnapshotOptions& options, Streams io) {
  const std::string text = read(options.source);
  const std::string where = options.source == "-" ? "standard input" : options.source;
  const auto snapshot = observe::make_snapshot(observe::parse_prometheus(text, where), where);
  io.out << (options.json ? observe::to_json(snapshot) : observe::to_markdown(snapshot));
  return ExitCode::go;
}

}  // namespace abgate::cli
