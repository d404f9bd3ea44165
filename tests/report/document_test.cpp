#include "report/document.hpp"

#include "catch.hpp"

using namespace abgate::report;

namespace {
std::string diff_text(std::string_view left, std::string_view right) {
  std::string out;
  for (const DiffLine& line : diff(left, right))
    out.append(1, line.mark).append(line.text).append("\n");
  return out;
}
}  // namespace

TEST_CASE("anchors are GitHub's") {
  REQUIRE(anchor("Load behaviour") == "load-behaviour");
  REQUIRE(anchor("1. TTFT p95 (must): PASS") == "1-ttft-p95-must-pass");
}

TEST_CASE("a diff keeps what is common") {
  REQUIRE(diff_text("a\nb\nc\n", "a\nx\nc\n") == " a\n-b\n+x\n c\n");
  REQUIRE(diff_text("", "a") == "+a\n");
  REQUIRE(diff_text("a", "") == "-a\n");
  REQUIRE(diff_text("a\nb", "a\nb") == " a\n b\n");
  REQUIRE(diff_text("", "").empty());
  REQUIRE(diff_text("a\n\nb", "a\nb") == " a\n-\n b\n");
}

TEST_CASE("a diff of very long texts replaces everything") {
  std::string left, right;
  for (int i = 0; i < 2000; ++i) left += "l\n", right += "r\n";
  REQUIRE(diff(left, right).size() == 4000);
}

TEST_CASE("Markdown has a table, a foldable part with its empty line, and a linked chart") {
  const Document d{Heading{2, "T"},
                   Table{{"a", "b"}, "lr", {{"1", "2"}}},
                   DetailsBegin{"more <b>"},
                   Paragraph{"inside"},
                   DetailsEnd{},
                   Figure{"forest", "says *it*"}};
  REQUIRE(to_markdown(d) ==
          "## T\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n<details><summary>more "
          "&lt;b&gt;</summary>\n\ninside\n\n</details>\n\n"
          "![says \\*it\\*](charts/forest.svg)\n");
}

TEST_CASE(
    "a summary drops charts and foldable parts, cuts tables at rows and the whole at blocks") {
  const Document d{Table{{"a"}, "l", {{"1"}, {"2"}, {"3"}}},
                   DetailsBegin{"x"},
                   Paragraph{"hidden"},
                   DetailsEnd{},
                   Figure{"f", "alt"},
                   Paragraph{"seen"}};
  MarkdownOptions options;
  options.charts = options.details = false;
  options.max_rows = 2;
  REQUIRE(to_markdown(d, options) ==
          "| a |\n|---|\n| 1 |\n| 2 |\n\n… and 1 more rows in the full report.\n\nseen\n");
  options.max_bytes = 80;
  const std::string cut = to_markdown(d, options);
  REQUIRE(cut.size() <= 80);
  REQUIRE_THAT(cut, ContainsSubstring("Cut here"));
}

TEST_CASE("HTML is a page of its own, in safe mode, with charts inside") {
  const Document d{Heading{2, "A <b>"},
                   Paragraph{"*it* <script>alert(1)</script> [x](javascript:alert(1))"},
                   Table{{"r"}, "l", {{"PASS"}, {"FAIL"}}},
                   SideBySide{"left", "right", "a\n<b>\n", "a\nc\n"},
                   Figure{"f", "alt"},
                   Figure{"none", "alt"},
                   Banner{"SIMULATED"}};
  const std::string html = to_html(d, "T & t", {{"f", "<svg></svg>"}});
  REQUIRE_THAT(html, ContainsSubstring("<title>T &amp; t</title>"));
  REQUIRE_THAT(html, ContainsSubstring("<h2 id=\"a-b\">A &lt;b&gt;</h2>"));
  REQUIRE_THAT(html, ContainsSubstring("<em>it</em>"));
  REQUIRE(html.find("<script") == std::string::npos);
  REQUIRE(html.find("javascript:") == std::string::npos);
  REQUIRE_THAT(html, ContainsSubstring("<td class=\"pass\">PASS</td>"));
  REQUIRE_THAT(html,
               ContainsSubstring("<del>&lt;b&gt;</del>") && ContainsSubstring("<ins>c</ins>"));
  REQUIRE_THAT(html, ContainsSubstring("<figure><svg></svg><figcaption>alt</figcaption></figure>"));
  REQUIRE_THAT(html, ContainsSubstring("role=\"alert\">SIMULATED<"));
  REQUIRE(html.find("http://") == std::string::npos);
}
