#include "report/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace abgate::report {

namespace {
struct CodePoint {
  std::uint32_t value;
  std::size_t bytes;
};
constexpr std::uint32_t kReplacement = 0xFFFD;

/// Decodes one code point; a bad byte counts as one replacement character.
CodePoint decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {kReplacement, 1};
  std::uint32_t value = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {kReplacement, 1};
    value = (value << 6) | (byte(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < least[size] || value > 0x10FFFF || surrogate) return {kReplacement, 1};
  return {value, size};
}

/// Characters that are not seen, or that change how others are seen.
bool hidden(std::uint32_t c) {
  constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 11> ranges{{{0x7F, 0x9F},
                                                                            {0xAD, 0xAD},
                                                                            {0x61C, 0x61C},
                                                                            {0x115F, 0x1160},
                                                                            {0x180B, 0x180E},
                                                                            {0x200B, 0x200F},
                                                                            {0x2028, 0x202E},
                                                                            {0x2060, 0x206F},
                                                                            {0xFEFF, 0xFEFF},
                                                                            {0xFFF9, 0xFFFB},
                                                                            {0xE0000, 0xE0FFF}}};
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const auto& r) { return c >= r.first && c <= r.second; });
}

/// Calls `each` with every code point and its bytes.
template <typename Each>
void walk(std::string_view text, const Each& each) {
  while (!text.empty()) {
    const CodePoint c = decode(text);
    each(c.value, text.substr(0, c.bytes));
    text.remove_prefix(c.bytes);
  }
}

void append_visible(std::string& out, std::uint32_t c, std::string_view bytes) {
  if (c == kReplacement) {
    out += "\xEF\xBF\xBD";
  } else if (c < 0x20) {
    out += fmt::format("\\x{:02x}", c);
  } else if (hidden(c)) {
    out += fmt::format("\\u{{{:x}}}", c);
  } else {
    out += bytes;
  }
}

template <std::size_t N>
std::string replace_each(std::string_view text,
                         const std::array<std::pair<char, std::string_view>, N>& table) {
  std::string out;
  for (const char c : text) {
    const auto it = std::find_if(table.begin(), table.end(),
                                 [&](const auto& entry) { return entry.first == c; });
    if (it == table.end()) {
      out += c;
    } else {
      out += it->second;
    }
  }
  return out;
}

constexpr std::array<std::pair<char, std::string_view>, 5> kMarkup{
    {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}}};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (static_cast<unsigned char>(c) & 0x80U) != 0;
}

std::size_t longest_run(std::string_view text, char c) {
  std::size_t longest = 0, run = 0;
  for (const char x : text) {
    run = x == c ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}
}  // namespace

std::string visible(std::string_view text) {
  std::string out;
  walk(text, [&](std::uint32_t c, std::string_view bytes) {
    if (c == '\n' || c == '\t') {
      out += bytes;
    } else {
      append_visible(out, c, bytes);
    }
  });
  return out;
}

std::string visible_line(std::string_view text, std::size_t max_chars) {
  std::string out;
  std::size_t n = 0;
  walk(text, [&](std::uint32_t c, std::string_view bytes) {
    if (n++ >= max_chars) return;
    if (c == '\n' || c == '\t' || c == '\r') {
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r";
    } else {
      append_visible(out, c, bytes);
    }
  });
  return n > max_chars ? out + "…" : out;
}

namespace {
bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

/// Whether the character at `i` would be markup where it stands. Only then is it escaped, so that
/// numbers and comparisons stay readable in the raw text.
bool is_markup(std::string_view line, std::size_t i) {
  const char c = line[i];
  const char next = i + 1 < line.size() ? line[i + 1] : ' ';
  if (is_one_of(c, "\\`*|~")) return true;
  if (c == '<') return is_word(next) || is_one_of(next, "/!?");
  if (c == '&') return is_word(next) || next == '#';
  if (c == ']') return is_one_of(next, "([:");
  if (c == '_') return i == 0 || !is_word(line[i - 1]) || !is_word(next);
  if (c == ':') return line.substr(i, 3) == "://";
  if (c == '.' && i >= 3 && line.substr(i - 3, 3) == "www") return true;
  return false;
}

/// Whether the first `i` characters and this one would begin a block other than a paragraph.
bool begins_block(std::string_view line, std::size_t i) {
  const char c = line[i];
  const char next = i + 1 < line.size() ? line[i + 1] : ' ';
  if (i == 0 && is_one_of(c, "#=>[")) return true;
  if (i == 0 && is_one_of(c, "+-")) return is_one_of(next, " -+");
  const bool after_number = i > 0 && line.find_first_not_of("0123456789") == i;
  return after_number && is_one_of(c, ".)") && next == ' ';
}

std::string escaped(std::string_view text, bool at_start) {
  const std::string line = visible_line(text, 4000);
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (is_markup(line, i) || (at_start && begins_block(line, i))) out += '\\';
    out += line[i];
  }
  return out;
}
}  // namespace

std::string md(std::string_view text) {
  return escaped(text, false);
}

std::string md_block(std::string_view text) {
  return escaped(text, true);
}

std::string md_code(std::string_view text, std::size_t max_chars) {
  std::string line = visible_line(text, max_chars);
  if (line.empty()) return "";
  const std::string fence(longest_run(line, '`') + 1, '`');
  if (line.front() == '`' || line.back() == '`') line = " " + line + " ";
  // A pipe ends a table cell even within a code span; GitHub and cmark take the backslash away
  // again.
  return fence + replace_each<1>(line, {{{'|', "\\|"}}}) + fence;
}

std::string md_fence(std::string_view text, std::string_view language) {
  const std::string body = visible(text);
  const std::string fence(std::max<std::size_t>(3, longest_run(body, '`') + 1), '`');
  return fmt::format("{}{}\n{}{}{}\n", fence, language, body,
                     body.empty() || body.back() == '\n' ? "" : "\n", fence);
}

std::string html(std::string_view text) {
  return replace_each(visible(text), kMarkup);
}

std::string xml(std::string_view text) {
  std::string out = replace_each(visible(text), kMarkup);
  // U+FFFE and U+FFFF are valid UTF-8, but no XML characters.
  for (const std::string_view bad : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
    for (std::size_t at = out.find(bad); at != std::string::npos; at = out.find(bad))
      out.replace(at, bad.size(), "\xEF\xBF\xBD");
  }
  return out;
}

std::string prometheus_label(std::string_view text) {
  return replace_each<3>(visible(text), {{{'\\', "\\\\"}, {'"', "\\\""}, {'\n', "\\n"}}});
}

std::string csv_field(std::string_view text) {
  std::string field = visible(text);
  if (!field.empty() && std::string_view("=+-@\t").find(field[0]) != std::string_view::npos)
    field.insert(0, "'");
  if (field.find_first_of(",\"\n") == std::string::npos) return field;
  return "\"" + replace_each<1>(field, {{{'"', "\"\""}}}) + "\"";
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

}  // namespace abgate::report
