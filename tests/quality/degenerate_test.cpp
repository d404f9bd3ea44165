#include "quality/degenerate.hpp"

#include "catch.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

using Flags = std::vector<std::string>;

SuiteItem python(const std::string& reference = "return 1") {
  SuiteItem item;
  item.language = "python";
  item.prompt = "def f():\n    ";
  item.reference = reference;
  return item;
}

Flags flags(const SuiteItem& item, const std::string& text, const std::string& finish = "stop") {
  RequestRecord record;
  record.text = text;
  record.outcome = Completed{finish};
  return find_degenerate(item, record);
}

std::string repeat(const std::string& unit, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += unit;
  return out;
}

}  // namespace

TEST_CASE("A sane answer has no flags", "[quality]") {
  REQUIRE(flags(python(), "return sum(x for x in range(10))\n").empty());
  REQUIRE(flags(python(), "# ---------------------------------------------------------\nreturn 1")
              .empty());
  REQUIRE(
      flags(python(), "print('漢字')", "stop").empty());  // two letters are a string, not a switch
}

TEST_CASE("Loops are found by their period, whatever the unit", "[quality]") {
  REQUIRE(flags(python(), "x = 1\n" + repeat("y = foo(y)\n", 12)) == Flags{"repetition_loop"});
  REQUIRE(ends_in_loop("abc " + repeat("0123456789abcdef", 4)));
  REQUIRE(ends_in_loop(repeat("some long line of code that repeats\n", 5) + "some long line of"));
  REQUIRE_FALSE(ends_in_loop(repeat("0123456789abcdef", 3)));
  REQUIRE_FALSE(ends_in_loop("return a + b + c"));
  REQUIRE_FALSE(ends_in_loop(repeat("0, ", 100)));  // a table of zeros
  REQUIRE_FALSE(ends_in_loop(repeat("x = 1\n", 40) +
                             "done, and this tail is no part of the loop at all, no"));
  REQUIRE_FALSE(ends_in_loop(""));
}

TEST_CASE("What the reference does as well is not degenerate", "[quality]") {
  const std::string table = repeat("[1, 2, 3],\n", 20);
  REQUIRE(flags(python(table), table).empty());
  REQUIRE(flags(python("\xEF\xBF\xBD"), "\xEF\xBF\xBD").empty());
  REQUIRE(flags(python(" "), "").empty());
}

TEST_CASE("Runs of one character, empty answers and leaked tokens", "[quality]") {
  REQUIRE(flags(python(), "return " + std::string(30, '!')) == Flags{"single_char_run"});
  REQUIRE(flags(python(), std::string(500, '!')) == Flags{"repetition_loop", "single_char_run"});
  REQUIRE(flags(python(), std::string(300, '-')) == Flags{"single_char_run"});
  REQUIRE(flags(python(), "") == Flags{"empty"});
  REQUIRE(flags(python(), " \n\t") == Flags{"empty"});
  REQUIRE(flags(python(), "return 1<|im_end|>") == Flags{"special_token"});
}

TEST_CASE("Broken bytes and a script that nobody asked for", "[quality]") {
  REQUIRE(flags(python(), "return \xEF\xBF\xBD") == Flags{"invalid_utf8"});
  RequestRecord repaired;
  repaired.text = "return 1";
  repaired.outcome = Completed{"stop"};
  repaired.invalid_utf8 = true;
  REQUIRE(find_degenerate(python(), repaired) == Flags{"invalid_utf8"});
  REQUIRE(flags(python(), "# 返回结果\nreturn 1") == Flags{"language_switch"});
  SuiteItem chinese = python();
  chinese.prompt = "# 计算\n";
  REQUIRE(flags(chinese, "# 返回结果\nreturn 1").empty());
  REQUIRE(flags(chinese, "# привет\nreturn 1") == Flags{"language_switch"});
}

TEST_CASE("The token limit and an echo of the suffix are noted but not degenerate", "[quality]") {
  REQUIRE(flags(python(), "return 1", "length") == Flags{"hit_length"});
  SuiteItem fim = python();
  fim.kind = ItemKind::fim;
  fim.suffix = "    return total\n";
  REQUIRE(flags(fim, "x = 1\n    return total\n") == Flags{"suffix_echo"});
  REQUIRE_FALSE(is_degenerate("hit_length"));
  REQUIRE_FALSE(is_degenerate("suffix_echo"));
  REQUIRE(is_degenerate("empty"));
}
