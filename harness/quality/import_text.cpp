// Benchmarks whose answers are compared with a reference: CrossCodeEval, RepoBench, SAFIM; generic
// JSONL.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/rng.hpp"
#include "quality/importers.hpp"
#include "quality/text.hpp"

namespace abgate::quality {

namespace {

constexpr int kLineTokens = 64;
constexpr int kBlockTokens = 256;
constexpr std::size_t kRepoContextBytes = 48000;  // about RepoBench's 15,800 tokens

struct Name {
  std::string_view other, ours;
};
constexpr std::array<Name, 28> kNames{{{"py", "python"},      {"js", "javascript"},
                                       {"mjs", "javascript"}, {"jsx", "javascript"},
                                       {"ts", "typescript"},  {"tsx", "typescript"},
                                       {"rs", "rust"},        {"sh", "bash"},
                                       {"cc", "cpp"},         {"cxx", "cpp"},
                                       {"c++", "cpp"},        {"hpp", "cpp"},
                                       {"hh", "cpp"},         {"h", "cpp"},
                                       {"cs", "csharp"},      {"c#", "csharp"},
                                       {"golang", "go"},      {"go_test.go", "go"},
                                       {"c-sharp", "csharp"},      {"cpp", "cpp"},
                                       {"go", "go"},          {"java", "java"},
                                       {"sql", "sql"},        {"c", "c"},
                                       {"python3", "python"}, {"node", "javascript"},
                                       {"shell", "bash"},     {"bash", "bash"}}};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string comment_of(const std::string& language) {
  return language == "python" ? "# " : "// ";
}

}  // namespace

std::string language_named(std::string_view name) {
  const std::string key = lower(name);
  for (const Name& n : kNames) {
    if (n.other == key) return std::string(n.ours);
  }
  return key;
}

std::string language_of_file(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos || path.find('/', dot) != std::string_view::npos) return {};
  const std::string extension = lower(path.substr(dot + 1));
  for (const Name& n : kNames) {
    if (n.other == extension) return std::string(n.ours);
  }
  return {};
}

SuiteItem import_crosscodeeval(const JsonRow& row) {
  const JsonRow meta = row.object("metadata");
  SuiteItem item;
  item.id = meta.text("task_id", true, false);
  item.cluster = meta.text("repository", true, false);
  item.category = "crosscodeeval";
  item.language = language_of_file(meta.text("file", true, false));
  if (item.language.empty())
    meta.fail("file", meta.text("file", true), "a file name with a known extension");
  item.kind = ItemKind::fim;
  if (row.has("crossfile_context")) {
    const std::string context = row.object("crossfile_context").text("text", true);
    if (!context.empty()) item.prefix = context + "\n";
  }
  item.prefix += row.text("prompt", true, false);
  item.suffix = row.text("right_context", true);
  item.reference = row.text("groundtruth", true, false);
  item.max_tokens = kLineTokens;
  return item;
}

SuiteItem import_repobench(const JsonRow& row) {
  SuiteItem item;
  const std::string repo = row.text("repo_name", true, false),
                    file = row.text("file_path", true, false);
  item.id = fmt::format("repobench/{}/{}#{}", repo, file, row.place().line);
  item.cluster = repo;
  item.category = "repobench" + (row.has("level") ? "-" + row.text("level", true) : "");
  item.language = language_of_file(file);
  if (item.language.empty()) row.fail("file_path", file, "a file name with a known extension");
  const std::string comment = comment_of(item.language);
  const std::string code =
      fmt::format("{}Path: {}\n{}\n{}\n", comment, file, row.text("import_statement", true),
                  row.text("cropped_code", true, false));
  std::string context = fmt::format("{}Repo Name: {}\n", comment, repo);
  for (const JsonRow& snippet : row.objects("context")) {
    const std::string part = fmt::format("{}Path: {}\n{}\n\n", comment, snippet.text("path", true),
                                         snippet.text("snippet", true));
    if (context.size() + part.size() + code.size() > kRepoContextBytes) break;
    context += part;
  }
  item.prompt = context + code;
  item.reference = row.text("next_line", true, false);
  item.stop = {"\n"};
  if (item.reference.find('\n') != std::string::npos) item.stop.clear();
  item.max_tokens = kLineTokens;
  return item;
}

SuiteItem import_safim(const JsonRow& row) {
  SuiteItem item;
  item.id = row.text("task_id", true, false);
  item.language = language_named(row.text("lang", true, false));
  item.category = "safim-" + item.id.substr(0, item.id.find('_'));
  item.kind = ItemKind::fim;
  const std::string prompt = row.text("prompt", true, false);
  // Its authors cut at the one comment of the language's own form.
  const std::string_view hole =
      item.language == "python" ? "# TODO: Your code here" : "/* TODO: Your code here */";
  const std::size_t at = prompt.find(hole);
  if (at == std::string::npos || prompt.find(hole, at + 1) != std::string::npos) {
    row.fail("prompt", at == std::string::npos ? "no hole" : "two holes",
             fmt::format("text with one \"{}\"", hole));
  }
  item.prefix = prompt.substr(0, at);
  item.suffix = prompt.substr(at + hole.size());
  item.reference = row.text("ground_truth", true, false);
  // Holes of one program share its whole text.
  item.cluster = fmt::format("{:016x}", fnv1a(item.prefix + item.reference + item.suffix));
  item.max_tokens = kBlockTokens;
  return item;
}

SuiteItem import_jsonl(const JsonRow& row) {
  SuiteItem item;
  item.id = row.has("id") ? row.label("id") : std::to_string(row.place().line);
  item.cluster = row.has("cluster") ? row.label("cluster") : item.id;
  item.category = row.has("category") ? row.label("category") : "imported";
  item.language = language_named(row.any_text({"language", "lang"}, true));
  item.reference = row.any_text({"reference", "groundtruth", "canonical_solution", "answer"}, true);
  if (row.has("messages")) {
    item.kind = ItemKind::chat;
    item.messages = row.messages("messages");
  } else if (row.has("suffix")) {
    item.kind = ItemKind::fim;
    item.prefix = row.any_text({"prefix", "prompt"}, true);
    item.suffix = row.text("suffix", true);
  } else {
    item.prompt = row.any_text({"prompt", "prefix"}, true);
    if (item.prompt.empty()) row.fail("prompt", "an empty string", "text");
  }
  item.tests = row.any_text({"tests", "test"}, false);
  item.entry_point = row.any_text({"entry_point"}, false);
  item.stop = row.texts("stop");
  if (row.has("max_tokens")) item.max_tokens = row.whole("max_tokens", 1, 1 << 20);
  return item;
}

}  // namespace abgate::quality
