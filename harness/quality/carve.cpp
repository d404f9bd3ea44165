#include "quality/carve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "dataset/line_reader.hpp"
#include "quality/importers.hpp"
#include "quality/text.hpp"
#include "quality/truncate.hpp"

namespace abgate::quality {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxMeanLine = 160;  // above: minified or generated

constexpr std::array<std::string_view, 12> kNotEntered{
    "node_modules",  "build",       "dist", "target", "vendor", "third_party",
    "site-packages", "__pycache__", "venv", "out",    "bin",    "obj"};

bool entered(const fs::path& path) {
  const std::string name = path.filename();
  return !name.starts_with('.') &&
         std::find(kNotEntered.begin(), kNotEntered.end(), name) == kNotEntered.end();
}

/// Paths relative to the root, sorted, so that the order of the file system does not matter.
std::vector<std::string> source_files(const fs::path& root) {
  std::vector<std::string> out;
  std::error_code failed;
  fs::recursive_directory_iterator entry(root, fs::directory_options::skip_permission_denied,
                                         failed),
      end;
  if (failed) throw DataError({root.string()}, "", failed.message(), "a directory");
  for (; entry != end; entry.increment(failed)) {
    if (entry->is_symlink(failed) || !entered(entry->path())) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file(failed)) {
      out.push_back(entry->path().lexically_relative(root).generic_string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool wanted(const std::string& language, const CarveOptions& options) {
  if (language.empty()) return false;
  return options.languages.empty() || std::find(options.languages.begin(), options.languages.end(),
                                                language) != options.languages.end();
}

/// The text of a file that is worth carving.
std::optional<std::string> readable(const fs::path& path, const CarveOptions& options) {
  std::error_code failed;
  const auto size = fs::file_size(path, failed);
  if (failed || size == 0 || size > options.max_file_bytes) return std::nullopt;
  std::string text = dataset::read_text(path.string(), options.max_file_bytes);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  const bool usable = text.find('\0') == std::string::npos && text.size() / lines <= kMaxMeanLine &&
                      decode_utf8(text).invalid == 0 &&
                      find_special_token(text) == std::string_view::npos;
  if (!usable) return std::nullopt;
  return text;
}

/// Up to `count` holes that do not overlap, the categories in turn, in seeded order.
std::vector<Hole> choose(std::vector<Hole> holes, std::size_t count, Rng& rng) {
  std::map<std::string_view, std::vector<Hole>> by_category;
  for (const Hole& hole : holes) by_category[hole.category].push_back(hole);
  std::vector<std::vector<Hole>> queues;
  for (auto& [category, queue] : by_category) {
    shuffle(std::span<Hole>(queue), rng);
    queues.push_back(std::move(queue));
  }
  shuffle(std::span<std::vector<Hole>>(queues), rng);
  std::vector<Hole> chosen;
  const auto free = [&](const Hole& hole) {
    return std::none_of(chosen.begin(), chosen.end(),
                        [&](const Hole& c) { return hole.begin < c.end && c.begin < hole.end; });
  };
  for (bool progress = true; progress && chosen.size() < count;) {
    progress = false;
    for (auto& queue : queues) {
      while (!queue.empty() && !free(queue.back())) queue.pop_back();
      if (queue.empty() || chosen.size() == count) continue;
      chosen.push_back(queue.back());
      queue.pop_back();
      progress = true;
    }
  }
  std::sort(chosen.begin(), chosen.end(),
            [](const Hole& a, const Hole& b) { return a.begin < b.begin; });
  return chosen;
}

int tokens_for(std::string_view category) {
  if (category == "fim-block") return 256;
  return category == "fim-multi-line" ? 160 : 64;
}

SuiteItem make_item(const std::string& file, const std::string& language, const std::string& text,
                    const Hole& hole, const CarveOptions& options) {
  std::size_t from = hole.begin > options.prefix_bytes ? hole.begin - options.prefix_bytes : 0;
  if (from > 0) from = std::min(text.find('\n', from), hole.begin - 1) + 1;
  std::size_t to = std::min(hole.end + options.suffix_bytes, text.size());
  if (to < text.size()) {
    const std::size_t newline = text.rfind('\n', to);
    to = newline != std::string::npos && newline > hole.end ? newline + 1 : hole.end;
  }
  SuiteItem item;
  const auto line =
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(hole.begin), '\n') + 1;
  item.id = fmt::format("{}#{}-{}@{}", file, hole.category, line, hole.begin);
  item.cluster = file;
  item.category = hole.category;
  item.language = language;
  item.kind = ItemKind::fim;
  item.prefix = text.substr(from, hole.begin - from);
  item.suffix = text.substr(hole.end, to - hole.end);
  item.reference = text.substr(hole.begin, hole.end - hole.begin);
  item.max_tokens = tokens_for(hole.category);
  return item;
}

}  // namespace

Suite carve(const std::string& directory, const CarveOptions& options, CarveReport* report) {
  const fs::path root = fs::path(directory).lexically_normal();
  if (!fs::is_directory(root))
    throw DataError({directory}, "", "no directory", "a directory with source files");
  std::vector<std::string> files = source_files(root);
  CarveReport counts;
  Suite suite;
  const fs::path named = root.has_filename() ? root.filename() : root.parent_path().filename();
  suite.name = "carved-" + named.string();
  Rng order(derive_seed(options.seed, "files"));
  if (options.max_items > 0) shuffle(std::span<std::string>(files), order);
  for (const std::string& file : files) {
    if (options.max_items > 0 && suite.items.size() >= options.max_items) break;
    const std::string language = language_of_file(file);
    const auto text = wanted(language, options) ? readable(root / file, options) : std::nullopt;
    std::vector<Hole> holes;
    Rng rng(derive_seed(options.seed, file));
    if (text) holes = choose(find_holes(*text, language), options.per_file, rng);
    ++(holes.empty() ? counts.skipped : counts.files);
    for (const Hole& hole : holes)
      suite.items.push_back(make_item(file, language, *text, hole, options));
  }
  if (options.max_items > 0 && suite.items.size() > options.max_items)
    suite.items.resize(options.max_items);
  if (report != nullptr) *report = counts;
  if (suite.items.empty()) {
    throw DataError({directory}, "",
                    fmt::format("no source text to carve in {} files", files.size()),
                    "source files of a known language");
  }
  return suite;
}

}  // namespace abgate::quality
