#include "quality/import.hpp"

#include <filesystem>

#include "catch.hpp"
#include "core/error.hpp"
#include "quality/execute.hpp"
#include "quality/suite.hpp"
#include "temp_dir.hpp"
#include "source_dir.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

SuiteItem import_one(std::string_view format, const std::string& row) {
  const TempDir dir;
  const Suite suite = import_suite(format, dir.write("in.jsonl", row + "\n"));
  REQUIRE(suite.items.size() == 1);
  // What is imported can be written and read back.
  write_suite(suite, dir.at("out.jsonl"));
  const Suite back = load_suite(dir.at("out.jsonl"));
  REQUIRE(back.items.size() == 1);
  REQUIRE(back.items[0].id == suite.items[0].id);
  REQUIRE(back.items[0].tests == suite.items[0].tests);
  return suite.items[0];
}

std::string error_of(std::string_view format, const std::string& content) {
  const TempDir dir;
  const std::string path = dir.write("in.jsonl", content);
  try {
    import_suite(format, path);
  } catch (const DataError& e) {
    const std::string what = e.what();
    return what.starts_with(path) ? what.substr(path.size()) : what;
  }
  return "no error";
}

/// Whether the item's reference passes and a stub fails; true where nothing can be executed.
bool executes(const SuiteItem& item) {
  std::string why;
  auto sandbox = make_best_sandbox(why);
  if (!sandbox) {
    WARN("skipped: " << why);
    return true;
  }
  Executor executor(std::move(sandbox));
  Suite suite;
  suite.items = {item};
  const SuiteCheck check = verify_suite(suite, executor, 1);
  CAPTURE(check.failures, check.skipped);
  CHECK(check.good());
  return check.good();
}

}  // namespace

TEST_CASE("HumanEval rows become completions that execute", "[import]") {
  const SuiteItem item = import_one(
      "humaneval",
      R"x({"task_id":"HumanEval/0","prompt":"def f(a):\n    \"\"\"Doubles.\"\"\"\n","entry_point":"f","canonical_solution":"    return 2 * a\n","test":"METADATA = {}\n\n\ndef check(candidate):\n    assert candidate(2) == 4\n"})x");
  REQUIRE(item.id == "HumanEval/0");
  REQUIRE(item.cluster == "HumanEval/0");
  REQUIRE(item.kind == ItemKind::completion);
  REQUIRE(item.max_tokens == 768);
  REQUIRE(executes(item));
}

TEST_CASE("HumanEval-Infilling rows are clustered by their problem", "[import]") {
  const SuiteItem item = import_one(
      "humaneval-infilling",
      R"x({"task_id":"SingleLineInfilling/HumanEval/17/L3","entry_point":"f","prompt":"def f(a):\n    b = a\n","suffix":"    return b\n","canonical_solution":"    b += 1\n","test":"def check(candidate):\n    assert candidate(1) == 2\n"})x");
  REQUIRE(item.cluster == "HumanEval/17");
  REQUIRE(item.category == "fim-line");
  REQUIRE(item.kind == ItemKind::fim);
  REQUIRE(item.prefix == "def f(a):\n    b = a\n");
  REQUIRE(item.max_tokens == 64);
  REQUIRE(executes(item));
}

TEST_CASE(
    "MBPP rows, plain and sanitized, keep their tests and drop stops that the reference needs",
    "[import]") {
  const SuiteItem plain = import_one(
      "mbpp",
      R"x({"task_id":2,"text":"Write a function.","code":"def helper(x):\r\n  return x\r\ndef g(x):\r\n  return helper(x) + 1","test_list":["assert g(1) == 2","assert g(2) == 3"],"test_setup_code":"","challenge_test_list":[]})x");
  REQUIRE(plain.id == "Mbpp/2");
  REQUIRE(plain.entry_point == "g");
  REQUIRE(plain.prompt == "\"\"\"\nWrite a function.\nassert g(1) == 2\n\"\"\"\n");
  REQUIRE(plain.reference.find('\r') == std::string::npos);
  REQUIRE(plain.stop.size() == 5);
  REQUIRE(executes(plain));
  const TempDir dir;
  const Suite sanitized = import_suite(
      "mbpp",
      dir.write(
          "s.json",
          R"x([{"source_file":"b.ipynb","task_id":3,"prompt":"Print it.","code":"def p(x):\n    return math.sqrt(x)\nprint(1)","test_imports":["import math"],"test_list":["assert p(4) == 2"]}])x"));
  REQUIRE(sanitized.items[0].tests == "import math\nassert p(4) == 2\n");
  REQUIRE(sanitized.items[0].stop.size() == 4);
}

TEST_CASE("EvalPlus rows are graded by comparison with their reference", "[import]") {
  const SuiteItem item = import_one(
      "evalplus",
      R"x({"task_id":"HumanEval/4","prompt":"def mean(a, k=1):\n    \"\"\"Mean 'é\\ud83d\".\"\"\"\n","entry_point":"mean","canonical_solution":"    return sum(a) / len(a) * k\n","base_input":[[[1.0,2.0]]],"plus_input":[[[3,4,5]],[[]],[[1e300],2]],"atol":0.000001,"contract":"","test":""})x");
  REQUIRE(item.category == "humaneval-plus");
  REQUIRE(executes(item));
  std::string why;
  if (auto sandbox = make_best_sandbox(why)) {
    Executor executor(std::move(sandbox));
    REQUIRE(executor.run(item, "    return (sum(a) + 1e-9) / len(a) * k\n").cls == RunClass::pass);
    REQUIRE(executor.run(item, "    return sum(a) / len(a)\n").cls == RunClass::assert_fail);
  }
}

TEST_CASE("CrossCodeEval rows become fill-in-the-middle items with cross-file context",
          "[import]") {
  const SuiteItem item = import_one(
      "crosscodeeval",
      R"x({"prompt":"import a\n\nx = a.","groundtruth":"foo(x)","right_context":"\ny = 2\n","metadata":{"task_id":"project_cc_python/62","repository":"me/repo","file":"a/b.py","context_start_lineno":0,"groundtruth_start_lineno":2,"right_context_start_lineno":3},"crossfile_context":{"text":"# Here are some fragments","list":[]}})x");
  REQUIRE(item.cluster == "me/repo");
  REQUIRE(item.language == "python");
  REQUIRE(item.prefix == "# Here are some fragments\nimport a\n\nx = a.");
  REQUIRE(item.suffix == "\ny = 2\n");
  REQUIRE(item.reference == "foo(x)");
}

TEST_CASE("RepoBench rows are rendered as its authors do", "[import]") {
  const SuiteItem item = import_one(
      "repobench",
      R"x({"repo_name":"o/r","file_path":"a.py","context":[{"identifier":"X","path":"b.py","snippet":"class X: pass"}],"import_statement":"from b import X","cropped_code":"def f():","next_line":"  y = X()","gold_snippet_index":0,"level":"4k"})x");
  REQUIRE(
      item.prompt ==
      "# Repo Name: o/r\n# Path: b.py\nclass X: pass\n\n# Path: a.py\nfrom b import X\ndef f():\n");
  REQUIRE(item.category == "repobench-4k");
  REQUIRE(item.reference == "  y = X()");
  REQUIRE(item.stop == std::vector<std::string>{"\n"});
}

TEST_CASE("SAFIM rows are split at their hole and clustered by program", "[import]") {
  const std::string row =
      R"x({"task_id":"block_123","lang":"java","prompt":"class A {\n  /* TODO: Your code here */\n}\n","eval_prompt":"class A {\n  {{completion}}\n}\n","ground_truth":"int x;","unit_tests":"[]"})x";
  const SuiteItem item = import_one("safim", row);
  REQUIRE(item.category == "safim-block");
  REQUIRE(item.prefix == "class A {\n  ");
  REQUIRE(item.suffix == "\n}\n");
  REQUIRE(item.language == "java");
  std::string no_hole = row;
  no_hole.replace(no_hole.find("TODO"), 4, "DONE");
  REQUIRE_THAT(error_of("safim", no_hole), ContainsSubstring(":1: prompt: saw no hole"));
}

TEST_CASE("MultiPL-E rows keep their stop tokens and their problem as cluster", "[import]") {
  const SuiteItem item = import_one(
      "multipl-e",
      R"x({"name":"HumanEval_0_f","language":"sh","prompt":"f() {\n","doctests":"transform","original":"x.py","prompt_terminology":"reworded","tests":"}\n\n[[ $(f) == 1 ]]\n","stop_tokens":["\n}"],"task_id":"HumanEval_0","test":""})x");
  REQUIRE(item.language == "bash");
  REQUIRE(item.id == "bash/HumanEval_0_f");
  REQUIRE(item.cluster == "HumanEval_0_f");
  REQUIRE(item.stop == std::vector<std::string>{"\n}"});
  std::string why;
  if (auto sandbox = make_best_sandbox(why)) {
    Executor executor(std::move(sandbox));
    REQUIRE(executor.run(item, "  echo 1").cls == RunClass::pass);
    REQUIRE(executor.run(item, "  echo 2").cls == RunClass::assert_fail);
  }
}

TEST_CASE("Generic rows need little and take the kind from their fields", "[import]") {
  const SuiteItem fim =
      import_one("jsonl", R"({"prefix":"a","suffix":"b","reference":"c","lang":"ts"})");
  REQUIRE(fim.kind == ItemKind::fim);
  REQUIRE(fim.id == "1");
  REQUIRE(fim.cluster == "1");
  REQUIRE(fim.language == "typescript");
  const SuiteItem chat = import_one(
      "jsonl",
      R"({"id":7,"messages":[{"role":"user","content":"x"}],"reference":"","language":"sql"})");
  REQUIRE(chat.kind == ItemKind::chat);
  REQUIRE(chat.id == "7");
  REQUIRE(import_one("jsonl", R"({"prompt":"a","reference":"c","language":"C++"})").language ==
          "cpp");
}

TEST_CASE("A gzip benchmark file is read directly, and a broken one is named", "[import]") {
  const TempDir dir;
  const std::string row = R"({"id":"%","prompt":"a","reference":"c","language":"go"})";
  std::string body;
  for (int i = 0; i < 500; ++i) {
    std::string one = row;
    body += one.replace(one.find('%'), 1, std::to_string(i * 7919)) + "\n";
  }
  const std::string path = dir.write_gz("in.jsonl.gz", body);
  REQUIRE(import_suite("jsonl", path).items.size() == 500);
  const std::string whole = slurp(path);
  REQUIRE_THROWS_WITH(
      import_suite("jsonl", dir.write("cut.jsonl.gz", whole.substr(0, whole.size() / 2))),
      ContainsSubstring("cut short"));
}

TEST_CASE("Each format names the field that is missing or wrong", "[import]") {
  REQUIRE(error_of("humaneval", R"({"prompt":"x"})") == ":1: task_id: saw nothing, want a string");
  REQUIRE(error_of("humaneval", R"({"task_id":3})") == ":1: task_id: saw 3, want a string");
  REQUIRE(error_of("humaneval-infilling", "{}") == ":1: task_id: saw nothing, want a string");
  REQUIRE(error_of("mbpp", R"({"task_id":1,"code":"x","test_list":[]})") ==
          ":1: test_list: saw no tests, want at least one");
  REQUIRE(error_of("mbpp", R"({"task_id":1.5})") == ":1: task_id: saw 1.5, want a string");
  REQUIRE(error_of("crosscodeeval", R"({"metadata":[]})") ==
          ":1: metadata: saw [], want an object");
  REQUIRE(error_of("repobench", "\n\n{\"repo_name\":1}") == ":3: repo_name: saw 1, want a string");
  REQUIRE_THAT(error_of("jsonl", R"({"reference":"","language":"go"})"),
               ContainsSubstring(":1: prompt: saw nothing"));
  REQUIRE(error_of("jsonl", "") == ": saw no rows, want rows in format jsonl");
  REQUIRE_THAT(error_of("jsonl", "[{]"), ContainsSubstring("a broken JSON array"));
  REQUIRE_THAT(error_of("jsonl", "{\"id\":"), ContainsSubstring("broken JSON"));
  REQUIRE_THAT(error_of("parquet", "{}"),
               ContainsSubstring("format: saw parquet, want one of humaneval,"));
}

TEST_CASE("Every format survives garbage with one clear error", "[import]") {
  for (const std::string_view format : import_formats()) {
    for (const std::string content : {"null", "[]", "[1]", "{}", "\"x\"", "{\"task_id\":{}}",
                                      "\xff\xfe", "{\"a\":\"\\u0000\"}"}) {
      CAPTURE(format, content);
      const std::string error = error_of(format, content);
      REQUIRE(error != "no error");
      REQUIRE(error.find('\n') == std::string::npos);
    }
  }
}

TEST_CASE("A suite that is written reads back equal, plain and gz, and never half", "[import]") {
  const TempDir dir;
  Suite suite;
  suite.name = "x";
  suite.licence = "MIT";
  SuiteItem item;
  item.id = "é\"\n";
  item.cluster = "c";
  item.category = "k";
  item.language = "python";
  item.prompt = "p\t\x01";
  item.reference = "r";
  item.tests = "t";
  item.entry_point = "e";
  item.stop = {"\n"};
  item.max_tokens = 9;
  suite.items = {item};
  for (const std::string name : {"a.jsonl", "a.jsonl.gz"}) {
    write_suite(suite, dir.at(name));
    const Suite back = load_suite(dir.at(name));
    REQUIRE(back.name == "x");
    REQUIRE(back.licence == "MIT");
    REQUIRE(back.items[0].id == item.id);
    REQUIRE(back.items[0].prompt == item.prompt);
    REQUIRE(back.items[0].stop == item.stop);
    REQUIRE(back.items[0].max_tokens == 9);
  }
  suite.items[0].prompt = "\xff";
  REQUIRE_THROWS_WITH(write_suite(suite, dir.at("a.jsonl")), ContainsSubstring("no UTF-8"));
  REQUIRE(load_suite(dir.at("a.jsonl")).items[0].prompt == item.prompt);
  REQUIRE_FALSE(std::filesystem::exists(dir.at("a.jsonl.part")));
  REQUIRE_THROWS_AS(write_suite(suite, dir.at("no/such/dir.jsonl")), DataError);
}

TEST_CASE("All of HumanEval: every reference passes in the sandbox, every stub fails",
          "[import][execute]") {
  const std::string path = source_dir() + "/../shared/data/HumanEval.jsonl.gz";
  std::string why;
  if (!std::filesystem::exists(path)) {
    WARN("skipped: no " << path);
    return;
  }
  const Suite suite = import_suite("humaneval", path);
  REQUIRE(suite.items.size() == 164);
  auto sandbox = make_best_sandbox(why);
  if (!sandbox || find_program("python3").empty()) {
    WARN("skipped: " << why);
    return;
  }
  Limits patient;  // the machine that builds may be busy
  patient.wall_s = 30;
  patient.cpu_s = 30;
  Executor executor(std::move(sandbox), patient);
  const SuiteCheck check = verify_suite(suite, executor);
  CAPTURE(check.failures);
  REQUIRE(check.sentence() == "164 of 164 references pass, 164 of 164 stubs fail");
  WARN("HumanEval in " << check.tier << ": " << check.sentence() << " in " << check.seconds
                       << " s");
}
