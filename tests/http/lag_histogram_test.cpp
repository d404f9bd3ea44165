#include "http/lag_histogram.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "core/rng.hpp"

namespace abgate::http {

TEST_CASE("an empty lag histogram says zero") {
  const LagHistogram h;
  REQUIRE(h.quantile(0.99) == Duration{0});
  REQUIRE(h.max() == Duration{0});
  REQUIRE(h.count() == 0);
}

TEST_CASE("small and negative lags are exact") {
  LagHistogram h;
  h.record(Duration{-5});
  h.record(Duration{3});
  h.record(Duration{15});
  REQUIRE(h.quantile(0) == Duration{0});
  REQUIRE(h.quantile(0.5) == Duration{3});
  REQUIRE(h.quantile(1) == Duration{15});
}

TEST_CASE("a tail of few samples leaves out the hiccups that it may have") {
  LagHistogram h;
  for (int i = 0; i < 4; ++i) h.record(Duration{1'000'000});
  REQUIRE(h.tail(0.99, 4) == Duration{0});
  for (int i = 0; i < 26; ++i) h.record(Duration{7});
  REQUIRE(h.tail(0.99, 4) == Duration{7});
  h.record(Duration{1'000'000});
  REQUIRE(h.tail(0.99, 4) >= Duration{1'000'000});
  for (int i = 0; i < 1'000; ++i) h.record(Duration{7});
  REQUIRE(h.tail(0.99, 4) == Duration{7});  // five of a thousand are no per cent
  REQUIRE(h.tail(0.999, 4) >= Duration{1'000'000});
}

TEST_CASE("quantiles are never too low and at most 6.25 percent too high, over all magnitudes") {
  Rng rng(7);
  LagHistogram h;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    const auto value = static_cast<std::int64_t>(rng.next() >> (1 + rng.below(62)));
    values.push_back(value);
    h.record(Duration{value});
  }
  std::sort(values.begin(), values.end());
  for (const double q : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * 20'000.0));
    const auto exact = static_cast<double>(values[rank - 1]);
    const auto got = static_cast<double>(h.quantile(q).count());
    CAPTURE(q, exact, got);
    REQUIRE(got >= exact);
    REQUIRE(got <= exact * 1.0625 + 1);
  }
  REQUIRE(h.max() == Duration{values.back()});
}

}  // namespace abgate::http
