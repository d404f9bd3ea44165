#include "quality/json_row.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "quality/line_reader.hpp"

namespace abgate::quality {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxArrayBytes = std::size_t{256} << 20;

std::string show(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool blank(const std::string& line) {
  return line.find_first_not_of(" \t\r\v\f") == std::string::npos;
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

/// Whether brackets nest deeper than any data set's do. The parser could read them; copying or
/// printing such a value would need as much stack.
bool too_deep(std::string_view text) {
  constexpr int kDeepest = 500;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDeepest) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

/// What is wrong with a text that the parser refused.
std::string defect(const Json::parse_error& e) {
  const bool encoding = std::string_view(e.what()).find("UTF-8") != std::string_view::npos;
  return fmt::format("{} at byte {}", encoding ? "text that is no UTF-8" : "broken JSON", e.byte);
}

}  // namespace

struct JsonRow::Value {
  Json json;
};

JsonRow::JsonRow(Place place, const std::string& text) : place_(std::move(place)) {
  if (too_deep(text)) fail("", "JSON that is nested too deeply", "one JSON object per line");
  try {
    value_ = std::make_shared<const Value>(Value{Json::parse(text)});
  } catch (const Json::parse_error& e) {
    place_.column = static_cast<int>(e.byte);
    fail("", defect(e), "one JSON object per line");
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

namespace {

/// A whole file that is one array, e.g. pretty-printed.
Json read_array(const std::string& path) {
  const std::string text = read_text(path, kMaxArrayBytes);
  const std::string wanted = "JSON Lines or one JSON array";
  if (too_deep(text)) throw DataError({path}, "", "JSON that is nested too deeply", wanted);
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& e) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(e.byte, text.size()));
    const auto line = static_cast<int>(std::count(text.begin(), end, '\n')) + 1;
    throw DataError({path, line}, "", "a broken JSON array: " + defect(e), wanted);
  }
}

}  // namespace

void for_each_row(const std::string& path, const std::function<void(const JsonRow&)>& on_row) {
  LineReader reader(path);
  std::string line;
  bool any = false;
  while (reader.next(line)) {
    if (blank(line)) continue;
    if (!any && line[line.find_first_not_of(" \t")] == '[') {
      Json array = read_array(path);
      int number = 0;
      for (Json& entry : array) {
        on_row(JsonRow(Place{path, ++number},
                       std::make_shared<const JsonRow::Value>(JsonRow::Value{std::move(entry)})));
      }
      return;
    }
    any = true;
    on_row(JsonRow({path, reader.line()}, line));
  }
}

}  // namespace abgate::quality
