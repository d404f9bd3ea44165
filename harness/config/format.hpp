#pragma once
// The description of the scenario format that the parser, the JSON Schema and the reference share.

#include <optional>
#include <string>
#include <vector>

namespace abgate::config {

struct SectionInfo;

/// How a value is written.
struct Type {
  enum class Kind {
    text,
    integer,
    number,
    share,
    bytes,
    rate,
    duration,
    flag,
    choice,
    texts,          ///< list of texts
    text_map,       ///< map of texts
    json_map,       ///< map of anything
    number_or_map,  ///< a plain number, or the section's map
    quantity,       ///< a number with any unit (a criterion's value)
    section,        ///< a map
    sections,       ///< a list of maps
  } kind = Kind::text;
  std::vector<std::string> choices = {};
  std::optional<double> minimum = {};
  std::optional<double> maximum = {};
  bool nullable = false;     ///< null is a value, not "left out"
  bool environment = false;  ///< ${NAME} is replaced
  bool swept = false;        ///< a list makes one load point of each value (expand_sweeps)
  const SectionInfo* section = nullptr;
};

struct KeyInfo {
  std::string key;
  Type type;
  std::string fallback;  ///< default for people; empty: none
  std::string meaning;
  bool required = false;
};

struct SectionInfo {
  std::string name;  ///< "point"
  std::string meaning;
  std::vector<KeyInfo> keys;

  std::vector<std::string> key_names() const;
};

/// "duration", "one of `a`, `b`", … for the reference and for messages.
std::string type_words(const Type& type);

/// The whole format.
const SectionInfo& format();

}  // namespace abgate::config
