// Each benchmark in the shape that its publisher gives it: field names, nesting and oddities as in
// the files and loaders of openai/human-eval, openai/human-eval-infilling, google-research (mbpp),
// evalplus, amazon-science/cceval, RepoBench v1.1, gonglinyuan/safim and nuprl/MultiPL-E; the
// content was written for this project.

#include <filesystem>
#include <set>

#include "catch.hpp"
#include "core/error.hpp"
#include "quality/execute.hpp"
#include "quality/import.hpp"
#include "quality/suite.hpp"
#include "temp_dir.hpp"
#include "source_dir.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

struct Published {
  const char* file;
  const char* format;
  std::size_t items;
  std::set<std::string> categories;
};
const std::vector<Published>& published() {
  static const std::vector<Published> all{
      {"humaneval.jsonl", "humaneval", 2, {"humaneval"}},
      {"humaneval-infilling.jsonl",
       "humaneval-infilling",
       3,
       {"fim-line", "fim-multi-line", "fim-span"}},
      {"mbpp.jsonl", "mbpp", 2, {"mbpp"}},
      {"sanitized-mbpp.json", "mbpp", 2, {"mbpp"}},
      {"evalplus-humaneval.jsonl", "evalplus", 2, {"humaneval-plus"}},
      {"evalplus-mbpp.jsonl", "evalplus", 3, {"mbpp-plus"}},
      {"crosscodeeval.jsonl", "crosscodeeval", 4, {"crosscodeeval"}},
      {"repobench.jsonl", "repobench", 2, {"repobench-2k"}},
      {"safim.jsonl", "safim", 4, {"safim-api", "safim-block", "safim-control"}},
      {"multipl-e.jsonl", "multipl-e", 4, {"multipl-e"}},
      {"jsonl.jsonl", "jsonl", 3, {"imported", "sql"}}};
  return all;
}
Suite imported(const Published& p) {
  return import_suite(p.format,
                      source_dir() + "/tests/quality/data/formats/" + p.file);
}

}  // namespace

TEST_CASE("Every format is read in its published shape, written and read back", "[import]") {
  const TempDir dir;
  for (const Published& p : published()) {
    CAPTURE(p.file);
    const Suite suite = imported(p);
    REQUIRE(suite.items.size() == p.items);
    std::set<std::string> categories;
    for (const SuiteItem& item : suite.items) categories.insert(item.category);
    REQUIRE(categories == p.categories);
    write_suite(suite, dir.at("out.jsonl.gz"));
    const Suite back = load_suite(dir.at("out.jsonl.gz"));
    REQUIRE(back.items.size() == p.items);
    for (std::size_t i = 0; i < p.items; ++i) {
      REQUIRE(back.items[i].prefix == suite.items[i].prefix);
      REQUIRE(back.items[i].tests == suite.items[i].tests);
    }
  }
}

TEST_CASE("References of every executable format pass, stubs fail", "[import][execute]") {
  std::string why;
  auto sandbox = make_best_sandbox(why);
  if (!sandbox || find_program("python3").empty()) {
    WARN("skipped: " << why);
    return;
  }
  Limits patient;
  patient.wall_s = 30;
  patient.cpu_s = 30;
  Executor executor(std::move(sandbox), patient);
  for (const Published& p : published()) {
    const SuiteCheck check = verify_suite(imported(p), executor, 2);
    CAPTURE(p.file, check.failures, check.skipped);
    CHECK(check.good());
    const std::string format = p.format;
    if (format.find("human") != std::string::npos || format.find("mbpp") != std::string::npos ||
        format == "evalplus") {
      CHECK(check.executable == p.items);
    }
    if (format == "multipl-e") CHECK(check.references_pass == 0);
  }
}

TEST_CASE("MBPP+ gets its tuples, sets and complex numbers back, and its own comparisons",
          "[import][execute]") {
  std::string why;
  auto sandbox = make_best_sandbox(why);
  if (!sandbox || find_program("python3").empty()) {
    WARN("skipped: " << why);
    return;
  }
  Executor executor(std::move(sandbox));
  const Suite suite = imported({"evalplus-mbpp.jsonl", "evalplus", 3, {}});
  // Compared as sets: another order and repeats are as right.
  REQUIRE(executor
              .run(suite.items[0],
                   "def similar_elements(a, b):\n    return [x for x in b if x in a] * 2\n")
              .cls == RunClass::pass);
  REQUIRE(executor.run(suite.items[0], "def similar_elements(a, b):\n    return a\n").cls ==
          RunClass::assert_fail);
  REQUIRE(executor
              .run(suite.items[1],
                   "def get_equal(Input):\n    return all(type(t) is tuple for t in Input) and "
                   "len({len(t) for t in Input}) == 1\n")
              .cls == RunClass::pass);
  REQUIRE(executor
              .run(suite.items[2],
                   "import cmath\ndef convert(n):\n    r, p = cmath.polar(n)\n    return (r + "
                   "1e-9, p)\n")
              .cls == RunClass::pass);
  // Tests whose every input the reference refuses prove nothing; then nothing passes.
  SuiteItem vacuous = suite.items[0];
  vacuous.tests.replace(vacuous.tests.find("[tuple(x) for x in a]"), 21, "[1, 2]");
  REQUIRE(executor.run(vacuous, vacuous.reference).cls != RunClass::pass);
}

TEST_CASE("SAFIM rows have one hole, in the comment of their language", "[import]") {
  const TempDir dir;
  const std::string row =
      R"({"task_id":"block_1","lang":"python","prompt":"%","ground_truth":"x","unit_tests":[]})";
  const auto error = [&](const std::string& prompt) {
    std::string text = row;
    text.replace(text.find('%'), 1, prompt);
    try {
      import_suite("safim", dir.write("s.jsonl", text));
    } catch (const DataError& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  REQUIRE(error("a # TODO: Your code here b") == "no error");
  REQUIRE_THAT(error("a /* TODO: Your code here */ b"), ContainsSubstring("saw no hole"));
  REQUIRE_THAT(error("# TODO: Your code here # TODO: Your code here"),
               ContainsSubstring("saw two holes"));
}

TEST_CASE("Marks, line ends, encodings, depth and size of input files", "[import]") {
  const TempDir dir;
  const auto error = [&](const std::string& content) {
    const std::string path = dir.write("in.jsonl", content);
    try {
      import_suite("jsonl", path);
    } catch (const DataError& e) {
      return std::string(e.what()).substr(path.size());
    }
    return std::string("no error");
  };
  const std::string row = R"({"id":"%","prompt":"a","reference":"c","language":"go"})";
  REQUIRE(error("\xEF\xBB\xBF" + row + "\r\n") == "no error");
  REQUIRE(error("\xEF\xBB\xBF[" + row + "]") == "no error");
  REQUIRE(error(row) == "no error");  // no line end at all
  REQUIRE_THAT(error("\xFF\xFE{"), ContainsSubstring(":1:1: saw invalid UTF-8 at byte 1"));
  REQUIRE_THAT(error(row + "\n{\"id\":\"\xC3\x28\"}"),
               ContainsSubstring(":2:8: saw invalid UTF-8 at byte 8"));
  REQUIRE_THAT(error(row + "\n" + row), ContainsSubstring(":2: id: saw % a second time"));
  REQUIRE_THAT(error("[\n" + row + ",\n{\"a\":}\n]"),
               ContainsSubstring("saw broken JSON at byte"));
  const std::string deep(2'000'000, '[');
  REQUIRE_THAT(error("{\"id\":" + deep), ContainsSubstring("saw JSON nested deeper than"));
  REQUIRE_THAT(error(deep), ContainsSubstring("saw a broken JSON array"));
  REQUIRE_THAT(error("{\"prompt\":\"" + std::string(10 << 20, 'x') +
                     "\",\"reference\":\"\",\"language\":\"go\"}"),
               ContainsSubstring(":1: prompt: saw 10485760 bytes, want at most 4194304"));
  REQUIRE_THAT(error(row + std::string("\n\0", 2)), ContainsSubstring(":2:1: saw a NUL byte"));
  // Brackets inside texts are no depth.
  REQUIRE(error(R"({"prompt":")" + std::string(5000, '[') +
                R"(\"[","reference":"","language":"go"})") == "no error");
}
