#include "dataset/json_row.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "dataset/fields.hpp"

namespace abgate::dataset {

namespace {

using Json = nlohmann::json;

std::string show(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The byte (from 1) at which the text nests deeper than kMaxDepth; 0 if nowhere.
std::size_t too_deep_at(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return i + 1;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return 0;
}

std::string checked(const JsonRow& row, const Json& value, const char* key, bool may_be_empty) {
  if (!value.is_string()) row.fail(key, show(value), "a string");
  const auto& s = value.get_ref<const std::string&>();
  if (s.empty() && !may_be_empty) row.fail(key, "an empty string", "text");
  if (s.find('\0') != std::string::npos) row.fail(key, "a NUL character", "text without it");
  if (s.size() > kMaxFieldBytes) {
    row.fail(key, fmt::format("{} bytes", s.size()), fmt::format("at most {}", kMaxFieldBytes));
  }
  return s;
}

}  // namespace

struct JsonRow::Value {
  Json json;
};

JsonRow::JsonRow(Place place, const std::string& text) : place_(std::move(place)) {
  const auto fail_at = [this](std::size_t byte, const std::string& seen) {
    place_.column = static_cast<int>(byte);
    fail("", fmt::format("{} at byte {}", seen, byte), "one JSON object per line");
  };
  if (const std::size_t at = invalid_utf8(text); at != std::string::npos)
    fail_at(at + 1, "invalid UTF-8");
  if (const std::size_t at = too_deep_at(text); at > 0)
    fail_at(at, fmt::format("JSON nested deeper than {} levels", kMaxDepth));
  try {
    value_ = std::make_shared<const Value>(Value{Json::parse(text)});
  } catch (const Json::parse_error& e) {
    fail_at(e.byte, "broken JSON");
  } catch (const Json::out_of_range&) {  // 406: a number like 1e999
    fail("", "a number too large to hold", "one JSON object per line");
  }
  if (!value_->json.is_object()) fail("", show(value_->json), "a JSON object");
}

JsonRow::JsonRow(Place place, std::shared_ptr<const Value> value)
    : place_(std::move(place)), value_(std::move(value)) {
  if (!value_->json.is_object()) fail("", show(value_->json), "a JSON object");
}

void JsonRow::fail(const std::string& key, const std::string& seen,
                   const std::string& wanted) const {
  throw DataError(place_, key, seen, wanted);
}

const Place& JsonRow::place() const {
  return place_;
}

bool JsonRow::has(const char* key) const {
  const auto it = value_->json.find(key);
  return it != value_->json.end() && !it->is_null();
}

std::string JsonRow::text(const char* key, bool required, bool may_be_empty) const {
  const auto it = value_->json.find(key);
  if (it == value_->json.end()) {
    if (required) fail(key, "nothing", "a string");
    return {};
  }
  return checked(*this, *it, key, may_be_empty);
}

std::string JsonRow::any_text(std::initializer_list<const char*> keys, bool required) const {
  for (const char* key : keys) {
    if (has(key)) return text(key, true);
  }
  if (required) fail(*keys.begin(), "nothing", fmt::format("one of {}", fmt::join(keys, ", ")));
  return {};
}

std::string JsonRow::label(const char* key) const {
  const auto it = value_->json.find(key);
  if (it == value_->json.end()) fail(key, "nothing", "a string or a whole number");
  if (it->is_number_integer()) return show(*it);
  return checked(*this, *it, key, false);
}

int JsonRow::whole(const char* key, int low, int high) const {
  const auto it = value_->json.find(key);
  if (it == value_->json.end()) fail(key, "nothing", "a whole number");
  const bool fits = it->is_number_integer() && *it >= low && *it <= high;
  if (!fits) fail(key, show(*it), fmt::format("a whole number from {} to {}", low, high));
  return it->get<int>();
}

double JsonRow::number(const char* key, double otherwise) const {
  if (!has(key)) return otherwise;
  const Json& value = value_->json.at(key);
  if (!value.is_number()) fail(key, show(value), "a number");
  return value.get<double>();
}

double JsonRow::number_within(const char* key, double low, double high) const {
  const auto it = value_->json.find(key);
  const std::string wanted = fmt::format("a number from {} to {}", low, high);
  if (it == value_->json.end()) fail(key, "nothing", wanted);
  const double value = it->is_number() ? it->get<double>() : low - 1;
  if (!(value >= low && value <= high)) fail(key, show(*it), wanted);
  return value;
}

std::vector<std::uint32_t> JsonRow::ids(const char* key) const {
  const auto it = value_->json.find(key);
  const std::string wanted = "a list of whole numbers from 0 to 4294967295";
  if (it == value_->json.end()) fail(key, "nothing", wanted);
  if (!it->is_array()) fail(key, show(*it), wanted);
  std::vector<std::uint32_t> out;
  out.reserve(it->size());
  for (const Json& entry : *it) {
    if (!entry.is_number_unsigned() || entry.get<std::uint64_t>() > 0xFFFFFFFFULL)
      fail(key, show(entry), wanted);
    out.push_back(entry.get<std::uint32_t>());
  }
  return out;
}

std::vector<std::string> JsonRow::texts(const char* key, bool may_hold_empty) const {
  std::vector<std::string> out;
  if (!has(key)) return out;
  const Json& value = value_->json.at(key);
  if (!value.is_array()) fail(key, show(value), "a list of strings");
  for (const Json& entry : value) out.push_back(checked(*this, entry, key, may_hold_empty));
  return out;
}

std::vector<std::pair<std::string, std::string>> JsonRow::messages(const char* key) const {
  const auto it = value_->json.find(key);
  const std::string wanted = R"(a list of {"role":…,"content":…})";
  if (it == value_->json.end()) fail(key, "nothing", wanted);
  if (!it->is_array() || it->empty()) fail(key, show(*it), wanted);
  std::vector<std::pair<std::string, std::string>> out;
  for (const Json& m : *it) {
    if (!m.is_object() || !m.contains("role") || !m.contains("content")) fail(key, show(m), wanted);
    out.emplace_back(checked(*this, m["role"], "role", false),
                     checked(*this, m["content"], "content", true));
  }
  return out;
}

JsonRow JsonRow::object(const char* key) const {
  const auto it = value_->json.find(key);
  if (it == value_->json.end() || !it->is_object()) {
    fail(key, it == value_->json.end() ? "nothing" : show(*it), "an object");
  }
  return {place_, std::make_shared<const Value>(Value{*it})};
}

std::vector<JsonRow> JsonRow::objects(const char* key) const {
  std::vector<JsonRow> out;
  if (!has(key)) return out;
  const Json& value = value_->json.at(key);
  if (!value.is_array()) fail(key, show(value), "a list of objects");
  for (const Json& entry : value)
    out.push_back(JsonRow(place_, std::make_shared<const Value>(Value{entry})));
  return out;
}

std::string JsonRow::json(const char* key) const {
  const auto it = value_->json.find(key);
  return it == value_->json.end() ? "null"
                                  : it->dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string JsonRow::ascii_json(const std::string& text) {
  return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
}

void JsonRow::only(std::initializer_list<std::string_view> known) const {
  for (const auto& entry : value_->json.items()) {
    bool found = false;
    for (const std::string_view k : known) found = found || k == entry.key();
    if (!found)
      fail(entry.key(), "an unknown field", fmt::format("one of {}", fmt::join(known, ", ")));
  }
}

}  // namespace abgate::dataset
