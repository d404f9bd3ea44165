#include "quality/truncate.hpp"

#include "catch.hpp"
#include "quality/blocks.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

SuiteItem completion(const std::string& language, const std::string& prompt,
                     const std::string& reference) {
  SuiteItem item;
  item.language = language;
  item.prompt = prompt;
  item.reference = reference;
  return item;
}
SuiteItem fim(const std::string& prefix, const std::string& suffix, const std::string& reference) {
  SuiteItem item;
  item.kind = ItemKind::fim;
  item.language = "python";
  item.prefix = prefix;
  item.suffix = suffix;
  item.reference = reference;
  return item;
}
std::string text(const SuiteItem& item, const std::string& raw) {
  return Truncator(item).cut(raw).text;
}
std::vector<std::string> rules(const SuiteItem& item, const std::string& raw) {
  return Truncator(item).cut(raw).rules;
}
using Rules = std::vector<std::string>;

const std::string kDef = "def f(x):\n    \"\"\"Doc.\"\"\"\n";

}  // namespace

TEST_CASE("A Python body ends before the first code at column 0", "[quality]") {
  const SuiteItem item = completion("python", kDef, "    return x\n");
  REQUIRE(text(item, "    y = x\n    return y\n\n\ndef g():\n    pass\n") ==
          "    y = x\n    return y\n");
  REQUIRE(rules(item, "    return x\n\nprint(f(1))\n") == Rules{"dedent"});
  REQUIRE(text(item, "    return x\n\n# Test\nprint(f(1))\n") == "    return x\n");
  REQUIRE(text(item, "    return x") == "    return x");
  REQUIRE(rules(item, "    return x\n").empty());
}

TEST_CASE("Text at column 0 inside strings, brackets and joined lines does not end a Python body",
          "[quality]") {
  const SuiteItem item = completion("python", kDef, "    return x\n");
  for (const std::string body :
       {"    s = \"\"\"\nhello\n\"\"\"\n    return s\n", "    a = [\n1,\n]\n    return a\n",
        "    a = x + \\\n1\n    return a\n", "    # c\n# comment at column 0\n    return x\n",
        "    s = '''\n(\n'''\n    return '#\\''\n", "    d = {'(': 1}\n    return d\n"}) {
    CAPTURE(body);
    REQUIRE(text(item, body) == body);
    REQUIRE(text(item, body + "x = 1\n") == body);
  }
}

TEST_CASE("The dedent rule needs a prompt inside a body and a body that began", "[quality]") {
  const SuiteItem top = completion("python", "import os\n", "x = 1\n");
  REQUIRE(text(top, "def g():\n    return 1\nprint(g())\n") ==
          "def g():\n    return 1\nprint(g())\n");
  const SuiteItem item = completion("python", kDef, "    return x\n");
  REQUIRE(text(item, "def f(x):\n    return x\n") == "def f(x):\n    return x\n");
  const SuiteItem mid_line = completion("python", kDef + "    return ", "x\n");
  REQUIRE(text(mid_line, "x + 1\nprint(2)\n") == "x + 1\n");
}

TEST_CASE("A rule that would shorten the reference is not used for its item", "[quality]") {
  const std::string both = "    return x\n\ndef g():\n    return 2\n";
  const SuiteItem item = completion("python", kDef, both);
  REQUIRE(text(item, both) == both);
  const SuiteItem lines = fim("a = ", "\n", "(\n1)");
  REQUIRE(text(lines, "(\n1)") == "(\n1)");
}

TEST_CASE("A block in braces ends where the reference closes it", "[quality]") {
  const SuiteItem cpp = completion("cpp", "int f(int x) {\n", "  return x;\n}\n");
  REQUIRE(text(cpp, "  if (x) { return 1; }\n  return x;\n}\n\nint main() { return f(1); }\n") ==
          "  if (x) { return 1; }\n  return x;\n}\n");
  REQUIRE(rules(cpp, "  return x;\n}\nint g();\n") == Rules{"block_end"});
  REQUIRE(text(cpp, "  puts(\"}\"); // }\n  /* } */ char c = '}'; return 1'000;\n}\nx\n") ==
          "  puts(\"}\"); // }\n  /* } */ char c = '}'; return 1'000;\n}\n");
  REQUIRE(text(cpp, "  auto s = R\"x(})\"}})x\";\n}\nrest\n") ==
          "  auto s = R\"x(})\"}})x\";\n}\n");
  const SuiteItem open = completion("javascript", "function f(x) {\n", "  return x;\n");
  REQUIRE(text(open, "  return `}`;\n}\nf(1);\n") == "  return `}`;\n");
  const SuiteItem nested = completion("java", "class A {\n  int f() {\n", "    return 1;\n  }\n");
  REQUIRE(text(nested, "    return 1;\n  }\n  int g() { return 2; }\n}\n") ==
          "    return 1;\n  }\n");
  const SuiteItem rust = completion("rust", "fn f<'a>(s: &'a str) -> char {\n", "    '}'\n}\n");
  REQUIRE(text(rust, "    '}'\n}\nfn main() {}\n") == "    '}'\n}\n");
}

TEST_CASE("A Bash function ends at its closing brace at column 0", "[quality]") {
  const SuiteItem item = completion("bash", "f() {\n", "  echo \"${1}\"\n}\n");
  REQUIRE(text(item, "  echo \"${1}\"\n}\n\nf 2\n") == "  echo \"${1}\"\n}\n");
  const SuiteItem open = completion("bash", "f() {\n", "  echo 1\n");
  REQUIRE(text(open, "  echo 1\n}\nf\n") == "  echo 1\n");
}

TEST_CASE("Stops and leaked special tokens cut at their first occurrence", "[quality]") {
  SuiteItem item = completion("sql", "SELECT ", "1;");
  item.stop = {";;", "\n\n"};
  REQUIRE(text(item, "1;\n\n2;;") == "1;");
  REQUIRE(rules(item, "1;\n\n") == Rules{"stop"});
  REQUIRE(text(item, "1;<|endoftext|>junk") == "1;");
  REQUIRE(text(item, "1;<｜fim▁end｜>junk") == "1;");
  REQUIRE(rules(item, "a;;<|im_end|>") == Rules{"special_token", "stop"});
  REQUIRE(text(item, "a < b <| c") == "a < b <| c");
}

TEST_CASE("A fill-in-the-middle text that runs into the suffix loses the overlap", "[quality]") {
  const SuiteItem item =
      fim("def f():\n", "    return total\n\nprint(f())\n", "    total = 1\n    total += 2\n");
  REQUIRE(text(item, "    total = 1\n    total += 2\n    return total\n") ==
          "    total = 1\n    total += 2\n");
  REQUIRE(rules(item, "    total = 1\n    return total") == Rules{"suffix_echo"});
  REQUIRE(rules(item, "    total = 1\n    return tot") == Rules{"suffix_echo"});
  REQUIRE(rules(item, "    total = 1\n    ret").empty());  // white space and 3 letters are no echo
}

TEST_CASE("The longest overlap with the suffix is found, as by trying each length", "[quality]") {
  const std::string suffix = "abababab_abababab_x";
  for (const std::string body : {"abababab", "xxabababab_abababab", "abababab_abababab_abababab",
                                 "abababab_x", "bababababab", "", "zzz", "abababab_abababab_x"}) {
    std::size_t expected = 0;
    for (std::size_t k = 8; k <= std::min(body.size(), suffix.size()); ++k) {
      if (body.ends_with(suffix.substr(0, k))) expected = k;
    }
    CAPTURE(body);
    REQUIRE(suffix_overlap(body, suffix) == expected);
  }
}

TEST_CASE("A hole of one line keeps the first line that says something", "[quality]") {
  const SuiteItem item = fim("x = ", "\ny = 2\n", "foo(1)");
  REQUIRE(text(item, "foo(1)\nz = 3") == "foo(1)");
  REQUIRE(text(item, "\nfoo(1)\nz") == "\nfoo(1)");
  REQUIRE(rules(item, "foo(1)").empty());
  const SuiteItem whole = fim("a = 1\n", "b = 2\n", "    x = 1\n");
  REQUIRE(text(whole, "    x = 2\n    y = 3\n") == "    x = 2\n");
}

TEST_CASE("A chat answer is its last fenced block that names the entry point", "[quality]") {
  SuiteItem chat;
  chat.kind = ItemKind::chat;
  chat.language = "python";
  chat.entry_point = "f";
  chat.reference = "def f(): pass";
  REQUIRE(text(chat, "Sure:\n```python\ndef f():\n    return 1\n```\nUse:\n```\nprint(2)\n```\n") ==
          "def f():\n    return 1\n");
  REQUIRE(text(chat, "```\nff()\n```\n```\nx\n") == "ff()\n");
  REQUIRE(text(chat, "```py\ndef f(): return 1") == "def f(): return 1");
  REQUIRE(text(chat, "<think>```\nf\n```</think>\n```\ndef f(): 2\n```") == "def f(): 2\n");
  REQUIRE(text(chat, "def f(): return 3") == "def f(): return 3");
  REQUIRE(rules(chat, "```\nf\n```") == Rules{"fence"});
}

TEST_CASE("No rule ever lengthens a text or fails on garbage", "[quality]") {
  for (const std::string language : {"python", "cpp", "rust", "bash", "javascript"}) {
    const SuiteItem item = completion(language, "f() {\n  \"'`(\\", "x }");
    for (const std::string raw :
         {"", "\\", "\"\"\"", "'''", "}}}}", "{{{{", "R\"(", "/*", "\n\n\n", "\xff\xfe", "#"}) {
      CAPTURE(language, raw);
      REQUIRE(text(item, raw).size() <= raw.size());
    }
  }
}
