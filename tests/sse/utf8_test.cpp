#include "sse/utf8.hpp"

#include "catch.hpp"

using namespace abgate::sse;

namespace {

std::string repair(std::string_view in) {
  std::string out;
  append_repaired_utf8(in, out);
  return out;
}
bool repaired(std::string_view in) {
  std::string out;
  return append_repaired_utf8(in, out);
}
std::string escapes(std::string_view in) {
  std::string out;
  append_repaired_escapes(in, out);
  return out;
}
const std::string kR = "\xEF\xBF\xBD";

}  // namespace

TEST_CASE("Well-formed text stays as it is", "[sse]") {
  const std::string text =
      "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF";
  REQUIRE(repair(text) == text);
  REQUIRE_FALSE(repaired(text));
  REQUIRE_FALSE(repaired(std::string_view("a\0b", 3)));
}

// Unicode 15, chapter 3, tables 3-8 to 3-11, with 'A' etc. as there.
TEST_CASE("Ill-formed text is repaired as the Unicode standard's tables show", "[sse]") {
  REQUIRE(repair("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41") ==
          kR + kR + kR + kR + kR + kR + kR + kR + "A");
  REQUIRE(repair("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41") ==
          kR + kR + kR + kR + kR + kR + kR + kR + "A");
  REQUIRE(repair("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42") ==
          kR + kR + kR + kR + kR + "A" + kR + kR + "B");
  REQUIRE(repair("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41") == kR + kR + kR + kR + "A");
}

TEST_CASE("A character that is cut at the end becomes one replacement", "[sse]") {
  REQUIRE(repair("ok\xF0\x9F\x98") == "ok" + kR);
  REQUIRE(repaired("\xC3"));
}

TEST_CASE("Only lone surrogates among the escapes are replaced", "[sse]") {
  REQUIRE(escapes(R"("\ud83d\ude00 \n \u00e4 \\ud83d")") == R"("\ud83d\ude00 \n \u00e4 \\ud83d")");
  REQUIRE(escapes(R"("\ud83d")") == R"("\ufffd")");
  REQUIRE(escapes(R"("\ud83d\u0041\uDE00")") == R"("\ufffd\u0041\ufffd")");
  REQUIRE(escapes(R"(\u12)") == R"(\u12)");
  REQUIRE(escapes("\\") == "\\");
}
