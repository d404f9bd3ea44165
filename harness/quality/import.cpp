#include "quality/import.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "core/error.hpp"
#include "quality/importers.hpp"

namespace abgate::quality {

namespace {

struct Format {
  std::string_view name;
  SuiteItem (*read)(const JsonRow&);
  std::string_view licence;  ///< of the data set, by its publisher
};
constexpr std::array<Format, 9> kFormats{{{"humaneval", import_humaneval, "MIT"},
                                          {"humaneval-infilling", import_infilling, "MIT"},
                                          {"mbpp", import_mbpp, "CC-BY-4.0"},
                                          {"evalplus", import_evalplus, "Apache-2.0"},
                                          {"crosscodeeval", import_crosscodeeval, "Apache-2.0"},
                                          {"repobench", import_repobench, "CC-BY-4.0"},
                                          {"safim", import_safim, "CC-BY-4.0"},
                                          {"multipl-e", import_multipl_e, "see its publisher"},
                                          {"jsonl", import_jsonl, ""}}};

nlohmann::ordered_json to_json(const SuiteItem& item) {
  nlohmann::ordered_json out{{"id", item.id},
                             {"cluster", item.cluster},
                             {"category", item.category},
                             {"language", item.language},
                             {"kind", to_string(item.kind)}};
  switch (item.kind) {
    case ItemKind::completion:
      out["prompt"] = item.prompt;
      break;
    case ItemKind::fim:
      out["prefix"] = item.prefix;
      out["suffix"] = item.suffix;
      break;
    case ItemKind::chat:
      for (const auto& [role, content] : item.messages) {
        out["messages"].push_back({{"role", role}, {"content", content}});
      }
      break;
  }
  out["reference"] = item.reference;
  if (!item.tests.empty()) out["tests"] = item.tests;
  if (!item.entry_point.empty()) out["entry_point"] = item.entry_point;
  if (!item.stop.empty()) out["stop"] = item.stop;
  if (item.max_tokens > 0) out["max_tokens"] = item.max_tokens;
  return out;
}

/// Writes plain or gz, aside, and renames when all is on disk.
class SuiteWriter {
 public:
  explicit SuiteWriter(const std::string& path) : path_(path), aside_(path + ".part") {
    // "T": no compression, same calls.
    file_ = gzopen(aside_.c_str(), path.ends_with(".gz") ? "wb9" : "wbT");
    if (file_ == nullptr) fail();
  }
  ~SuiteWriter() {
    if (file_ != nullptr) {
      gzclose(file_);
      std::remove(aside_.c_str());
    }
  }
  SuiteWriter(const SuiteWriter&) = delete;
  SuiteWriter& operator=(const SuiteWriter&) = delete;

  void line(const nlohmann::ordered_json& row) {
    std::string text;
    try {
      text = row.dump() + "\n";
    } catch (const nlohmann::json::type_error&) {
      throw DataError({path_}, row.value("id", ""), "text that is no UTF-8", "UTF-8");
    }
    const auto size = static_cast<unsigned>(text.size());
    if (gzwrite(file_, text.data(), size) != static_cast<int>(size)) fail();
  }
  void close() {
    const int result = gzclose(file_);
    file_ = nullptr;
    if (result != Z_OK) fail();
    std::error_code failed;
    std::filesystem::rename(aside_, path_, failed);
    if (failed) throw DataError({path_}, "", failed.message(), "a place to write to");
  }

 private:
  [[noreturn]] void fail() const {
    throw DataError({path_}, "", errno != 0 ? std::strerror(errno) : "an error",
                    "a place to write to");
  }

  std::string path_, aside_;
  gzFile file_ = nullptr;
};

}  // namespace

const std::vector<std::string_view>& import_formats() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> out;
    for (const Format& f : kFormats) out.push_back(f.name);
    return out;
  }();
  return names;
}

Suite import_suite(std::string_view format, const std::string& file) {
  const Format* found = nullptr;
  for (const Format& f : kFormats) {
    if (f.name == format) found = &f;
  }
  if (found == nullptr) {
    throw DataError({}, "format", std::string(format),
                    fmt::format("one of {}", fmt::join(import_formats(), ", ")));
  }
  Suite suite;
  suite.name = found->name;
  suite.licence = found->licence;
  std::unordered_set<std::string> ids;
  for_each_row(file, [&](const JsonRow& row) {
    SuiteItem item = found->read(row);
    if (!ids.insert(item.id).second)
      row.fail("id", item.id + " a second time", "an id that is used once");
    suite.items.push_back(std::move(item));
  });
  if (suite.items.empty())
    throw DataError({file}, "", "no rows", fmt::format("rows in format {}", format));
  return suite;
}

void write_suite(const Suite& suite, const std::string& path) {
  SuiteWriter writer(path);
  nlohmann::ordered_json header{{"suite", suite.name}, {"version", 1}};
  if (!suite.licence.empty()) header["licence"] = suite.licence;
  writer.line(header);
  for (const SuiteItem& item : suite.items) writer.line(to_json(item));
  writer.close();
}

std::string_view suite_schema() {
  return R"JSON({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "A line of a prompt suite (JSON Lines): the header first, then one item a line",
  "oneOf": [{"$ref": "#/$defs/header"}, {"$ref": "#/$defs/item"}],
  "$defs": {
    "text": {"type": "string", "minLength": 1, "maxLength": 4194304},
    "header": {
      "type": "object", "additionalProperties": false, "required": ["suite", "version"],
      "properties": {
        "suite": {"$ref": "#/$defs/text"}, "version": {"const": 1}, "licence": {"type": "string"}, "meta": true
      }
    },
    "item": {
      "type": "object", "additionalProperties": false,
      "required": ["id", "cluster", "category", "language", "kind", "reference"],
      "properties": {
        "id": {"$ref": "#/$defs/text", "description": "used once"},
        "cluster": {"$ref": "#/$defs/text", "description": "items that share a source: the unit of independence"},
        "category": {"$ref": "#/$defs/text"},
        "language": {"$ref": "#/$defs/text"},
        "kind": {"enum": ["completion", "fim", "chat"]},
        "prompt": {"$ref": "#/$defs/text"},
        "prefix": {"type": "string"}, "suffix": {"type": "string"},
        "messages": {
          "type": "array", "minItems": 1,
          "items": {"type": "object", "required": ["role", "content"],
                    "properties": {"role": {"$ref": "#/$defs/text"}, "content": {"type": "string"}}}
        },
        "reference": {"type": "string", "description": "what a perfect answer is"},
        "tests": {"type": "string", "description": "program text that checks the completed program"},
        "entry_point": {"type": "string"},
        "stop": {"type": "array", "items": {"$ref": "#/$defs/text"}},
        "max_tokens": {"type": "integer", "minimum": 1, "maximum": 1048576},
        "meta": true
      },
      "oneOf": [
        {"properties": {"kind": {"const": "completion"}}, "required": ["prompt"]},
        {"properties": {"kind": {"const": "fim"}}, "required": ["prefix", "suffix"]},
        {"properties": {"kind": {"const": "chat"}}, "required": ["messages"]}
      ]
    }
  }
}
)JSON";
}

}  // namespace abgate::quality
