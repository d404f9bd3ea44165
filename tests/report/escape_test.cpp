#include "report/escape.hpp"

#include "catch.hpp"

using namespace abgate::report;

TEST_CASE("what cannot be seen is spelled out") {
  REQUIRE(visible("\x1b[31mred") == "\\x1b[31mred");
  REQUIRE(visible("a\xe2\x80\xae"
                  "b") == "a\\u{202e}b");
  REQUIRE(visible("zero\xe2\x80\x8bwidth") == "zero\\u{200b}width");
  REQUIRE(visible("\xef\xbb\xbf") == "\\u{feff}");
  REQUIRE(visible("\xf3\xa0\x81\x81") == "\\u{e0041}");
  REQUIRE(visible(std::string("a\0b", 3)) == "a\\x00b");
  REQUIRE(visible("a\x7f\xc2\x85") == "a\\u{7f}\\u{85}");
  REQUIRE(visible("line\n\ttab") == "line\n\ttab");
  REQUIRE(visible("é 你 😀") == "é 你 😀");
}

TEST_CASE("bytes that are no UTF-8 become replacement characters") {
  REQUIRE(visible("\xff") == "\xEF\xBF\xBD");
  REQUIRE(visible("\xc0\xaf") == "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  REQUIRE(visible("\xed\xa0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // surrogate
  REQUIRE(visible("cut \xf0\x9f\x98") == "cut \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("one line stays one line and is cut by characters") {
  REQUIRE(visible_line("a\nb\tc\rd") == "a\\nb\\tc\\rd");
  REQUIRE(visible_line("éééé", 3) == "ééé…");
  REQUIRE(visible_line("ééé", 3) == "ééé");
}

TEST_CASE("inline Markdown shows text as it is") {
  REQUIRE(md("a|b `c` *d* <e> [f](g) ~h~ &amp; \\") ==
          "a\\|b \\`c\\` \\*d\\* \\<e> [f\\](g) \\~h\\~ \\&amp; \\\\");
  REQUIRE(md("snake_case stays, _this_ does not shout") ==
          "snake_case stays, \\_this\\_ does not shout");
  REQUIRE(md_block("# no heading") == "\\# no heading");
  REQUIRE(md("# no block here") == "# no block here");
  REQUIRE(md_block("- no list") == "\\- no list");
  REQUIRE(md_block("--- no rule") == "\\--- no rule");
  REQUIRE(md_block("1. no list") == "1\\. no list");
  REQUIRE(md_block("[x]: no definition") == "\\[x\\]: no definition");
  REQUIRE(md("![no](image)") == "![no\\](image)");
  REQUIRE(md("http://evil and www.evil") == "http\\://evil and www\\.evil");
}

TEST_CASE("numbers and comparisons stay readable in raw Markdown") {
  for (const char* text :
       {"lower bound 2.10× ≥ 2×", "41.7 GB (38.8 GiB)", "< 60 GB", "2.12× [2.10, 2.13]",
        "2.1 times", "+1.10 %", "−2.03 % (−1.80 points)", "R & D", "a < b > c", "0.52 s"}) {
    REQUIRE(md(text) == text);
    REQUIRE(md_block(text) == text);
  }
}

TEST_CASE("code spans and fences are longer than what they hold") {
  REQUIRE(md_code("a`b") == "``a`b``");
  REQUIRE(md_code("`") == "`` ` ``");
  REQUIRE(md_code("a|b\nc") == "`a\\|b\\nc`");
  REQUIRE(md_code("").empty());
  REQUIRE(md_fence("x") == "```\nx\n```\n");
  REQUIRE(md_fence("````\n", "diff") == "`````diff\n````\n`````\n");
  REQUIRE(md_fence("") == "```\n```\n");
}

TEST_CASE("markup, labels and fields are quoted") {
  REQUIRE(html("<a href='x'>&\"") == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
  REQUIRE(xml(std::string("\0]]>", 4)) == "\\x00]]&gt;");
  REQUIRE(xml("\xEF\xBF\xBE") == "\xEF\xBF\xBD");
  REQUIRE(prometheus_label("a\"b\\c\nd") == "a\\\"b\\\\c\\nd");
  REQUIRE(csv_field("plain") == "plain");
  REQUIRE(csv_field("a,\"b\"") == "\"a,\"\"b\"\"\"");
  REQUIRE(csv_field("=1+1") == "'=1+1");
  REQUIRE(width("é 你×") == 4);
}
