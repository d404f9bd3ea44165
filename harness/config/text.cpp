#include "config/text.hpp"

#include <algorithm>
#include <cctype>

#include "core/error.hpp"

namespace abgate::config {
namespace {

/// Length of the well-formed UTF-8 sequence at the start of `s`, 0 if there is none (RFC 3629).
std::size_t sequence_length(std::string_view s) {
  const auto byte = [&](std::size_t i) {
    return i < s.size() ? static_cast<unsigned>(static_cast<unsigned char>(s[i])) : 0U;
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned a = byte(0);
  const unsigned b = byte(1);
  if (a < 0x80) return 1;
  if (a >= 0xC2 && a <= 0xDF) return tail(1) ? 2 : 0;
  if (a >= 0xE0 && a <= 0xEF) {
    const bool fits = tail(1) && tail(2) && !(a == 0xE0 && b < 0xA0) && !(a == 0xED && b > 0x9F);
    return fits ? 3 : 0;
  }
  if (a >= 0xF0 && a <= 0xF4) {
    const bool fits =
        tail(1) && tail(2) && tail(3) && !(a == 0xF0 && b < 0x90) && !(a == 0xF4 && b > 0x8F);
    return fits ? 4 : 0;
  }
  return 0;
}

Place place_at(const std::string& text, const std::string& file, std::size_t at) {
  const auto begin = text.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(at);
  const auto newline = text.rfind('\n', at == 0 ? 0 : at - 1);
  const std::size_t line_start =
      at == 0 || newline == std::string::npos || newline >= at ? 0 : newline + 1;
  return {file, 1 + static_cast<int>(std::count(begin, end, '\n')),
          1 + static_cast<int>(at - line_start)};
}

/// Optimal string alignment distance: insert, delete, replace, swap of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

std::string normal_form(std::string_view word) {
  std::string out;
  for (const char c : word) {
    const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    out += lower == '-' || lower == ' ' ? '_' : lower;
  }
  return out;
}

}  // namespace

std::size_t invalid_utf8_at(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

void check_text(const std::string& text, const std::string& file, std::size_t max_bytes) {
  const Place whole{file, 0, 0};
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw ScenarioError(whole, "", "an empty file", "a scenario in YAML");
  }
  if (text.size() > max_bytes) {
    throw ScenarioError(whole, "", "more than " + std::to_string(max_bytes) + " bytes",
                        "a scenario in YAML (a few kB)");
  }
  if (const auto nul = text.find('\0'); nul != std::string::npos) {
    throw ScenarioError(place_at(text, file, nul), "", "a NUL byte",
                        "a scenario in YAML (text, not binary)");
  }
  if (const auto bad = invalid_utf8_at(text); bad != std::string::npos) {
    throw ScenarioError(place_at(text, file, bad), "", "bytes that are not UTF-8",
                        "a scenario in UTF-8");
  }
}

std::string line_of(const std::string& text, int line) {
  std::size_t begin = 0;
  for (int i = 1; i < line; ++i) {
    begin = text.find('\n', begin);
    if (begin == std::string::npos) return {};
    ++begin;
  }
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string wanted = normal_form(word.substr(0, 64));
  std::string best;
  std::size_t best_distance = 2 + wanted.size() / 4;
  for (const std::string& candidate : candidates) {
    const std::string form = normal_form(candidate);
    const bool shortened = wanted.size() >= 3 && form.compare(0, wanted.size(), wanted) == 0;
    const std::size_t d = shortened ? 1 : distance(wanted, form);
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string best = nearest(word, candidates);
  return best.empty() ? "" : " (did you mean \"" + best + "\"?)";
}

bool names_credential(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* part :
       {"authorization", "api-key", "apikey", "token", "cookie", "secret", "password"}) {
    if (name.find(part) != std::string::npos) return true;
  }
  return false;
}

std::string one_of(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

}  // namespace abgate::config
