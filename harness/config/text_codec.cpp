// Codecs of texts: what may hold ${NAME}, what must, and what is kept as JSON.

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "config/codec.hpp"
#include "config/environment.hpp"
#include "config/scenario_file.hpp"
#include "config/text.hpp"
#include "config/units.hpp"

namespace abgate::config {
namespace {

std::string scalar(const Cursor& at) {
  if (at.node().kind != Node::Kind::scalar) at.fail("a text");
  return at.node().text;
}

std::string expanded(const Cursor& at, const std::string& text, const std::string& shown) {
  if (at.secrets() == Secrets::leave_as_written) return text;
  const Expansion result = expand(text);
  if (result.malformed)
    at.fail(shown, "${NAME} with a name of letters, digits and _, or $${ for a literal ${");
  if (!result.unset.empty()) {
    at.fail("${" + result.unset + "}, which is not set in the environment",
            "the variable " + result.unset + " set");
  }
  return result.text;
}

/// A credential written out would reach the run folder with the scenario's text.
std::string read_secret(const Cursor& at, const std::string& text) {
  if (text.empty()) return text;
  if (!first_variable(text)) {
    at.fail("a credential written out (not shown)",
            "${NAME}, so that it never reaches the run folder");
  }
  const std::string value = expanded(at, text, "a malformed ${ (not shown)");
  for (const char c : value) {
    if (std::iscntrl(static_cast<unsigned char>(c)) != 0)
      at.fail("a credential with a line end or control byte (not shown)", "one line");
  }
  return value;
}

std::string read_path(const Cursor& at, const std::string& text) {
  if (text.empty() || at.secrets() == Secrets::leave_as_written) return text;
  const std::string path = resolve_path(at.file(), text);
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    at.fail(text, "a file that exists (looked for " + path + ")");
  }
  return text;
}

std::string read_id(const Cursor& at, const std::string& text) {
  const bool fits = !text.empty() && text.size() <= 64 &&
                    std::all_of(text.begin(), text.end(), [](unsigned char c) {
                      return std::isalnum(c) != 0 || c == '_' || c == '-';
                    });
  if (!fits) at.fail("an id of 1 to 64 letters, digits, _ and -");
  return text;
}

bool is_http_token(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

std::string read_header(const Cursor& at, const std::string& name) {
  if (!is_http_token(name))
    at.fail("the header name \"" + name + "\"", "letters, digits and - as in X-Team");
  const std::string text = scalar(at);
  const std::string value =
      names_credential(name) ? read_secret(at, text) : expanded(at, text, text);
  if (value.find_first_of(std::string("\r\n\0", 3)) != std::string::npos) {
    at.fail("a line end or NUL in a header", "one line");
  }
  return value;
}

nlohmann::ordered_json to_json(const Cursor& at) {
  const Node& node = at.node();
  nlohmann::ordered_json out;
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::list:
      out = nlohmann::ordered_json::array();
      for (std::size_t i = 0; i < at.size(); ++i) out.push_back(to_json(at.at(i)));
      return out;
    case Node::Kind::map:
      out = nlohmann::ordered_json::object();
      for (const Node::Entry& entry : node.entries) out[entry.key] = to_json(at.at(entry.key));
      return out;
    case Node::Kind::scalar:
      break;
  }
  if (node.quoted) return node.text;
  if (node.text == "true" || node.text == "false") return node.text == "true";
  auto number = nlohmann::ordered_json::parse(node.text, nullptr, false);
  return number.is_number() ? number : nlohmann::ordered_json(node.text);
}

}  // namespace

Type Text::type() const {
  Type type{Type::Kind::text};
  type.environment = use == Use::deployed || use == Use::secret;
  return type;
}

std::string Text::read(const Cursor& at) const {
  if (use == Use::secret && at.node().kind != Node::Kind::scalar)
    at.fail("something else (not shown)", "${NAME}");
  const std::string text = scalar(at);
  switch (use) {
    case Use::prose:
      return text;
    case Use::deployed:
      return expanded(at, text, text);
    case Use::secret:
      return read_secret(at, text);
    case Use::id:
      return read_id(at, text);
    case Use::path:
    case Use::plain:
      break;
  }
  if (const auto name = first_variable(text)) {
    at.fail(text,
            "a plain text: ${" + *name + "} is only replaced in URLs, keys, headers and commands");
  }
  return use == Use::path ? read_path(at, text) : text;
}

Type TextMap::type() const {
  Type type{Type::Kind::text_map};
  type.environment = headers;
  return type;
}

TextMap::Value TextMap::read(const Cursor& at) const {
  if (at.node().kind != Node::Kind::map) at.fail(type_words(type()));
  Value out;
  for (const Node::Entry& entry : at.node().entries) {
    const Cursor value = at.at(entry.key);
    if (headers) {
      out.emplace_back(entry.key, read_header(value, entry.key));
    } else {
      out.emplace_back(entry.key, scalar(value));
    }
  }
  return out;
}

std::string JsonMap::read(const Cursor& at) const {
  if (at.node().kind != Node::Kind::map) at.fail(type_words(type()));
  return to_json(at).dump();
}

}  // namespace abgate::config
