#include "quality/syntax.hpp"

#include "catch.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

SuiteItem fim(const std::string& id, const std::string& language, const std::string& prefix,
              const std::string& reference, const std::string& suffix) {
  SuiteItem item;
  item.id = id;
  item.kind = ItemKind::fim;
  item.language = language;
  item.prefix = prefix;
  item.reference = reference;
  item.suffix = suffix;
  return item;
}
ItemScore answer(const std::string& item, const std::string& completion) {
  ItemScore score;
  score.item = item;
  score.answered = true;
  score.completion = completion;
  return score;
}

}  // namespace

TEST_CASE("Syntax is judged by each language's own parser, if the reference parses", "[syntax]") {
  std::string why;
  const auto sandbox = make_best_sandbox(why);
  if (!sandbox) {
    WARN("skipped: " << why);
    return;
  }
  Suite suite;
  suite.items = {fim("py", "python", "x = ", "1", "\n"),
                 fim("js", "javascript", "let x = ", "1", ";\n"),
                 fim("sh", "bash", "if ", "true", "; then :; fi\n"),
                 fim("cc", "cpp", "int x = ", "1", ";\n"),
                 fim("go", "go", "x := ", "1", "\n"),
                 fim("rs", "rust", "fn f() { let x = ", "1", "; }\n"),
                 fim("java", "java", "int x = ", "1", ";\n"),
                 fim("cut", "python", "x = (", "1", "\n")};
  std::vector<ItemScore> scores;
  for (const char* id : {"py", "js", "sh", "cc", "go", "rs", "java", "cut"}) {
    scores.push_back(answer(id, "2"));
    scores.push_back(answer(id, "(2"));
  }
  scores.push_back(answer("py", "2"));
  scores.back().answered = false;
  const std::vector<std::string> left_out = add_syntax(scores, suite, *sandbox, 2);
  const std::vector<std::pair<std::string, std::string>> tools{
      {"py", "python3"}, {"js", "node"}, {"sh", "bash"}, {"cc", "g++"}, {"go", "gofmt"},
      {"rs", "rustfmt"}};
  for (std::size_t i = 0; i < tools.size(); ++i) {
    if (find_program(tools[i].second).empty()) {
      REQUIRE(std::find(left_out.begin(), left_out.end(),
                        "2 answers: " + tools[i].second + " is not installed") != left_out.end());
      WARN("skipped: no " << tools[i].second);
      continue;
    }
    CAPTURE(tools[i].first, left_out);
    REQUIRE(scores[2 * i].scores.at("syntax_valid") == 1);
    REQUIRE(scores[2 * i + 1].scores.at("syntax_valid") == 0);
  }
  for (std::size_t i = 12; i < scores.size(); ++i) REQUIRE(scores[i].scores.empty());
  REQUIRE(std::find(left_out.begin(), left_out.end(), "2 answers: no parser for java") !=
          left_out.end());
  REQUIRE(std::find(left_out.begin(), left_out.end(),
                    "2 answers: python text that does not parse with its own reference") !=
          left_out.end());
}
