#include "cli/grader_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "cli/cache_file.hpp"
#include "core/error.hpp"
#include "core/time.hpp"
#include "quality/execute.hpp"
#include "quality/sandbox.hpp"

namespace abgate::cli {

namespace {

constexpr std::size_t kPiece = 16;        // items between two looks at the clock
constexpr std::size_t kNamedFailures = 3;  // in the message; `abgate suite verify` prints all
constexpr double kNoteEvery = 5;           // seconds between progress lines
constexpr std::string_view kChecking = "checking";

/// The items with tests that the plan sends, in the suite's order.
Suite planned_with_tests(const Session& session) {
  std::set<std::string> planned;
  for (const Cell& cell : session.plan.cells) {
    if (cell.kind != CellKind::quality) continue;
    for (const PlannedRequest& r : cell.requests) planned.insert(session.plan.prompts[r.item].id);
  }
  Suite out = *session.quality;
  std::erase_if(out.items, [&](const SuiteItem& item) {
    return item.tests.empty() || planned.count(item.id) == 0;
  });
  return out;
}

void add(quality::SuiteCheck& all, const quality::SuiteCheck& piece) {
  all.executable += piece.executable;
  all.references_pass += piece.references_pass;
  all.stubs_fail += piece.stubs_fail;
  all.failures.insert(all.failures.end(), piece.failures.begin(), piece.failures.end());
}

[[noreturn]] void refuse(const Suite& suite, const quality::SuiteCheck& check,
                         std::string_view not_done) {
  std::string named;
  for (std::size_t i = 0; i < std::min(kNamedFailures, check.failures.size()); ++i)
    named += (i > 0 ? "; " : "") + printable(check.failures[i], 200);
  if (check.failures.size() > kNamedFailures)
    named += fmt::format("; {} more", check.failures.size() - kNamedFailures);
  throw Error(
      ExitCode::void_run,
      fmt::format("VOID: the tests of suite {} do not tell right from wrong here ({}): {}; {}; see "
                  "`abgate suite verify {}`",
                  suite.name, check.sentence(), named, not_done, printable(suite.path, 200)));
}

}  // namespace

std::function<void(const Session&)> grader_first(
    const std::function<void(const std::string&)>& note, const std::stop_token& stop) {
  return [note, stop](const Session& session) {
    const auto progress = [&](const std::string& line) {
      if (line.starts_with(kChecking)) note(line);
    };
    check_grader(session, verdict_cache_file(progress), progress, stop);
    if (stop.stop_requested())
      throw Error(ExitCode::interrupted, "interrupted before any request was sent");
  };
}

GraderCheck check_grader(const Session& session, const std::string& cache,
                         const std::function<void(const std::string&)>& note,
                         const std::stop_token& stop) {
  if (!session.quality) return {};
  return check_tests(planned_with_tests(session), cache, note, stop, "nothing was sent");
}

GraderCheck check_tests(const Suite& suite, const std::string& cache,
                        const std::function<void(const std::string&)>& note,
                        const std::stop_token& stop, std::string_view not_done) {
  if (suite.items.empty()) return {};
  std::string why;
  auto sandbox = quality::make_best_sandbox(why);
  if (!sandbox) {
    const std::string line = fmt::format(
        "the tests of {} items are not executed, nothing contains programs here: {}",
        suite.items.size(), printable(why, 300));
    note("warning: " + line);
    return {line, ""};
  }
  const std::string tier = fmt::format("sandbox {}", to_string(sandbox->tier()));
  quality::Executor executor(std::move(sandbox), {}, cache);
  quality::SuiteCheck all;
  TimePoint said = now();
  for (std::size_t at = 0; at < suite.items.size() && !stop.stop_requested(); at += kPiece) {
    Suite piece;
    const std::size_t end = std::min(suite.items.size(), at + kPiece);
    piece.items.assign(suite.items.begin() + static_cast<std::ptrdiff_t>(at),
                       suite.items.begin() + static_cast<std::ptrdiff_t>(end));
    add(all, verify_suite(piece, executor));
    if (to_seconds(now() - said) < kNoteEvery || end == suite.items.size()) continue;
    note(fmt::format("{} the tests of {}: {} of {} items", kChecking, suite.name, end,
                     suite.items.size()));
    said = now();
  }
  if (stop.stop_requested()) return {};
  if (!all.good()) refuse(suite, all, not_done);
  std::string line = fmt::format("tests of {}: {} ({})", suite.name, all.sentence(), tier);
  if (all.executable < suite.items.size())
    line += fmt::format("; {} more items have tests that do not run here",
                        suite.items.size() - all.executable);
  note(line);
  return {std::move(line), executor.verdicts_asked()};
}

}  // namespace abgate::cli
