#include <limits>

#include "catch.hpp"
#include "decision/words.hpp"

using namespace abgate::decision;

TEST_CASE("numbers carry three significant digits", "[words]") {
  CHECK(number(41.7) == "41.7");
  CHECK(number(2.115) == "2.12");
  CHECK(number(0.5321) == "0.532");
  CHECK(number(60) == "60");
  CHECK(number(1234.5) == "1234");
  CHECK(number(0) == "0");
  CHECK(number(-0.0) == "0");
  CHECK(number(std::numeric_limits<double>::quiet_NaN()) == "n/a");
  CHECK(number(std::numeric_limits<double>::infinity()) == "∞");
}

TEST_CASE("a value never reads like the threshold that it misses", "[words]") {
  CHECK(number_against(59.996, 60) == "59.996");
  CHECK(number_against(60.004, 60) == "60.004");
  CHECK(number_against(1.9999999, 2) == "1.9999999");
  CHECK(number_against(60, 60) == "60");
  CHECK(number_against(41.66, 60) == "41.7");
}

TEST_CASE("shares, counts, lists and times read well", "[words]") {
  CHECK(percent(0.0062) == "0.620 %");
  CHECK(percent(0.05) == "5 %");
  CHECK(points(-0.018) == "-1.8 points");
  CHECK(count(65389) == "65,389");
  CHECK(count(999) == "999");
  CHECK(counted(1, "block") == "1 block");
  CHECK(counted(3000, "request") == "3,000 requests");
  CHECK(list({"a", "b", "c"}) == "a, b and c");
  CHECK(list({}).empty());
  CHECK(minutes(0.2) == "under 1 min");
  CHECK(minutes(50) == "about 50 min");
  CHECK(minutes(130) == "about 2 h 10 min");
  CHECK(gib(60) == "55.9 GiB");
}
