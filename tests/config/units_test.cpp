#include "config/units.hpp"

#include "catch.hpp"

using namespace abgate::config;

TEST_CASE("A quantity is a finite number and what stands behind it", "[config]") {
  REQUIRE(parse_quantity("60 GB")->number == 60);
  REQUIRE(parse_quantity("60 GB")->unit == "GB");
  REQUIRE(parse_quantity(" 250ms ")->unit == "ms");
  REQUIRE(parse_quantity("-1.5e3")->number == -1500);
  REQUIRE(parse_quantity("+5 %")->unit == "%");
  for (const char* bad : {"", " ", "GB", "nan", "inf", "-inf s", "1e999", ".", "--1"}) {
    INFO(bad);
    REQUIRE_FALSE(parse_quantity(bad));
  }
  REQUIRE(parse_number("4") == 4.0);
  REQUIRE_FALSE(parse_number("4 s"));
}

TEST_CASE("Units are factors to the base of their dimension", "[config]") {
  REQUIRE(factor(Dimension::time, "ms") == 1e-3);
  REQUIRE(factor(Dimension::time, "m") == 60.0);
  REQUIRE(factor(Dimension::memory, "GiB") == 1073741824.0);
  REQUIRE(factor(Dimension::memory, "GB") == 1e9);
  REQUIRE(factor(Dimension::rate, "/s") == 1.0);
  REQUIRE(factor(Dimension::share, "%") == 0.01);
  REQUIRE(factor(Dimension::share, "") == 1.0);
  for (const char* none : {"", "MS", "Mib", "%"}) REQUIRE_FALSE(factor(Dimension::time, none));
}

TEST_CASE("Durations are shown as they can be read back", "[config]") {
  REQUIRE(duration_text(3600) == "1h");
  REQUIRE(duration_text(600) == "10m");
  REQUIRE(duration_text(5) == "5s");
  REQUIRE(duration_text(0.25) == "250ms");
  REQUIRE(duration_text(1.5) == "1500ms");
  REQUIRE(number_text(0.005) == "0.005");
}
