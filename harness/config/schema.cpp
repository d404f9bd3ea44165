// JSON Schema of the format, for editors. Made from the same tables as the parser.

#include <nlohmann/json.hpp>

#include "config/format.hpp"
#include "config/scenario_file.hpp"

namespace abgate::config {
namespace {

using Json = nlohmann::ordered_json;

Json reference_to(const SectionInfo& section) {
  return {{"$ref", "#/definitions/" + section.name}};
}

Json number(const Type& type, const char* name) {
  Json out{{"type", name}};
  if (type.minimum) out["minimum"] = *type.minimum;
  if (type.maximum) out["maximum"] = *type.maximum;
  return out;
}

/// A number with a unit; `bare` allows the number alone.
Json with_unit(const char* units, bool bare) {
  Json text{{"type", "string"}, {"pattern", std::string("^[+-]?[0-9.eE+-]+ ?") + units + "$"}};
  if (!bare) return text;
  return {{"anyOf", {Json{{"type", "number"}}, text}}};
}

Json plain(const Type& type) {
  using Kind = Type::Kind;
  switch (type.kind) {
    case Kind::text:
      return {{"type", "string"}};
    case Kind::integer:
      return number(type, "integer");
    case Kind::number:
      return number(type, "number");
    case Kind::share:
      return with_unit("%?", true);
    case Kind::bytes:
      return with_unit("([kKMGT]i?)?B", false);
    case Kind::rate:
      return with_unit("(req)?/(s|min|h)", false);
    case Kind::duration:
      return with_unit("(ns|us|µs|ms|s|m|min|h|d)", false);
    case Kind::quantity:
      return with_unit("[^0-9 ].*", true);
    case Kind::flag:
      return {{"type", "boolean"}};
    case Kind::choice:
      return {{"enum", type.choices}};
    case Kind::texts: {
      Json item{{"type", "string"}};
      if (!type.choices.empty()) item = Json{{"enum", type.choices}};
      return {{"type", "array"}, {"items", item}};
    }
    case Kind::text_map:
      return {{"type", "object"},
              {"additionalProperties", {{"type", Json::array({"string", "number", "boolean"})}}}};
    case Kind::json_map:
      return {{"type", "object"}};
    case Kind::number_or_map:
      return {{"anyOf", {number(type, "number"), reference_to(*type.section)}}};
    case Kind::section:
      return reference_to(*type.section);
    case Kind::sections:
      return {{"type", "array"}, {"items", reference_to(*type.section)}};
  }
  return {};
}

/// A key may be left empty, which is the same as leaving it out, unless it is required.
Json property(const KeyInfo& key) {
  Json type = plain(key.type);
  if (key.type.swept) {
    const Json one = type;
    type = Json{{"anyOf", {one, Json{{"type", "array"}, {"items", one}, {"minItems", 1}}}}};
  }
  if (!key.required) type = Json{{"anyOf", {std::move(type), Json{{"type", "null"}}}}};
  type["description"] =
      key.meaning + (key.fallback.empty() ? "" : " (default: " + key.fallback + ")");
  return type;
}

Json definition(const SectionInfo& section) {
  Json out{{"type", "object"}, {"description", section.meaning}, {"additionalProperties", false}};
  Json required = Json::array();
  out["properties"] = Json::object();
  for (const KeyInfo& key : section.keys) {
    out["properties"][key.key] = property(key);
    if (key.required) required.push_back(key.key);
  }
  if (!required.empty()) out["required"] = required;
  return out;
}

void collect(const SectionInfo& section, Json& definitions) {
  for (const KeyInfo& key : section.keys) {
    if (key.type.section == nullptr || definitions.contains(key.type.section->name)) continue;
    definitions[key.type.section->name] = definition(*key.type.section);
    collect(*key.type.section, definitions);
  }
}

}  // namespace

std::string json_schema() {
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "abgate scenario"}};
  schema.update(definition(format()));
  schema["definitions"] = Json::object();
  collect(format(), schema["definitions"]);
  return schema.dump(2) + "\n";
}

}  // namespace abgate::config
