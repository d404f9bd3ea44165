#include <cmath>

#include "catch.hpp"
#include "core/rng.hpp"
#include "quality/chrf.hpp"
#include "quality/identifiers.hpp"
#include "quality/match.hpp"
#include "quality/similarity.hpp"
#include "quality/text.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

std::u32string random_points(Rng& rng, std::size_t size, std::size_t alphabet) {
  std::u32string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char32_t>(0x60 + rng.below(alphabet));
  return out;
}

/// The textbook tables, for comparison.
std::size_t table_lcs(const std::u32string& a, const std::u32string& b) {
  std::vector<std::vector<std::size_t>> t(a.size() + 1, std::vector<std::size_t>(b.size() + 1, 0));
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      t[i][j] = a[i - 1] == b[j - 1] ? t[i - 1][j - 1] + 1 : std::max(t[i - 1][j], t[i][j - 1]);
    }
  }
  return t[a.size()][b.size()];
}

std::size_t table_levenshtein(const std::u32string& a, const std::u32string& b) {
  std::vector<std::vector<std::size_t>> t(a.size() + 1, std::vector<std::size_t>(b.size() + 1, 0));
  for (std::size_t i = 0; i <= a.size(); ++i) t[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) t[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = t[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      t[i][j] = std::min({change, t[i - 1][j] + 1, t[i][j - 1] + 1});
    }
  }
  return t[a.size()][b.size()];
}

using Names = std::vector<std::string_view>;

}  // namespace

TEST_CASE("Bit-parallel LCS and Levenshtein equal the textbook tables across word borders",
          "[quality]") {
  Rng rng(7);
  for (int round = 0; round < 400; ++round) {
    const std::size_t alphabet = 1 + rng.below(6) * (round % 3 == 0 ? 60 : 1);
    const std::u32string a = random_points(rng, rng.below(200), alphabet);
    const std::u32string b = random_points(rng, rng.below(200), alphabet);
    CAPTURE(round, a.size(), b.size());
    REQUIRE(lcs_length(a, b) == table_lcs(a, b));
    REQUIRE(levenshtein(a, b) == table_levenshtein(a, b));
    REQUIRE(lcs_length(b, a) == lcs_length(a, b));
    REQUIRE(levenshtein(b, a) == levenshtein(a, b));
  }
  for (const std::size_t size : {1U, 63U, 64U, 65U, 127U, 128U, 129U}) {
    const std::u32string a(size, U'a'), b(size, U'b');
    REQUIRE(lcs_length(a, a) == size);
    REQUIRE(lcs_length(a, b) == 0);
    REQUIRE(levenshtein(a, b) == size);
  }
}

TEST_CASE("Edit similarity in its three published forms", "[quality]") {
  const EditSimilarity e = edit_similarity(" kitten\n", "sitting");
  REQUIRE(e.indel == Approx(2.0 * 4 / 13));
  REQUIRE(e.levenshtein == Approx(1 - 3.0 / 7));
  REQUIRE(e.fuzzy == 62);
  REQUIRE(edit_similarity("", " \n").indel == 1);
  REQUIRE(edit_similarity("", " \n").fuzzy == 100);
  REQUIRE(edit_similarity("", "x").indel == 0);
  REQUIRE(edit_similarity("x", "").fuzzy == 0);
  // Code points, not bytes: one of two characters differs.
  REQUIRE(edit_similarity("é漢", "é字").indel == Approx(0.5));
  // Half to even, as Python rounds: 2·1/16 = 12.5 %.
  REQUIRE(edit_similarity("abcdefgh", "a1234567").fuzzy == 12);
  REQUIRE(edit_similarity(std::string(1 << 20, 'a'), std::string(1 << 20, 'a')).indel == 1);
}

TEST_CASE("Ill-formed UTF-8 decodes to one replacement per bad part, and never reads past the end",
          "[quality]") {
  const auto bad = [](std::string_view s) { return decode_utf8(s).invalid; };
  REQUIRE(decode_utf8("aé漢🙂").points == U"aé漢🙂");
  REQUIRE(bad("aé漢🙂") == 0);
  REQUIRE(bad("\xC0\x80") == 2);          // overlong NUL
  REQUIRE(bad("\xED\xA0\x80") == 3);      // surrogate
  REQUIRE(bad("\xF4\x90\x80\x80") == 4);  // above U+10FFFF
  REQUIRE(bad("\xE6\xBC") == 1);          // cut
  REQUIRE(bad("\xE6\xBC"
              "a") == 1);
  REQUIRE(decode_utf8("\xE6\xBC"
                      "a")
              .points ==
          U"\uFFFD"
          U"a");
  REQUIRE(bad("\xFF\xFE") == 2);
  Rng rng(3);
  for (int round = 0; round < 2000; ++round) {
    std::string garbage;
    for (std::uint64_t i = rng.below(12); i > 0; --i) garbage += static_cast<char>(rng.below(256));
    REQUIRE(decode_utf8(garbage).points.size() <= garbage.size());
  }
}

TEST_CASE("Exact match has three variants that differ as documented", "[quality]") {
  REQUIRE(em_strict("x = 1\n\n", "x = 1"));
  REQUIRE_FALSE(em_strict(" x = 1", "x = 1"));
  REQUIRE(em_ws(" x  =\n1", "x = 1"));
  REQUIRE_FALSE(em_ws("x=1", "x = 1"));
  REQUIRE(em_line1("\n  x = 1\nrest", "x = 1"));
  REQUIRE_FALSE(em_line1("y\nx = 1", "x = 1"));
  REQUIRE(em_strict("", "\n"));
  REQUIRE(em_ws("", " "));
  REQUIRE(em_line1("", "\n\n"));
  // What a comment-stripping pattern would break.
  REQUIRE_FALSE(em_ws("a // b", "a // c"));
  REQUIRE_FALSE(em_ws("'#1'", "'#2'"));
}

TEST_CASE("Identifiers leave out strings, numbers and the language's keywords", "[quality]") {
  REQUIRE(identifiers("for x in foo('y', 12): return _z2 + x", "python") ==
          Names{"x", "foo", "_z2", "x"});
  REQUIRE(identifiers("fn f<'a>(x: &'a str) -> 'q'", "rust") ==
          Names{"f", "a", "x", "a", "str", "q"});
  REQUIRE(identifiers("echo \"$name\" 'lit'", "bash") == Names{"echo", "name"});
  REQUIRE(identifiers("SELECT \"Col\" FROM t WHERE a = 'x'", "sql") == Names{"Col", "t", "a"});
  REQUIRE(identifiers("it's open", "python") == Names{"it", "s", "open"});
  REQUIRE(identifiers("for", "klingon") == Names{"for"});
  const IdentifierMatch m = match_identifiers("a.b(c)", "c.b(d)", "cpp");
  REQUIRE_FALSE(m.equal);
  REQUIRE(m.f1 == Approx(4.0 / 6));
  REQUIRE(match_identifiers("'x'", "\"y\"", "python").f1 == 1);
  REQUIRE(match_identifiers("'x'", "\"y\"", "python").equal);
  REQUIRE(match_identifiers("", "foo", "python").f1 == 0);
}

TEST_CASE("Many unmatched quotes take no quadratic time", "[quality]") {
  std::string text;
  while (text.size() < 65000) text += "\\\" '";
  REQUIRE(identifiers(text, "python").empty());
}

TEST_CASE("chrF is 1 for equal texts, 0 for disjoint ones, and ignores white space", "[quality]") {
  REQUIRE(chrf("return x", "return x") == Approx(1));
  REQUIRE(chrf("return x", " re turnx\u3000") == Approx(1));
  REQUIRE(chrf("aaaa", "bbbb") == 0);
  REQUIRE(chrf("", "") == 1);
  REQUIRE(chrf("", "a") == 0);
  REQUIRE(chrf("ab", "abc") > chrf("ab", "abcd"));
}

TEST_CASE("Every score lies between 0 and 1 and a text equals itself", "[quality]") {
  Rng rng(11);
  for (int round = 0; round < 300; ++round) {
    std::string a, b;
    for (std::uint64_t i = rng.below(80); i > 0; --i) a += static_cast<char>(rng.below(256));
    for (std::uint64_t i = rng.below(80); i > 0; --i) b += static_cast<char>(rng.below(256));
    const EditSimilarity e = edit_similarity(a, b);
    const double c = chrf(a, b), f = match_identifiers(a, b, "java").f1;
    for (const double v : {e.indel, e.levenshtein, c, f}) {
      REQUIRE(v >= 0);
      REQUIRE(v <= 1);
    }
    REQUIRE(edit_similarity(a, a).indel == 1);
    REQUIRE(chrf(b, b) == Approx(1));
  }
}
