#include "vllmsim/python_repr.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "vllmsim/json_text.hpp"

namespace abgate::sim {

namespace {

std::string repr_string(const std::string& text) {
  const char quote =
      text.find('\'') != std::string::npos && text.find('"') == std::string::npos ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
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
  return out + quote;
}

}  // namespace

std::string python_repr(double value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string python_repr(const nlohmann::ordered_json& value) {
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_string()) return repr_string(value.get_ref<const std::string&>());
  if (value.is_number_float()) return python_repr(value.get<double>());
  if (value.is_number()) return value.dump();
  const bool list = value.is_array();
  std::string out = list ? "[" : "{";
  for (const auto& [key, item] : value.items()) {
    if (out.size() > 1) out += ", ";
    if (!list) out += repr_string(key) + ": ";
    out += python_repr(item);
  }
  return out + (list ? "]" : "}");
}

}  // namespace abgate::sim
