#include "quality/suite.hpp"

#include "catch.hpp"
#include "core/error.hpp"
#include "temp_dir.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

const std::string kHeader = R"({"suite":"mini","version":1,"licence":"MIT"})"
                            "\n";
const std::string kFim =
    R"({"id":"a","cluster":"f.py","category":"fim-line","language":"python","kind":"fim",)"
    R"("prefix":"x = ","suffix":"\n","reference":"1","stop":["\n"],"max_tokens":64})"
    "\n";

std::string item(const std::string& extra, const std::string& id = "i") {
  return R"({"id":")" + id + R"(","cluster":"c","category":"k","language":"cpp",)" + extra + "}\n";
}
const std::string kCompletion = R"x("kind":"completion","prompt":"int f(","reference":")")x";

std::string error_of(const std::string& content) {
  const TempDir dir;
  const std::string path = dir.write("s.jsonl", content);
  try {
    load_suite(path);
  } catch (const DataError& e) {
    const std::string what = e.what();
    REQUIRE(what.starts_with(path));
    REQUIRE(what.find('\n') == std::string::npos);
    return what.substr(path.size());
  }
  return "no error";
}

}  // namespace

TEST_CASE("A suite keeps every field of its items", "[quality]") {
  const TempDir dir;
  const std::string chat = item(
      R"("kind":"chat","messages":[{"role":"user","content":"hi"}],"reference":"r","tests":"t","entry_point":"e")",
      "b");
  const Suite suite =
      load_suite(dir.write("s.jsonl", kHeader + kFim + "\r\n" + chat + item(kCompletion, "c")));
  REQUIRE(suite.name == "mini");
  REQUIRE(suite.licence == "MIT");
  REQUIRE(suite.hash.size() == 16);
  REQUIRE(suite.items.size() == 3);
  const SuiteItem& a = suite.items[0];
  REQUIRE(a.id == "a");
  REQUIRE(a.cluster == "f.py");
  REQUIRE(a.category == "fim-line");
  REQUIRE(a.language == "python");
  REQUIRE(a.kind == ItemKind::fim);
  REQUIRE(a.prefix == "x = ");
  REQUIRE(a.suffix == "\n");
  REQUIRE(a.reference == "1");
  REQUIRE(a.stop == std::vector<std::string>{"\n"});
  REQUIRE(a.max_tokens == 64);
  const SuiteItem& b = suite.items[1];
  REQUIRE(b.kind == ItemKind::chat);
  REQUIRE(b.messages == std::vector<std::pair<std::string, std::string>>{{"user", "hi"}});
  REQUIRE(b.tests == "t");
  REQUIRE(b.entry_point == "e");
  REQUIRE(suite.items[2].prompt == "int f(");
  REQUIRE(suite.items[2].max_tokens == 0);
}

TEST_CASE("A gzip suite reads like a plain one, and its hash is of the bytes on disk",
          "[quality]") {
  const TempDir dir;
  const Suite plain = load_suite(dir.write("s.jsonl", kHeader + kFim));
  const Suite zipped = load_suite(dir.write_gz("s.jsonl.gz", kHeader + kFim));
  REQUIRE(zipped.items.size() == 1);
  REQUIRE(zipped.items[0].prefix == plain.items[0].prefix);
  REQUIRE(zipped.hash != plain.hash);
  REQUIRE(plain.hash == load_suite(dir.write("t.jsonl", kHeader + kFim)).hash);
}

TEST_CASE("A gzip suite that was cut is refused, wherever it was cut", "[quality]") {
  const TempDir dir;
  std::string body = kHeader;
  for (int i = 0; i < 300; ++i) body += item(kCompletion, "id" + std::to_string(i * 7919));
  const std::string whole = slurp(dir.write_gz("s.jsonl.gz", body));
  REQUIRE(load_suite(dir.at("s.jsonl.gz")).items.size() == 300);
  for (std::size_t keep = 0; keep < whole.size(); keep += 97) {
    const std::string path = dir.write("cut.jsonl.gz", whole.substr(0, keep));
    REQUIRE_THROWS_AS(load_suite(path), DataError);
  }
  REQUIRE_THROWS_WITH(load_suite(dir.write("cut.jsonl.gz", whole.substr(0, whole.size() - 9))),
                      ContainsSubstring("cut short"));
  std::string flipped = whole;
  flipped[whole.size() / 2] = static_cast<char>(~flipped[whole.size() / 2]);
  REQUIRE_THROWS_AS(load_suite(dir.write("bad.jsonl.gz", flipped)), DataError);
  REQUIRE_THROWS_WITH(load_suite(dir.write("not.jsonl.gz", "plain text")),
                      ContainsSubstring("gzip"));
}

TEST_CASE("Each broken suite gets one line with file, line, field, what was seen and wanted",
          "[quality]") {
  REQUIRE(error_of("") == ":1: saw an empty file, want a header line and items");
  REQUIRE(error_of(kHeader) == ":1: saw a header without items, want items below it");
  REQUIRE_THAT(error_of(kFim), ContainsSubstring(":1: suite: saw nothing, want a header line"));
  REQUIRE(error_of(R"({"suite":"m","version":2})") ==
          ":1: version: saw 2, want a whole number from 1 to 1");
  REQUIRE_THAT(error_of(kHeader + "{\"id\":"),
               ContainsSubstring(":2:7: saw broken JSON at byte 7"));
  REQUIRE(error_of(kHeader + "[1]") == ":2: saw [1], want a JSON object");
  REQUIRE(error_of(kHeader + kFim + kFim) ==
          ":3: id: saw a a second time, want an id that is used once");
  REQUIRE(error_of(kHeader + item(R"("kind":"poem","reference":"")")) ==
          ":2: kind: saw poem, want completion, fim or chat");
  REQUIRE(error_of(kHeader + item(R"("kind":"completion","reference":"")")) ==
          ":2: prompt: saw nothing, want a string");
  REQUIRE(error_of(kHeader + item(R"("kind":"completion","prompt":7,"reference":"")")) ==
          ":2: prompt: saw 7, want a string");
  REQUIRE(error_of(kHeader + item(kCompletion + R"(,"prefix":"")")) ==
          ":2: prefix: saw it in an item of kind completion, want it only where kind is fim");
  REQUIRE(error_of(kHeader + item(R"("kind":"fim","prefix":"","suffix":"","reference":"")")) ==
          ":2: prefix: saw prefix and suffix empty, want text in one of them");
  REQUIRE_THAT(error_of(kHeader + item(R"("kind":"chat","messages":[],"reference":"")")),
               ContainsSubstring(":2: messages: saw []"));
  REQUIRE(error_of(kHeader + item(kCompletion + R"(,"max_tokens":-1)")) ==
          ":2: max_tokens: saw -1, want a whole number from 1 to 1048576");
  REQUIRE_THAT(error_of(kHeader + item(kCompletion + R"(,"max_tokens":64.5)")),
               ContainsSubstring("saw 64.5"));
  REQUIRE(error_of(kHeader + item(kCompletion + R"(,"stop":[""])")) ==
          ":2: stop: saw an empty string, want text");
  REQUIRE_THAT(error_of(kHeader + item(kCompletion + R"(,"test":"x")")),
               ContainsSubstring(":2: test: saw an unknown field, want one of id, cluster"));
  REQUIRE(error_of(kHeader + item(kCompletion + R"(,"tests":"\u0000")")) ==
          ":2: tests: saw a NUL character, want text without it");
  REQUIRE(error_of(kHeader + std::string("\0", 1)) == ":2:1: saw a NUL byte, want text");
  REQUIRE_THAT(error_of(kHeader + "{\"id\":\"\xff\"}"), ContainsSubstring("invalid UTF-8"));
}

TEST_CASE("A field of ten megabytes is refused by its size", "[quality]") {
  const std::string big(10 << 20, 'x');
  REQUIRE(error_of(kHeader + item(R"x("kind":"completion","reference":"","prompt":")x" + big +
                                  "\"")) == ":2: prompt: saw 10485760 bytes, want at most 4194304");
}

TEST_CASE("A gzip bomb of one line stops at the longest line allowed", "[quality]") {
  const TempDir dir;
  const std::string path = dir.write_gz("bomb.jsonl.gz", std::string(40U << 20U, ' '));
  REQUIRE_THROWS_WITH(load_suite(path), ContainsSubstring("a line above 33554432 bytes"));
}

TEST_CASE("A missing file and a directory are named", "[quality]") {
  const TempDir dir;
  REQUIRE_THROWS_WITH(load_suite(dir.at("none.jsonl")), ContainsSubstring("No such file"));
  REQUIRE_THROWS_WITH(load_suite(dir.path()), ContainsSubstring("a directory"));
}

TEST_CASE("Fill-in-the-middle prompts have each family's exact form", "[quality]") {
  SuiteItem fim;
  fim.kind = ItemKind::fim;
  fim.prefix = "P";
  fim.suffix = "S";
  const auto rendered = [&](std::string_view id) {
    return render_prompt(fim, *find_fim_template(id));
  };
  REQUIRE(rendered("qwen2.5-coder") == "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>");
  REQUIRE(rendered("codegemma") == "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>");
  REQUIRE(rendered("deepseek-coder") ==
          "<\uFF5Cfim\u2581begin\uFF5C>P<\uFF5Cfim\u2581hole\uFF5C>S<\uFF5Cfim\u2581end\uFF5C>");
  REQUIRE(rendered("starcoder2") == "<fim_prefix>P<fim_suffix>S<fim_middle>");
  REQUIRE(rendered("codellama") == "<PRE> P <SUF>S <MID>");
  REQUIRE(rendered("codestral") == "[SUFFIX]S[PREFIX]P");
  REQUIRE(find_fim_template("gpt-9") == nullptr);
  SuiteItem completion;
  completion.prompt = "def f():\n";
  REQUIRE(render_prompt(completion, *find_fim_template("qwen2.5-coder")) == "def f():\n");
  fim.kind = ItemKind::chat;
  REQUIRE_THROWS_WITH(rendered("qwen2.5-coder"), ContainsSubstring("saw a chat item"));
}
