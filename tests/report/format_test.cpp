#include "report/format.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "core/rng.hpp"

using namespace abgate;
using namespace abgate::report;

TEST_CASE("numbers have three significant digits and separated thousands") {
  REQUIRE(number(41.7) == "41.7");
  REQUIRE(number(0.0493) == "0.0493");
  REQUIRE(number(2.1152226573108157) == "2.12");
  REQUIRE(number(0.000123456) == "0.000123");
  REQUIRE(number(1234.5) == "1,234");
  REQUIRE(number(97887) == "97,887");
  REQUIRE(number(1234567) == "1,234,567");
  REQUIRE(number(-0.5) == "−0.500");
  REQUIRE(number(-1234) == "−1,234");
  REQUIRE(number(0) == "0");
  REQUIRE(number(-0.0) == "0");
  REQUIRE(number(100) == "100");
  REQUIRE(number(1.0005178, 4) == "1.001");
}

TEST_CASE("rounding that carries keeps three digits") {
  REQUIRE(number(9.999) == "10.0");
  REQUIRE(number(99.99) == "100");
  REQUIRE(number(0.9996) == "1.00");
  REQUIRE(number(999.9) == "1,000");
}

TEST_CASE("numbers that are none are named") {
  REQUIRE(number(std::numeric_limits<double>::quiet_NaN()) == "n/a");
  REQUIRE(number(std::numeric_limits<double>::infinity()) == "∞");
  REQUIRE(number(-std::numeric_limits<double>::infinity()) == "−∞");
  REQUIRE(quantity(std::nullopt, "s") == "n/a");
  REQUIRE(quantity(std::numeric_limits<double>::quiet_NaN(), "s") == "n/a");
  REQUIRE(percent(std::numeric_limits<double>::quiet_NaN()) == "n/a");
}

TEST_CASE("a value never seems to reach a threshold that it misses") {
  REQUIRE(number_against(59.996, 60) == "59.996");
  REQUIRE(number_against(60, 60) == "60.0");
  REQUIRE(number_against(60.0000001, 60) == "60.0000001");
  REQUIRE(number_against(59.99999999999, 60) == "59.99999999999");
  REQUIRE(number_against(1.9996, 2) == "1.9996");
  REQUIRE(number_against(41.7, 60) == "41.7");
  REQUIRE(number_against(-59.996, -60) == "−59.996");
  REQUIRE(percent_against(0.049996, 0.05) == "4.9996 %");
  REQUIRE(percent_against(0.0302, 0.05) == "3.02 %");
}

TEST_CASE("whatever the value, its text stands on the same side of the threshold") {
  Rng rng(4);
  for (int i = 0; i < 20'000; ++i) {
    const double threshold = std::pow(10.0, static_cast<double>(rng.below(9)) - 4) *
                             (1 + static_cast<double>(rng.below(99)));
    const double value = threshold * (1 + (rng.uniform() - 0.5) *
                                              std::pow(10.0, -static_cast<double>(rng.below(12))));
    std::string text = number_against(value, threshold);
    std::erase(text, ',');
    const double shown = std::stod(text);
    INFO(value << " against " << threshold << " shown as " << text);
    REQUIRE((shown < threshold) == (value < threshold));
    REQUIRE((shown > threshold) == (value > threshold));
  }
}

TEST_CASE("shares are written in per cent, differences in points") {
  REQUIRE(percent(0.886) == "88.6 %");
  REQUIRE(percent(0.0234) == "2.34 %");
  REQUIRE(percent(0.000998) == "0.10 %");
  REQUIRE(percent(0) == "0.00 %");
  REQUIRE(percent(1) == "100.0 %");
  REQUIRE(signed_percent(-0.0203160270880361) == "−2.03 %");
  REQUIRE(signed_percent(0.011) == "+1.10 %");
  REQUIRE(signed_percent(0) == "0.00 %");
  REQUIRE(signed_percent(-0.00001) == "0.00 %");
  REQUIRE(points(-0.018) == "−1.80 points");
}

TEST_CASE("times take the unit that fits") {
  REQUIRE(duration(Duration{81'000}) == "81.0 µs");
  REQUIRE(duration(Duration{4'200'000}) == "4.20 ms");
  REQUIRE(duration_s(1.35) == "1.35 s");
  REQUIRE(duration_s(744) == "12.4 min");
  REQUIRE(duration_s(0) == "0 s");
}

TEST_CASE("a gigabyte is a thousand millions of bytes") {
  REQUIRE(gib(60) == "55.9 GiB");
  REQUIRE(gib(41.7) == "38.8 GiB");
  REQUIRE(count(3000) == "3,000");
  REQUIRE(count(0) == "0");
  REQUIRE(ratio(1.0005178) == "1.001");
  REQUIRE(ratio(2.1152) == "2.12");
  REQUIRE(ratio(0.589) == "0.589");
  REQUIRE(interval(0.9934, 1.00767) == "[0.993, 1.008]");
  REQUIRE(exact(60) == "60");
  REQUIRE(exact(100 * (1 - 0.95)) == "5");
  REQUIRE(exact(1000) == "1,000");
  REQUIRE(interval(2.1007, 2.1298) == "[2.10, 2.13]");
  REQUIRE(interval(2.1, std::nullopt) == "–");
}
