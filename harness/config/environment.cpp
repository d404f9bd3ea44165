#include "config/environment.hpp"

#include <cctype>
#include <cstdlib>

namespace abgate::config {
namespace {

/// The name in "${NAME}…" at the start of `text`; empty if it is not well formed.
std::string_view name_at(std::string_view text) {
  const auto close = text.find('}');
  if (close == std::string_view::npos || close <= 2) return {};
  const std::string_view name = text.substr(2, close - 2);
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return {};
  }
  return std::isdigit(static_cast<unsigned char>(name.front())) != 0 ? std::string_view{} : name;
}

bool opens(std::string_view rest) {
  return rest.substr(0, 2) == "${";
}
bool escaped(std::string_view rest) {
  return rest.substr(0, 3) == "$${";
}

}  // namespace

std::optional<std::string> first_variable(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (escaped(rest)) {
      i += 2;
    } else if (opens(rest) && !name_at(rest).empty()) {
      return std::string(name_at(rest));
    }
  }
  return std::nullopt;
}

Expansion expand(std::string_view text) {
  Expansion out;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    if (escaped(rest)) {
      out.text += "${";
      i += 3;
    } else if (opens(rest)) {
      const std::string name(name_at(rest));
      if (name.empty()) return {{}, {}, true};
      const char* value = std::getenv(name.c_str());
      if (value == nullptr || *value == '\0') return {{}, name, false};
      out.text += value;
      i += name.size() + 3;
    } else {
      out.text += text[i++];
    }
  }
  return out;
}

}  // namespace abgate::config
