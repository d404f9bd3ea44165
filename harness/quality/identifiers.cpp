#include "quality/identifiers.hpp"

#include <algorithm>

#include "quality/text.hpp"

namespace abgate::quality {

namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c) ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Which quotes enclose data rather than names or interpolated code.
std::string_view quotes_of(std::string_view language) {
  if (language == "rust") return "\"";                      // ' begins a lifetime
  if (language == "bash" || language == "sql") return "'";  // "$name" and "column" hold names
  return "\"'";
}

/// Position behind the string that begins at `begin`; npos if it never ends.
std::size_t string_end(std::string_view code, std::size_t begin) {
  for (std::size_t i = begin + 1; i < code.size(); ++i) {
    if (code[i] == '\\') {
      ++i;
    } else if (code[i] == code[begin]) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

std::vector<std::string_view> sorted_set(std::vector<std::string_view> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

double set_f1(const std::vector<std::string_view>& p, const std::vector<std::string_view>& g) {
  if (p.empty() && g.empty()) return 1;
  std::size_t both = 0;
  auto a = p.begin();
  auto b = g.begin();
  while (a != p.end() && b != g.end()) {
    if (*a < *b) {
      ++a;
    } else if (*b < *a) {
      ++b;
    } else {
      ++both, ++a, ++b;
    }
  }
  return 2.0 * static_cast<double>(both) / static_cast<double>(p.size() + g.size());
}

}  // namespace

std::vector<std::string_view> identifiers(std::string_view code, std::string_view language) {
  std::vector<std::string_view> out;
  const std::string_view quotes = quotes_of(language);
  std::string open_ended;  // quotes found to have no partner further on
  std::size_t i = 0;
  while (i < code.size()) {
    const char c = code[i];
    if (quotes.find(c) != std::string_view::npos && open_ended.find(c) == std::string::npos) {
      const std::size_t end = string_end(code, i);
      if (end != std::string_view::npos) {
        i = end;
        continue;
      }
      open_ended += c;
    }
    if (!is_word(c)) {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    while (i < code.size() && is_word(code[i])) ++i;
    const std::string_view word = code.substr(begin, i - begin);
    if (!is_digit(c) && !is_keyword(word, language)) out.push_back(word);
  }
  return out;
}

IdentifierMatch match_identifiers(std::string_view prediction, std::string_view reference,
                                  std::string_view language) {
  std::vector<std::string_view> p = identifiers(cap(prediction), language);
  std::vector<std::string_view> g = identifiers(cap(reference), language);
  const bool equal = p == g;
  return {equal, set_f1(sorted_set(std::move(p)), sorted_set(std::move(g)))};
}

}  // namespace abgate::quality
