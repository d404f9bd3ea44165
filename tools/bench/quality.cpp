// What quality scoring costs: bench_quality score N | execute N | write N FILE | stream FILE.
// Each prints one line "name value" per figure; tools/bench/quality.sh makes the table of them.

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "core/rng.hpp"
#include "core/time.hpp"
#include "quality/execute.hpp"
#include "quality/identifiers.hpp"
#include "quality/match.hpp"
#include "quality/parallel.hpp"
#include "quality/sandbox.hpp"
#include "quality/score.hpp"
#include "quality/similarity.hpp"
#include "quality/suite.hpp"

namespace {

using namespace abgate;
using namespace abgate::quality;

constexpr unsigned kThreads = 2;
constexpr std::size_t kBytes = 1024;

/// About `bytes` of text that looks like Python to the scorers.
std::string make_code(Rng& rng, std::size_t bytes) {
  static const std::vector<std::string> words{
      "for ", "item", " in ", "range(", ")", ":\n    ", "return ", "total", " += ", "self.",
      "count", "'text'", "(", ", ", "[", "]", "value", " = ", "None", "\n    ", "if ", "x1"};
  std::string out;
  while (out.size() < bytes) {
    out += words[rng.below(words.size())];
    if (rng.below(4) == 0) out += std::to_string(rng.below(1000));
  }
  out.resize(bytes);
  return out;
}

/// The reference with some characters changed, as a wrong but related answer is.
std::string mutate(Rng& rng, std::string text) {
  for (int i = 0; i < 60; ++i) {
    text[rng.below(text.size())] = static_cast<char>('a' + rng.below(26));
  }
  return text;
}

double since(TimePoint begin) {
  return to_seconds(now() - begin);
}

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;  // kibibytes
}

int bench_score(std::size_t count) {
  Rng rng(1);
  std::vector<std::string> references(count), completions(count);
  for (std::size_t i = 0; i < count; ++i) {
    references[i] = make_code(rng, kBytes);
    completions[i] = mutate(rng, references[i]);
  }
  std::vector<double> sums(count);
  const auto timed = [&](const char* name, const auto& score) {
    const TimePoint begin = now();
    parallel_for(count, kThreads,
                 [&](std::size_t i) { sums[i] = score(completions[i], references[i]); });
    double total = 0;
    for (const double s : sums) total += s;
    std::cout << fmt::format("{} {:.2f}\n", name, since(begin));
    return total;
  };
  // The three scores that the target names, then everything that a report computes.
  double total = timed("score_seconds", [](const std::string& p, const std::string& g) {
    const IdentifierMatch names = match_identifiers(p, g, "python");
    return edit_similarity(p, g).indel + names.f1 + (em_strict(p, g) ? 1 : 0) +
           (em_ws(p, g) ? 1 : 0) + (em_line1(p, g) ? 1 : 0);
  });
  total += timed("score_all_seconds", [](const std::string& p, const std::string& g) {
    return score_text(p, g, "python").at("edit_similarity");
  });
  return total > 0 ? 0 : 1;
}

int bench_execute(std::size_t count) {
  std::string why;
  auto sandbox = make_best_sandbox(why);
  if (!sandbox) {
    std::cerr << "no sandbox works here: " << why << "\n";
    return 1;
  }
  Executor executor(std::move(sandbox));
  SuiteItem item;
  item.id = "f";
  item.language = "python";
  item.prompt = "def f(x):\n";
  item.entry_point = "f";
  item.reference = "    return x + 1\n";
  item.tests = "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(4) == 5\n";
  std::vector<char> passed(count);
  const TimePoint begin = now();
  parallel_for(count, kThreads, [&](std::size_t i) {
    // Each program differs, so that none comes from the cache; every second one is wrong.
    const std::string completion = fmt::format("    y = {}\n    return x + {}\n", i, 1 + i % 2);
    passed[i] = executor.run(item, completion).cls == RunClass::pass ? 1 : 0;
  });
  const double seconds = since(begin);
  std::size_t right = 0;
  for (std::size_t i = 0; i < count; ++i) right += passed[i] == (i % 2 == 0 ? 1 : 0) ? 1U : 0U;
  std::cout << fmt::format("execute_seconds {:.2f}\n", seconds);
  if (right == count) return 0;
  std::cerr << fmt::format("{} of {} verdicts are wrong\n", count - right, count);
  return 1;
}

int write_big_suite(std::size_t count, const std::string& path) {
  Rng rng(2);
  std::ofstream out(path, std::ios::binary);
  out << "{\"suite\":\"big\",\"version\":1,\"licence\":\"none\"}\n";
  for (std::size_t i = 0; i < count; ++i) {
    out << fmt::format(
        "{{\"id\":\"repository-{}/source/file_{}.py:{}\",\"cluster\":\"file_{}\","
        "\"category\":\"fim-line\",\"language\":\"python\",\"kind\":\"fim\","
        "\"prefix\":\"def f_{}(value):\\n    \",\"suffix\":\"\\n    return value\\n\","
        "\"reference\":\"value += {}\"}}\n",
        i / 1000, i / 5, i, i / 5, i, rng.below(1000));
  }
  out.close();
  return out ? 0 : 1;
}

int bench_stream(const std::string& path) {
  const TimePoint begin = now();
  std::size_t items = 0;
  stream_suite(path, [&](SuiteItem&& item) { items += item.id.empty() ? 0U : 1U; });
  std::cout << fmt::format("suite_items {}\nsuite_seconds {:.2f}\nsuite_rss_mb {:.0f}\n", items,
                           since(begin), peak_rss_mb());
  return 0;
}

int run(const std::vector<std::string>& words) {
  const auto count = [&] { return static_cast<std::size_t>(std::atol(words.at(1).c_str())); };
  if (words.size() == 2 && words[0] == "score") return bench_score(count());
  if (words.size() == 2 && words[0] == "execute") return bench_execute(count());
  if (words.size() == 3 && words[0] == "write") return write_big_suite(count(), words[2]);
  if (words.size() == 2 && words[0] == "stream") return bench_stream(words[1]);
  std::cerr << "usage: bench_quality score N | execute N | write N FILE | stream FILE\n";
  return 64;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
