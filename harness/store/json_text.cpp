#include "store/json_text.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace abgate::store {

namespace {

/// Nothing in it needs an escape.
bool is_plain(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
  });
}

bool read_hex(std::string_view hex, std::string& text) {
  text.clear();
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    unsigned byte = 0;
    const std::string_view pair = hex.substr(i, 2);
    const auto [end, error] = std::from_chars(pair.data(), pair.data() + pair.size(), byte, 16);
    if (error != std::errc() || end != pair.data() + 2) return false;
    text += static_cast<char>(byte);
  }
  return true;
}

}  // namespace

std::string text_json(const std::string& text) {
  if (is_plain(text)) return '"' + text + '"';
  if (simdjson::validate_utf8(text)) return nlohmann::json(text).dump();
  std::string hex;
  for (const char c : text) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return "{\"hex\":\"" + hex + "\"}";
}

bool read_text(const simdjson::dom::element& json, std::string& text) {
  std::string_view value;
  if (json.get(value) == simdjson::SUCCESS) {
    text = value;
    return true;
  }
  return json["hex"].get(value) == simdjson::SUCCESS && read_hex(value, text);
}

}  // namespace abgate::store
