#pragma once
// One codec per way of writing a value: it describes itself, reads a value and shows a default.
// Every `read` throws ScenarioError when the text is something else.

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "config/cursor.hpp"
#include "config/format.hpp"
#include "core/time.hpp"

namespace abgate::config {

struct Text {
  enum class Use {
    plain,     ///< ${NAME} is refused: it would not be replaced
    prose,     ///< taken as it is
    deployed,  ///< URL, header, command: ${NAME} is replaced
    secret,    ///< the same, and must consist of ${NAME}; never shown in a message
    path,      ///< a file that must exist, relative to the scenario's folder
    id,        ///< letters, digits, _ and -
  } use = Use::plain;
  using Value = std::string;
  Type type() const;
  Value read(const Cursor& at) const;
  std::string show(const Value& value) const { return value; }
};

/// Whole numbers that fit T.
template <class T>
struct Whole {
  using Value = T;
  std::int64_t minimum = 0;
  std::int64_t maximum = std::numeric_limits<T>::digits < 63
                             ? static_cast<std::int64_t>(std::numeric_limits<T>::max())
                             : std::numeric_limits<std::int64_t>::max();
  Type type() const;
  Value read(const Cursor& at) const;
  std::string show(const Value& value) const { return std::to_string(value); }
};

struct Number {
  using Value = double;
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  bool above = false;  ///< `minimum` itself is refused
  Type type() const;
  Value read(const Cursor& at) const;
  std::string show(const Value& value) const;
};

struct Share {  ///< 0.05 or 5 %, from 0 to 1
  using Value = double;
  Type type() const;
  Value read(const Cursor& at) const;
  std::string show(const Value& value) const;
};

struct Size {  ///< memory above 0; the value is in units of `unit` bytes
  using Value = double;
  double unit = 1e9;
  Type type() const;
  Value read(const Cursor& at) const;
  std::string show(const Value& value) const;
};

struct Rate {  ///< per second, above 0
  bool zero = false;  ///< 0 is allowed too
  using Value = double;
  Type type() const;
  Value read(const Cursor& at) const;
  std::string show(const Value& value) const;
};

struct Span {  ///< a duration above 0
  using Value = Duration;
  Type type() const;
  Value read(const Cursor& at) const;
  std::string show(const Value& value) const;
};

struct Flag {
  using Value = bool;
  Type type() const;
  Value read(const Cursor& at) const;
  std::string show(const Value& value) const { return value ? "true" : "false"; }
};

/// Reads one of `words`; returns its position.
std::size_t read_choice(const Cursor& at, const std::vector<std::string>& words);

template <class E>
struct Choice {
  using Value = E;
  std::vector<std::pair<std::string, E>> words;
  Type type() const {
    Type type{Type::Kind::choice};
    for (const auto& [word, value] : words) type.choices.push_back(word);
    return type;
  }
  Value read(const Cursor& at) const { return words[read_choice(at, type().choices)].second; }
  std::string show(const Value& value) const {
    for (const auto& [word, known] : words) {
      if (known == value) return word;
    }
    return "?";
  }
};

struct Texts {
  using Value = std::vector<std::string>;
  std::vector<std::string> choices = {};  ///< empty: any text
  Type type() const;
  Value read(const Cursor& at) const;
  std::string show(const Value& value) const;
};

/// A map of texts, in the file's order; used for headers and for facts.
struct TextMap {
  using Value = std::vector<std::pair<std::string, std::string>>;
  bool headers = false;  ///< names are HTTP tokens; values may hold ${NAME}, credentials must
  Type type() const;
  Value read(const Cursor& at) const;
  std::string show(const Value&) const { return ""; }
};

/// A map of anything, kept as the text of a JSON object.
struct JsonMap {
  using Value = std::string;
  Type type() const { return {Type::Kind::json_map}; }
  Value read(const Cursor& at) const;
  std::string show(const Value& value) const { return value; }
};

}  // namespace abgate::config
