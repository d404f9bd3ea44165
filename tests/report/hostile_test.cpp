// Text of models, servers and users must not break out of any format.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "catch.hpp"
#include "report/report.hpp"
#include "sample.hpp"

using namespace abgate;
using namespace abgate::report;
using namespace abgate::test;

namespace {
std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

/// A line of Markdown without its code spans.
std::string without_code(const std::string& line) {
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find_first_not_of('`', at), line.size());
    const bool escaped = at > 0 && line[at - 1] == '\\';
    const std::string fence = line.substr(at, end - at);
    std::size_t close = fence.empty() || escaped ? std::string::npos : line.find(fence, end);
    while (close != std::string::npos &&
           (line.compare(close + fence.size(), 1, "`") == 0 || line[close - 1] == '`'))
      close = line.find(fence, close + 1);
    if (close == std::string::npos) {
      out += line[at++];
    } else {
      at = close + fence.size();
    }
  }
  return out;
}

bool has_raw_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
  });
}

/// Opening and closing tags of an XML text match.
bool balanced(const std::string& xml) {
  std::vector<std::string> open;
  for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find('>', at);
    if (end == std::string::npos) return false;
    std::string tag = xml.substr(at + 1, end - at - 1);
    if (tag.starts_with('?') || tag.ends_with('/') || tag.starts_with('!')) continue;
    const std::string name = tag.substr(
        tag.starts_with('/') ? 1 : 0, tag.find_first_of(" \n", 1) - (tag.starts_with('/') ? 1 : 0));
    if (!tag.starts_with('/')) {
      open.push_back(name);
    } else {
      if (open.empty() || open.back() != name) return false;
      open.pop_back();
    }
  }
  return open.empty();
}
}  // namespace

TEST_CASE("hostile text makes no HTML, no script and no outside reference") {
  const Sample s = hostile_sample();
  const std::string html = report_html(s.input(), make_charts(s.input()));
  for (const char* bad : {"<script", "<img", "=\"javascript:", "href=\"http", "src=\"http", "\x1b",
                          "\xe2\x80\xae", "\xe2\x80\x8b"}) {
    INFO(bad);
    REQUIRE(html.find(bad) == std::string::npos);
  }
  REQUIRE_FALSE(has_raw_control(html));
  REQUIRE_THAT(html, ContainsSubstring("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

TEST_CASE("hostile text makes no Markdown: outside fences no tag, image or table row of its own") {
  const Sample s = hostile_sample();
  const std::string text = report_markdown(s.input(), make_charts(s.input()));
  REQUIRE_FALSE(has_raw_control(text));
  std::string fence;
  std::size_t details = 0;
  for (const std::string& line : lines(text)) {
    INFO(line);
    const std::size_t ticks = line.find_first_not_of('`');
    if (fence.empty() && line.starts_with("```")) {
      fence = line.substr(0, ticks);
      continue;
    }
    if (!fence.empty()) {
      if (line == fence) fence.clear();
      continue;
    }
    if (line.starts_with("<details>")) ++details;
    if (line == "</details>") --details;
    if (line.starts_with("<details><summary>")) {  // HTML: Markdown is not read here
      REQUIRE(line.find('<', 18) == line.find("</summary>"));
      continue;
    }
    const std::string& rest = line;
    const std::string plain = without_code(rest);
    for (const char* bad : {"<script", "<img", "</pre", "](http", "](java"}) {
      const std::size_t found = plain.find(bad);
      REQUIRE((found == std::string::npos || (found > 0 && plain[found - 1] == '\\')));
    }
    REQUIRE_FALSE(line.starts_with("# heading"));
  }
  REQUIRE(fence.empty());
  REQUIRE(details == 0);
}

TEST_CASE("rows of a table have as many cells as its header, whatever the text") {
  const Sample s = hostile_sample();
  const std::string text = report_markdown(s.input(), {});
  std::size_t wanted = 0;
  const auto cells = [](const std::string& line) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < line.size(); ++i)
      n += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1U : 0U;
    return n;
  };
  std::size_t tables = 0;
  for (const std::string& line : lines(text)) {
    if (!line.starts_with("| ") && !line.starts_with("|-")) {
      wanted = 0;
      continue;
    }
    INFO(line);
    if (wanted == 0) wanted = cells(line), ++tables;
    REQUIRE(cells(line) == wanted);
  }
  REQUIRE(tables > 10);
}

TEST_CASE("hostile text leaves SVG, JUnit and JSON well-formed") {
  const Sample s = hostile_sample();
  for (const Chart& chart : make_charts(s.input())) {
    INFO(chart.name);
    REQUIRE(balanced(chart.svg));
    REQUIRE(chart.svg.find("<script") == std::string::npos);
    REQUIRE_FALSE(has_raw_control(chart.svg));
    REQUIRE(chart.name.find_first_of("/<> ") == std::string::npos);
  }
  REQUIRE(balanced(junit_xml(s.input())));
  REQUIRE_FALSE(has_raw_control(junit_xml(s.input())));
  REQUIRE(nlohmann::json::parse(verdict_json(s.input()))["criteria"].size() == 7);
}

TEST_CASE("long answers are cut for reading and say so") {
  Sample s = go_sample();
  for (ItemScore& a : s.measurements.answers) {
    if (a.arm == Arm::candidate)
      a.completion = std::string(3999, 'x') + "é" + std::string(100'000, 'y');
  }
  const std::string text = report_markdown(s.input(), {});
  REQUIRE(text.size() < 60'000);
  REQUIRE_THAT(text, ContainsSubstring("more bytes)"));
  REQUIRE(text.find("\xEF\xBF\xBD") == std::string::npos);
}
