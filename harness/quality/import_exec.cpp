// Benchmarks whose answers are executed: HumanEval and its kin, MBPP, EvalPlus, MultiPL-E.

#include <fmt/format.h>

#include <algorithm>

#include "quality/importers.hpp"
#include "quality/text.hpp"

namespace abgate::quality {

namespace {

// Limits of the benchmarks' own harnesses.
constexpr int kFunctionTokens = 768;
constexpr int kLineTokens = 64;
constexpr int kBlockTokens = 256;

std::string unix_lines(std::string text) {
  std::erase(text, '\r');
  return text;
}

/// "SingleLineInfilling/HumanEval/0/L3" -> "HumanEval/0": the problem is the unit of independence.
std::string problem_of(const std::string& id) {
  const std::size_t begin = id.find("HumanEval/");
  if (begin == std::string::npos) return id;
  return id.substr(begin, id.find('/', begin + 10) - begin);
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The function of `code` that `test` calls; the last one defined if none is.
std::string tested_function(const std::string& code, const std::string& test) {
  std::string last, called;
  for (const std::string_view line : lines_of(code)) {
    if (!line.starts_with("def ")) continue;
    std::size_t end = 4;
    while (end < line.size() && is_word(line[end])) ++end;
    last = line.substr(4, end - 4);
    if (test.find(last + "(") != std::string::npos) called = last;
  }
  return called.empty() ? last : called;
}

/// Stops that the reference itself does not contain.
std::vector<std::string> harmless(std::vector<std::string> stops, const std::string& reference) {
  std::erase_if(stops,
                [&](const std::string& s) { return reference.find(s) != std::string::npos; });
  return stops;
}

const std::vector<std::string> kMbppStops{"\n\"\"\"", "\nassert", "\nif __name__", "\nprint(",
                                          "\n```"};

std::string docstring_prompt(const std::string& text, const std::string& example) {
  return "\"\"\"\n" + std::string(strip(text)) + "\n" + example + "\n\"\"\"\n";
}

}  // namespace

SuiteItem import_humaneval(const JsonRow& row) {
  SuiteItem item;
  item.id = row.text("task_id", true, false);
  item.cluster = item.id;
  item.category = "humaneval";
  item.language = "python";
  item.prompt = row.text("prompt", true, false);
  item.reference = row.text("canonical_solution", true);
  item.tests = row.text("test", true, false);
  item.entry_point = row.text("entry_point", true, false);
  item.max_tokens = kFunctionTokens;
  return item;
}

SuiteItem import_infilling(const JsonRow& row) {
  SuiteItem item;
  item.id = row.text("task_id", true, false);
  item.cluster = problem_of(item.id);
  const bool line = item.id.starts_with("SingleLine");
  item.category = line                               ? "fim-line"
                  : item.id.starts_with("MultiLine") ? "fim-multi-line"
                                                     : "fim-span";
  item.language = "python";
  item.kind = ItemKind::fim;
  item.prefix = row.text("prompt", true);
  item.suffix = row.text("suffix", true);
  item.reference = row.text("canonical_solution", true);
  item.tests = row.text("test", true, false);
  item.entry_point = row.text("entry_point", true, false);
  item.max_tokens = line ? kLineTokens : kBlockTokens;
  return item;
}

SuiteItem import_mbpp(const JsonRow& row) {
  SuiteItem item;
  item.id = "Mbpp/" + row.label("task_id");
  item.cluster = item.id;
  item.category = "mbpp";
  item.language = "python";
  item.reference = unix_lines(row.text("code", true, false));
  if (!item.reference.ends_with('\n')) item.reference += '\n';
  const std::vector<std::string> tests = row.texts("test_list");
  if (tests.empty()) row.fail("test_list", "no tests", "at least one");
  item.prompt = docstring_prompt(unix_lines(row.any_text({"text", "prompt"}, true)), tests.front());
  item.entry_point = tested_function(item.reference, tests.front());
  for (const std::string& line : row.texts("test_imports")) item.tests += line + "\n";
  if (row.has("test_setup_code")) item.tests += row.text("test_setup_code", true) + "\n";
  for (const std::string& test : tests) item.tests += unix_lines(test) + "\n";
  item.stop = harmless(kMbppStops, item.reference);
  item.max_tokens = kFunctionTokens;
  return item;
}

SuiteItem import_evalplus(const JsonRow& row) {
  SuiteItem item;
  item.id = row.text("task_id", true, false);
  item.cluster = item.id;
  const bool mbpp = item.id.starts_with("Mbpp");
  item.category = mbpp ? "mbpp-plus" : "humaneval-plus";
  item.language = "python";
  item.prompt = row.text("prompt", true, false);
  item.reference = row.text("canonical_solution", true, false);
  if (!item.reference.ends_with('\n')) item.reference += '\n';
  item.entry_point = row.text("entry_point", true, false);
  if (!row.has("base_input")) row.fail("base_input", "nothing", "a list of argument lists");
  item.tests = evalplus_tests(row, item);
  if (mbpp) item.stop = harmless(kMbppStops, item.reference);
  item.max_tokens = kFunctionTokens;
  return item;
}

SuiteItem import_multipl_e(const JsonRow& row) {
  SuiteItem item;
  item.id = row.text("name", true, false);
  item.language = language_named(row.text("language", true, false));
  // HumanEval_0_has_close_elements: one problem in many languages.
  item.cluster = item.id;
  item.category = "multipl-e";
  item.id = item.language + "/" + item.id;
  item.prompt = row.text("prompt", true, false);
  item.tests = row.text("tests", true, false);
  item.stop = row.texts("stop_tokens");
  item.max_tokens = kFunctionTokens;
  return item;
}

}  // namespace abgate::quality
