#include "core/error.hpp"

#include "catch.hpp"

using namespace abgate;

TEST_CASE("An error names the file, the place, the key, what was seen and what was wanted",
          "[core]") {
  const ScenarioError e({"a.yaml", 3, 7}, "blocks", "minus one", "a whole number above 0");
  REQUIRE(std::string(e.what()) ==
          "a.yaml:3:7: blocks: saw minus one, want a whole number above 0");
  REQUIRE(e.code() == ExitCode::bad_scenario);
  REQUIRE(DataError({"x.csv", 2, 0}, "", "", "a header").code() == ExitCode::bad_data);
  REQUIRE(std::string(DataError({"x.csv", 2, 0}, "", "abc", "a header").what()) ==
          "x.csv:2: saw abc, want a header");
}

TEST_CASE("Printable text has no control bytes and is cut on a character boundary", "[core]") {
  REQUIRE(printable("a\nb\x01", 10) == "a\\nb\\x01");
  REQUIRE(printable("aé", 2) == "a…");
  REQUIRE(printable("aé", 3) == "aé");
  REQUIRE(printable("", 0).empty());
}
