#include "quality/text.hpp"

#include <algorithm>
#include <cstdint>

namespace abgate::quality {

namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Lead {
  int continuation = 0;              ///< continuation bytes to follow; 0: not a lead byte
  std::uint32_t bits = 0;            ///< payload of the lead byte
  unsigned low = 0x80, high = 0xBF;  ///< allowed range of the second byte
};

/// Table 3-7 of the Unicode standard.
Lead classify(unsigned byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1, byte & 0x1FU};
  if (byte == 0xE0) return {2, 0, 0xA0};
  if (byte == 0xED) return {2, 0x0D, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {2, byte & 0x0FU};
  if (byte == 0xF0) return {3, 0, 0x90};
  if (byte >= 0xF1 && byte <= 0xF3) return {3, byte & 0x07U};
  if (byte == 0xF4) return {3, 4, 0x80, 0x8F};
  return {};
}

}  // namespace

Decoded decode_utf8(std::string_view text) {
  Decoded out;
  if (is_ascii(text)) {
    out.points.assign(text.begin(), text.end());
    return out;
  }
  out.points.reserve(text.size());
  std::size_t i = 0;
  while (i < text.size()) {
    const unsigned byte = static_cast<unsigned char>(text[i++]);
    if (byte < 0x80) {
      out.points.push_back(byte);
      continue;
    }
    const Lead lead = classify(byte);
    std::uint32_t point = lead.bits;
    int left = lead.continuation;
    unsigned low = lead.low, high = lead.high;
    while (left > 0 && i < text.size()) {
      const unsigned next = static_cast<unsigned char>(text[i]);
      if (next < low || next > high) break;
      point = (point << 6U) | (next & 0x3FU);
      low = 0x80;
      high = 0xBF;
      ++i;
      --left;
    }
    const bool good = lead.continuation > 0 && left == 0;
    if (!good) ++out.invalid;
    out.points.push_back(good ? point : kReplacement);
  }
  return out;
}

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

std::string_view rstrip(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view strip(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return rstrip(text);
}

std::string_view cap(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t i = 0;
  for (;;) {
    while (i < text.size() && is_space(text[i])) ++i;
    const std::size_t begin = i;
    while (i < text.size() && !is_space(text[i])) ++i;
    if (begin == i) return out;
    out.push_back(text.substr(begin, i - begin));
  }
}

std::string_view first_line(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const std::string_view line = strip(text.substr(0, end)); !line.empty()) return line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

std::string_view last_lines(std::string_view text, std::size_t count) {
  std::size_t at = text.size();
  if (at > 0 && text[at - 1] == '\n') --at;
  while (count > 0 && at > 0) {
    const std::size_t newline = text.rfind('\n', at - 1);
    if (newline == std::string_view::npos) return text;
    at = newline;
    --count;
  }
  return count == 0 && at < text.size() ? text.substr(at + 1) : text;
}

}  // namespace abgate::quality
