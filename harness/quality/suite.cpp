#include "quality/suite.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "core/error.hpp"
#include "quality/line_reader.hpp"

namespace abgate::quality {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxFieldBytes = std::size_t{4}
                                       << 20;  // ~ a million tokens: beyond any context
constexpr int kMaxTokens = 1 << 20;

std::string show(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// One JSON object of the file, with typed access to its fields.
class Row {
 public:
  Row(const std::string& path, int line, const std::string& text) : place_{path, line} {
    try {
      json_ = Json::parse(text);
    } catch (const Json::parse_error& e) {
      fail("", fmt::format("broken JSON at byte {}", e.byte), "one JSON object per line",
           static_cast<int>(e.byte));
    }
    if (!json_.is_object()) fail("", show(json_), "a JSON object");
  }

  [[noreturn]] void fail(const std::string& key, const std::string& seen, const std::string& wanted,
                         int column = 0) const {
    throw DataError({place_.file, place_.line, column}, key, seen, wanted);
  }
  bool has(const char* key) const { return json_.contains(key); }

  std::string text(const char* key, bool required, bool may_be_empty = true) const {
    const auto it = json_.find(key);
    if (it == json_.end()) {
      if (required) fail(key, "nothing", "a string");
      return {};
    }
    return checked(*it, key, may_be_empty);
  }
  int whole(const char* key, int low, int high) const {
    const auto it = json_.find(key);
    if (it == json_.end()) fail(key, "nothing", "a whole number");
    const bool fits = it->is_number_integer() && *it >= low && *it <= high;
    if (!fits) fail(key, show(*it), fmt::format("a whole number from {} to {}", low, high));
    return it->get<int>();
  }
  std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> out;
    const auto it = json_.find(key);
    if (it == json_.end()) return out;
    if (!it->is_array()) fail(key, show(*it), "a list of strings");
    for (const Json& entry : *it) out.push_back(checked(entry, key, false));
    return out;
  }
  std::vector<std::pair<std::string, std::string>> messages(const char* key) const {
    const auto it = json_.find(key);
    const std::string wanted = R"(a list of {"role":…,"content":…})";
    if (it == json_.end()) fail(key, "nothing", wanted);
    if (!it->is_array() || it->empty()) fail(key, show(*it), wanted);
    std::vector<std::pair<std::string, std::string>> out;
    for (const Json& m : *it) {
      if (!m.is_object() || !m.contains("role") || !m.contains("content"))
        fail(key, show(m), wanted);
      out.emplace_back(checked(m["role"], "role", false), checked(m["content"], "content", true));
    }
    return out;
  }
  void only(std::initializer_list<std::string_view> known) const {
    for (const auto& entry : json_.items()) {
      bool found = false;
      for (const std::string_view k : known) found = found || k == entry.key();
      if (!found)
        fail(entry.key(), "an unknown field", fmt::format("one of {}", fmt::join(known, ", ")));
    }
  }

 private:
  std::string checked(const Json& value, const char* key, bool may_be_empty) const {
    if (!value.is_string()) fail(key, show(value), "a string");
    const auto& s = value.get_ref<const std::string&>();
    if (s.empty() && !may_be_empty) fail(key, "an empty string", "text");
    if (s.find('\0') != std::string::npos) fail(key, "a NUL character", "text without it");
    if (s.size() > kMaxFieldBytes) {
      fail(key, fmt::format("{} bytes", s.size()), fmt::format("at most {}", kMaxFieldBytes));
    }
    return s;
  }

  Place place_;
  Json json_;
};

ItemKind kind_of(const Row& row) {
  const std::string name = row.text("kind", true);
  for (const ItemKind kind : {ItemKind::completion, ItemKind::fim, ItemKind::chat}) {
    if (name == to_string(kind)) return kind;
  }
  row.fail("kind", name, "completion, fim or chat");
}

/// Fields that belong to one kind only; a field of another kind is a mistake worth naming.
void read_prompt(const Row& row, SuiteItem& item) {
  struct Owner {
    const char* field;
    ItemKind kind;
  };
  constexpr std::array<Owner, 4> owners{{{"prompt", ItemKind::completion},
                                         {"prefix", ItemKind::fim},
                                         {"suffix", ItemKind::fim},
                                         {"messages", ItemKind::chat}}};
  for (const Owner& o : owners) {
    if (o.kind != item.kind && row.has(o.field)) {
      row.fail(o.field, fmt::format("it in an item of kind {}", to_string(item.kind)),
               fmt::format("it only where kind is {}", to_string(o.kind)));
    }
  }
  switch (item.kind) {
    case ItemKind::completion:
      item.prompt = row.text("prompt", true, false);
      break;
    case ItemKind::chat:
      item.messages = row.messages("messages");
      break;
    case ItemKind::fim:
      item.prefix = row.text("prefix", true);
      item.suffix = row.text("suffix", true);
      if (item.prefix.empty() && item.suffix.empty()) {
        row.fail("prefix", "prefix and suffix empty", "text in one of them");
      }
      break;
  }
}

SuiteItem read_item(const Row& row) {
  row.only({"id", "cluster", "category", "language", "kind", "prompt", "prefix", "suffix",
            "messages", "reference", "tests", "entry_point", "stop", "max_tokens", "meta"});
  SuiteItem item;
  item.id = row.text("id", true, false);
  item.cluster = row.text("cluster", true, false);
  item.category = row.text("category", true, false);
  item.language = row.text("language", true, false);
  item.kind = kind_of(row);
  read_prompt(row, item);
  item.reference = row.text("reference", true);
  item.tests = row.text("tests", false);
  item.entry_point = row.text("entry_point", false);
  item.stop = row.texts("stop");
  if (row.has("max_tokens")) item.max_tokens = row.whole("max_tokens", 1, kMaxTokens);
  return item;
}

void read_header(const Row& row, Suite& suite) {
  if (!row.has("suite")) {
    row.fail("suite", "nothing", R"(a header line {"suite":"NAME","version":1,"licence":"…"})");
  }
  row.only({"suite", "version", "licence", "meta"});
  suite.name = row.text("suite", true, false);
  row.whole("version", 1, 1);
  suite.licence = row.text("licence", false);
}

bool blank(const std::string& line) {
  return line.find_first_not_of(" \t\r\v\f") == std::string::npos;
}

}  // namespace

Suite stream_suite(const std::string& path, const std::function<void(SuiteItem&&)>& on_item) {
  LineReader reader(path);
  Suite suite;
  suite.path = path;
  std::string line;
  bool header = false;
  std::unordered_set<std::string> ids;
  while (reader.next(line)) {
    if (blank(line)) continue;
    const Row row(path, reader.line(), line);
    if (!header) {
      read_header(row, suite);
      header = true;
      continue;
    }
    SuiteItem item = read_item(row);
    if (!ids.insert(item.id).second) {
      row.fail("id", item.id + " a second time", "an id that is used once");
    }
    on_item(std::move(item));
  }
  if (!header) throw DataError({path, 1}, "", "an empty file", "a header line and items");
  if (ids.empty())
    throw DataError({path, reader.line()}, "", "a header without items", "items below it");
  suite.hash = file_hash(path);
  return suite;
}

Suite load_suite(const std::string& path) {
  std::vector<SuiteItem> items;
  Suite suite = stream_suite(path, [&](SuiteItem&& item) { items.push_back(std::move(item)); });
  suite.items = std::move(items);
  return suite;
}

}  // namespace abgate::quality
