#include "sse/utf8.hpp"

#include <cstddef>

namespace abgate::sse {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Lead {
  std::size_t length;  ///< bytes of the sequence; 0: no lead byte
  unsigned low, high;  ///< range of the second byte (Unicode 15, table 3-7)
};

Lead lead_of(unsigned byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte >= 0xC2 && byte <= 0xDF) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// Length of the well-formed sequence at `at`, or 0; `bad` is then the length of the ill-formed
/// part.
std::size_t sequence(std::string_view in, std::size_t at, std::size_t& bad) {
  const Lead lead = lead_of(byte_at(in, at));
  bad = 1;
  if (lead.length <= 1) return lead.length;
  for (std::size_t i = 1; i < lead.length; ++i, ++bad) {
    if (at + i >= in.size()) return 0;
    const unsigned byte = byte_at(in, at + i);
    const bool fits = i == 1 ? byte >= lead.low && byte <= lead.high : (byte & 0xC0U) == 0x80U;
    if (!fits) return 0;
  }
  return lead.length;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The code unit of a `\uXXXX` escape at `at`, or -1.
int code_unit(std::string_view json, std::size_t at) {
  if (at + 6 > json.size() || json[at] != '\\' || json[at + 1] != 'u') return -1;
  int unit = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const int digit = hex_value(json[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

bool is_high(int unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low(int unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

}  // namespace

bool append_repaired_utf8(std::string_view in, std::string& out) {
  bool repaired = false;
  std::size_t begin = 0;  // of what is good and not copied yet
  for (std::size_t at = 0; at < in.size();) {
    std::size_t bad = 0;
    const std::size_t good = sequence(in, at, bad);
    if (good > 0) {
      at += good;
      continue;
    }
    out.append(in.substr(begin, at - begin)).append(kReplacement);
    repaired = true;
    at += bad;
    begin = at;
  }
  out.append(in.substr(begin));
  return repaired;
}

bool append_repaired_escapes(std::string_view json, std::string& out) {
  bool repaired = false;
  for (std::size_t at = 0; at < json.size();) {
    if (json[at] != '\\') {
      out += json[at++];
      continue;
    }
    const int unit = code_unit(json, at);
    std::size_t length = unit >= 0 ? 6 : at + 1 < json.size() ? 2 : 1;
    const bool pair = is_high(unit) && is_low(code_unit(json, at + 6));
    if (pair) length = 12;
    const bool lone = !pair && (is_high(unit) || is_low(unit));
    out.append(lone ? std::string_view("\\ufffd") : json.substr(at, length));
    repaired = repaired || lone;
    at += length;
  }
  return repaired;
}

}  // namespace abgate::sse
