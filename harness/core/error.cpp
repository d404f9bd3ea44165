#include "core/error.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace abgate {

std::string to_string(const Place& place) {
  std::string out = place.file;
  if (place.line > 0) out += fmt::format(":{}", place.line);
  if (place.line > 0 && place.column > 0) out += fmt::format(":{}", place.column);
  return out;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  const bool cut = text.size() > max_bytes;
  if (cut) {
    while (max_bytes > 0 && (static_cast<unsigned char>(text[max_bytes]) & 0xC0U) == 0x80U)
      --max_bytes;
    text = text.substr(0, max_bytes);
  }
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return cut ? out + "…" : out;
}

std::string describe(const Place& place, const std::string& key, const std::string& seen,
                     const std::string& wanted) {
  std::string out = to_string(place);
  if (!out.empty()) out += ": ";
  if (!key.empty()) out += key + ": ";
  return out + "saw " + printable(seen, 120) + ", want " + wanted;
}

ScenarioError::ScenarioError(const Place& place, const std::string& key, const std::string& seen,
                             const std::string& wanted)
    : Error(ExitCode::bad_scenario, describe(place, key, seen, wanted)) {}

DataError::DataError(const Place& place, const std::string& key, const std::string& seen,
                     const std::string& wanted)
    : Error(ExitCode::bad_data, describe(place, key, seen, wanted)) {}

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "abgate: internal error: %s does not hold at %s:%d\n", expression, file,
               line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace abgate
