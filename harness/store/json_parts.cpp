#include "store/json_parts.hpp"

#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace abgate::store {

namespace {
void redact_strings(Json& json, const Redactor& redact) {
  if (json.is_string()) json = redact(json.get_ref<const std::string&>());
  if (!json.is_structured()) return;
  for (Json& inner : json) redact_strings(inner, redact);
}
}  // namespace

std::string dump(Json json, const Redactor& redact) {
  if (!redact.empty()) redact_strings(json, redact);
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string words_of(const std::exception& error) {
  const std::string what = error.what();
  const std::size_t bracket = what.starts_with("[json.exception") ? what.find("] ") : what.npos;
  return bracket == what.npos ? what : what.substr(bracket + 2);
}

void parse_json(std::string_view text, const std::string& path, const char* wanted,
                const std::function<void(const Json&)>& read) {
  const Place place{path, 0, 0};
  try {
    const Json json = Json::parse(text);
    if (!json.is_object()) throw DataError(place, "", json.type_name(), wanted);
    read(json);
  } catch (const Json::exception& error) {
    throw DataError(place, "", words_of(error), wanted);
  } catch (const WrongWord& error) {
    throw DataError(place, "", error.what(), wanted);
  }
}

}  // namespace abgate::store
