#include "config/format.hpp"

#include "config/text.hpp"
#include "config/units.hpp"

namespace abgate::config {
namespace {

std::string range_words(const Type& type) {
  if (type.minimum && type.maximum) {
    return " from " + number_text(*type.minimum) + " to " + number_text(*type.maximum);
  }
  if (type.minimum) return " of at least " + number_text(*type.minimum);
  if (type.maximum) return " of at most " + number_text(*type.maximum);
  return "";
}

}  // namespace

std::vector<std::string> SectionInfo::key_names() const {
  std::vector<std::string> names;
  for (const KeyInfo& info : keys) names.push_back(info.key);
  return names;
}

std::string type_words(const Type& type) {
  using Kind = Type::Kind;
  switch (type.kind) {
    case Kind::text:
      return "a text";
    case Kind::integer:
      return "a whole number" + range_words(type);
    case Kind::number:
      return "a number" + range_words(type);
    case Kind::share:
      return "a share such as 0.05 or 5 %";
    case Kind::bytes:
      return "a size with its unit, e.g. 60 GB or 48 GiB";
    case Kind::rate:
      return "a rate with its unit, e.g. 4/s";
    case Kind::duration:
      return "a duration with its unit, e.g. 250ms, 10s or 5m";
    case Kind::flag:
      return "true or false";
    case Kind::choice:
      return one_of(type.choices);
    case Kind::texts:
      return "a list of texts";
    case Kind::text_map:
      return "a map of texts";
    case Kind::json_map:
      return "a map";
    case Kind::number_or_map:
      return "a number, or a map";
    case Kind::quantity:
      return "a number with its unit, e.g. 60 GB, 1 s, 40 tok/s or 5 %";
    case Kind::section:
      return "a map";
    case Kind::sections:
      return "a list of maps";
  }
  return "?";
}

}  // namespace abgate::config
