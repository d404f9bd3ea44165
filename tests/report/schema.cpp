#include "schema.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace abgate::test {

namespace {
using Json = nlohmann::json;

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  return false;
}

bool allows(const Json& type, const Json& value) {
  if (type.is_string()) return has_type(value, type);
  return std::any_of(type.begin(), type.end(), [&](const Json& t) { return has_type(value, t); });
}

class Checker {
 public:
  explicit Checker(const Json& root) : root_(root) {}

  std::string check(const Json& schema, const Json& value, const std::string& path) const {
    static const std::set<std::string> known{
        "$schema",     "$id",  "$defs",    "$ref",       "title",
        "description", "type", "required", "properties", "additionalProperties",
        "items",       "enum", "const",    "minimum",    "maximum",
        "pattern"};
    for (const auto& [key, ignored] : schema.items()) {
      if (!known.contains(key)) return path + ": unknown keyword " + key;
    }
    if (schema.contains("$ref"))
      return check(root_.at(Json::json_pointer(schema["$ref"].get<std::string>().substr(1))), value,
                   path);
    if (schema.contains("type") && !allows(schema["type"], value))
      return path + ": " + value.dump().substr(0, 60) + " is not of type " + schema["type"].dump();
    if (schema.contains("const") && schema["const"] != value)
      return path + ": want " + schema["const"].dump();
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
      return path + ": " + value.dump() + " is not in " + schema["enum"].dump();
    if (value.is_number() && schema.contains("minimum") && value < schema["minimum"])
      return path + ": below the minimum";
    if (value.is_number() && schema.contains("maximum") && value > schema["maximum"])
      return path + ": above the maximum";
    if (value.is_object()) return object(schema, value, path);
    if (value.is_array() && schema.contains("items")) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (std::string fault = check(schema["items"], value[i], path + "/" + std::to_string(i));
            !fault.empty())
          return fault;
      }
    }
    return "";
  }

 private:
  std::string object(const Json& schema, const Json& value, const std::string& path) const {
    if (schema.contains("required")) {
      for (const Json& key : schema["required"]) {
        if (!value.contains(key.get<std::string>())) return path + ": lacks " + key.dump();
      }
    }
    const Json none = Json::object();
    const Json& properties = schema.contains("properties") ? schema["properties"] : none;
    for (const auto& [key, inner] : value.items()) {
      if (properties.contains(key)) {
        if (std::string fault = check(properties[key], inner, path + "/" + key); !fault.empty())
          return fault;
      } else if (schema.contains("additionalProperties")) {
        const Json& others = schema["additionalProperties"];
        if (others == false) return path + ": unexpected " + key;
        if (std::string fault = check(others, inner, path + "/" + key); !fault.empty())
          return fault;
      }
    }
    return "";
  }
  const Json& root_;
};
}  // namespace

std::string schema_fault(const std::string& schema, const std::string& json) {
  const Json root = Json::parse(schema);
  return Checker(root).check(root, Json::parse(json), "");
}

}  // namespace abgate::test
