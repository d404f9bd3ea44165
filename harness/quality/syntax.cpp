#include "quality/syntax.hpp"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <sstream>
#include <unordered_map>

#include "quality/execute.hpp"
#include "quality/languages.hpp"
#include "quality/parallel.hpp"
#include "quality/verdict_cache.hpp"

namespace abgate::quality {

namespace {

constexpr std::size_t kPerBatch = 50;
constexpr std::size_t kPerCppBatch = 10;

/// Distinct programs of one language and what the parser said: parses, does not, or unknown (-1).
struct Programs {
  std::unordered_map<std::string, std::size_t> numbers;
  std::vector<const std::string*> texts;
  std::vector<int> valid;

  void add(std::string text) {
    const auto [it, fresh] = numbers.emplace(std::move(text), texts.size());
    if (fresh) texts.push_back(&it->first);
  }
  int of(const std::string& text) const { return valid[numbers.at(text)]; }
};

std::string key_of(const std::string& language, const std::string& text) {
  return content_key({"syntax", language, text});
}

/// Fills in what the cache knows; returns the numbers of the rest.
std::vector<std::size_t> look_up(Programs& programs, const std::string& language,
                                 VerdictCache& cache) {
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < programs.texts.size(); ++i) {
    const auto known = cache.find(key_of(language, *programs.texts[i]));
    if (known) programs.valid[i] = known->cls == RunClass::pass ? 1 : 0;
    if (!known) unknown.push_back(i);
  }
  return unknown;
}

void keep(const Programs& programs, const std::string& language,
          const std::vector<std::size_t>& batch, VerdictCache& cache) {
  for (const std::size_t i : batch) {
    if (programs.valid[i] < 0) continue;
    RunVerdict verdict;
    verdict.cls = programs.valid[i] == 1 ? RunClass::pass : RunClass::syntax_error;
    cache.put(key_of(language, *programs.texts[i]), verdict);
  }
}

/// Fills in a batch and returns why, if it cannot.
std::string check_batch(Programs& programs, const std::string& language,
                        const std::vector<std::size_t>& batch, const Sandbox& sandbox) {
  SandboxJob job = make_syntax_job(language, batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    job.files.emplace_back(fmt::format("p{}", i), *programs.texts[batch[i]]);
  }
  const SandboxResult result = sandbox.run(job);
  std::istringstream lines(result.output);
  std::size_t number = 0, seen = 0;
  std::string word;
  while (lines >> number >> word) {
    if (number >= batch.size()) break;
    programs.valid[batch[number]] = word == "ok" ? 1 : 0;
    ++seen;
  }
  if (seen == batch.size()) return {};
  if (batch.size() > 1) {
    // A text that brings its parser down must not take the others with it: each alone.
    std::string why;
    for (const std::size_t i : batch) {
      if (programs.valid[i] >= 0) continue;
      const std::string alone = check_batch(programs, language, {i}, sandbox);
      if (!alone.empty()) why = alone;
    }
    return why;
  }
  return result.why.empty() ? fmt::format("{} checked {} of {}", job.argv[0], seen, batch.size())
                            : result.why;
}

}  // namespace

bool has_parser(std::string_view language) {
  const std::string_view parser = parser_of(language);
  return !parser.empty() && !find_program(parser).empty();
}

std::vector<std::string> add_syntax(std::vector<ItemScore>& scores, const Suite& suite,
                                    const Sandbox& sandbox, unsigned threads,
                                    const std::string& cache_file) {
  VerdictCache cache(cache_file);
  std::unordered_map<std::string_view, const SuiteItem*> items;
  for (const SuiteItem& item : suite.items) items.emplace(item.id, &item);
  std::map<std::string, Programs> by_language;
  std::map<std::string, std::size_t> left_out;
  const auto item_of = [&](const ItemScore& score) -> const SuiteItem* {
    const auto it = items.find(score.item);
    return score.answered && it != items.end() && !it->second->reference.empty() ? it->second
                                                                                 : nullptr;
  };
  for (const ItemScore& score : scores) {
    const SuiteItem* item = item_of(score);
    if (item == nullptr) continue;
    const std::string_view parser = parser_of(item->language);
    if (parser.empty() || find_program(parser).empty()) {
      ++left_out[parser.empty() ? fmt::format("no parser for {}", item->language)
                                : fmt::format("{} is not installed", parser)];
      continue;
    }
    Programs& programs = by_language[item->language];
    programs.add(assemble_program(*item, item->reference));
    programs.add(assemble_program(*item, score.completion));
  }
  std::mutex mutex;
  for (auto& [language, programs] : by_language) {
    programs.valid.assign(programs.texts.size(), -1);
    const std::vector<std::size_t> unknown = look_up(programs, language, cache);
    const std::size_t size = language == "cpp" ? kPerCppBatch : kPerBatch;
    const std::size_t batches = (unknown.size() + size - 1) / size;
    parallel_for(batches, threads, [&, &name = language, &all = programs](std::size_t b) {
      const auto begin = unknown.begin() + static_cast<std::ptrdiff_t>(b * size);
      const std::vector<std::size_t> batch(
          begin, begin + static_cast<std::ptrdiff_t>(std::min(size, unknown.size() - b * size)));
      const std::string why = check_batch(all, name, batch, sandbox);
      keep(all, name, batch, cache);
      if (why.empty()) return;
      const std::lock_guard lock(mutex);
      ++left_out[why];
    });
  }
  for (ItemScore& score : scores) {
    const SuiteItem* item = item_of(score);
    const auto it = item == nullptr ? by_language.end() : by_language.find(item->language);
    if (it == by_language.end()) continue;
    const int reference = it->second.of(assemble_program(*item, item->reference));
    const int answer = it->second.of(assemble_program(*item, score.completion));
    if (reference == 1 && answer >= 0) score.scores["syntax_valid"] = answer;
    if (reference == 0)
      ++left_out[fmt::format("{} text that does not parse with its own reference", item->language)];
  }
  std::vector<std::string> out;
  for (const auto& [why, count] : left_out)
    out.push_back(fmt::format("{} answers: {}", count, why));
  return out;
}

}  // namespace abgate::quality
