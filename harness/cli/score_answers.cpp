#include "cli/score_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

#include "core/error.hpp"
#include "quality/execute.hpp"
#include "quality/sandbox.hpp"
#include "quality/suite.hpp"
#include "quality/syntax.hpp"

namespace abgate::cli {

namespace {

/// Items that any arm answered, in the suite's order.
std::vector<const SuiteItem*> answered_items(const std::vector<ItemScore>& scores,
                                             const Suite& suite) {
  std::set<std::string_view> answered;
  for (const ItemScore& s : scores) {
    if (s.answered) answered.insert(s.item);
  }
  std::vector<const SuiteItem*> out;
  for (const SuiteItem& item : suite.items) {
    if (answered.count(item.id) > 0) out.push_back(&item);
  }
  return out;
}

std::string counted_items(std::size_t n) {
  return fmt::format("{} item{}", n, n == 1 ? "" : "s");
}

constexpr std::size_t kNamedItems = 5;

/// How many answers of each arm carry a flag, and on which items; empty if none does.
std::string flagged(const std::vector<ItemScore>& scores, std::string_view flag) {
  std::map<Arm, std::size_t> by;
  std::set<std::string_view> items;
  for (const ItemScore& s : scores) {
    if (std::find(s.flags.begin(), s.flags.end(), flag) == s.flags.end()) continue;
    ++by[s.arm];
    items.insert(s.item);
  }
  std::string out, named;
  for (const auto& [arm, n] : by)
    out += fmt::format("{}{} of {}", out.empty() ? "" : ", ", n, to_string(arm));
  if (out.empty()) return out;
  std::size_t left = kNamedItems;
  for (const std::string_view item : items) {
    if (left-- == 0) break;
    named += (named.empty() ? "" : ", ") + printable(std::string(item), 80);
  }
  if (items.size() > kNamedItems) named += fmt::format(" and {} more", items.size() - kNamedItems);
  return fmt::format("{} ({})", out, named);
}

/// Passes that are none.
void note_doubtful(const std::vector<ItemScore>& scores, std::vector<std::string>& notes) {
  if (const std::string who = flagged(scores, "run_forged"); !who.empty())
    notes.push_back("pass1: forged passes, counted as failures: " + who +
                    "; these programs pass whatever their tests say, with checks that must fail "
                    "as well");
  if (const std::string who = flagged(scores, "run_unproven"); !who.empty())
    notes.push_back("pass1: unproven passes, counted as failures: " + who +
                    "; these programs passed once, but with checks that must fail they ended "
                    "otherwise, twice");
}

void execute(std::vector<ItemScore>& scores, const Suite& suite, const QualityConfig& config,
             const std::vector<const SuiteItem*>& answered, quality::Executor& executor,
             unsigned threads, std::vector<std::string>& notes) {
  std::map<std::string, std::size_t> skipped;
  std::size_t runnable = 0;
  for (const SuiteItem* item : answered) {
    std::string why;
    if (executor.can_run(*item, why)) {
      ++runnable;
    } else {
      ++skipped[why];
    }
  }
  if (runnable == 0) return;
  quality::add_execution(scores, suite, executor, threads);
  notes.push_back(fmt::format("pass1: the answers to {} were executed with their tests in sandbox {}",
                              counted_items(runnable),
                              to_string(executor.sandbox().tier())));
  note_doubtful(scores, notes);
  for (const auto& [why, count] : skipped)
    notes.push_back(fmt::format("pass1: not measured for {}: {}", counted_items(count), why));
  const std::size_t k = config.pass_k > 0 ? config.pass_k : config.repeats;
  if (config.repeats < 2 && k < 2) return;
  const std::size_t lacking = quality::add_pass_at_k(scores, k);
  notes.push_back(fmt::format("pass_at_k: k = {} of {} repeats, the unbiased estimate per item", k,
                              config.repeats));
  if (lacking > 0)
    notes.push_back(fmt::format("pass_at_k: not measured for {} sets of answers: fewer than {} of "
                                "them were executed",
                                lacking, k));
}

}  // namespace

bool load_quality_suite(const store::StoredRun& run, Suite& suite) {
  for (const auto& copy : run.manifest.suites) {
    if (copy.role != "quality") continue;
    suite = quality::load_suite(run.path + "/" + copy.file);
    return true;
  }
  return false;
}

VerdictFiles verdict_files(const std::string& run_folder) {
  return {run_folder + "/executions.cache", run_folder + "/syntax.cache"};
}

std::vector<std::string> add_executed(std::vector<ItemScore>& scores, const Suite& suite,
                                      const QualityConfig& config, const VerdictFiles& caches,
                                      unsigned threads) {
  std::vector<std::string> notes;
  const auto answered = answered_items(scores, suite);
  if (answered.empty()) return notes;
  const bool any_tests = std::any_of(answered.begin(), answered.end(),
                                     [](const SuiteItem* item) { return !item->tests.empty(); });
  std::string why;
  auto sandbox = quality::make_best_sandbox(why);
  if (!sandbox) {
    const std::string reason =
        "not measured: nothing contains programs on this machine (sandbox C): " +
        printable(why, 300);
    if (any_tests) notes.push_back("pass1: " + reason);
    notes.push_back("syntax_valid: " + reason);
    return notes;
  }
  quality::Executor executor(std::move(sandbox), {}, caches.executions);
  if (any_tests) execute(scores, suite, config, answered, executor, threads, notes);
  for (const std::string& left :
       quality::add_syntax(scores, suite, executor.sandbox(), threads, caches.syntax))
    notes.push_back("syntax_valid: not measured for " + left);
  return notes;
}

}  // namespace abgate::cli
