#include "store/redact.hpp"

#include <algorithm>
#include <cctype>
#include <regex>
#include <utility>

namespace abgate::store {

namespace {
std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool names_a_secret(std::string_view key) {
  const std::string name = lower(key);
  for (const std::string_view part :
       {"api_key", "api-key", "authorization", "password", "secret"}) {
    if (name.find(part) != std::string::npos) return true;
  }
  return false;
}

/// One line of YAML, block or flow style: replaces what follows a secret's key, unless it is
/// ${NAME}.
std::string redact_line(const std::string& line) {
  static const std::regex pair(
      R"re(((?:api[_-]key|authorization|password|secret)[\w-]*["']?\s*:\s*))re"
      R"re(("(?!\$\{)[^"]*"|'(?!\$\{)[^']*'|(?!\$\{|["'\s])[^,}#]+))re",
      std::regex::icase);
  constexpr std::size_t kRegexLimit = 4096;  // std::regex recurses once a character
  if (!names_a_secret(line)) return line;
  if (line.size() > kRegexLimit)
    return line.substr(0, line.find(':') + 1).append(" ").append(kRedacted);
  return std::regex_replace(line, pair, std::string("$1\"").append(kRedacted).append("\""));
}
}  // namespace

Redactor::Redactor(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {
  std::erase_if(secrets_, [](const std::string& s) { return s.size() < 8; });
  std::sort(secrets_.begin(), secrets_.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
}

std::string Redactor::operator()(std::string_view text) const {
  std::string out(text);
  for (const std::string& secret : secrets_) {
    for (std::size_t at = out.find(secret); at != std::string::npos;
         at = out.find(secret, at + kRedacted.size())) {
      out.replace(at, secret.size(), kRedacted);
    }
  }
  return out;
}

std::string redact_scenario(std::string_view yaml) {
  std::string out;
  while (!yaml.empty()) {
    const std::size_t end = yaml.find('\n');
    out += redact_line(std::string(yaml.substr(0, end)));
    if (end == std::string_view::npos) break;
    out += '\n';
    yaml.remove_prefix(end + 1);
  }
  return out;
}

std::string redact_override(std::string_view override_text) {
  const std::size_t equals = override_text.find('=');
  if (equals == std::string_view::npos || !names_a_secret(override_text.substr(0, equals))) {
    return std::string(override_text);
  }
  // A name tells nothing, and the run could not be judged without it.
  static const std::regex name(R"(\$\{\w{1,200}\})");
  const std::string value(override_text.substr(equals + 1, 256));
  if (std::regex_match(value, name)) return std::string(override_text);
  return std::string(override_text.substr(0, equals + 1)).append(kRedacted);
}

}  // namespace abgate::store
