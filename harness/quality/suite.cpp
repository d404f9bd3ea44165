#include "quality/suite.hpp"

#include <fmt/format.h>

#include <array>
#include <unordered_set>

#include "core/error.hpp"
#include "dataset/json_row.hpp"
#include "dataset/line_reader.hpp"

namespace abgate::quality {

using dataset::file_hash;
using dataset::JsonRow;
using dataset::LineReader;

namespace {

constexpr int kMaxTokens = 1 << 20;

ItemKind kind_of(const JsonRow& row) {
  const std::string name = row.text("kind", true);
  for (const ItemKind kind : {ItemKind::completion, ItemKind::fim, ItemKind::chat}) {
    if (name == to_string(kind)) return kind;
  }
  row.fail("kind", name, "completion, fim or chat");
}

/// Fields that belong to one kind only; a field of another kind is a mistake worth naming.
void read_prompt(const JsonRow& row, SuiteItem& item) {
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

SuiteItem read_item(const JsonRow& row) {
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

void read_header(const JsonRow& row, Suite& suite) {
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
    const JsonRow row({path, reader.line()}, line);
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
