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
