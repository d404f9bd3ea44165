#include "http/body_stock.hpp"

#include <atomic>

#include "catch.hpp"

namespace abgate::http {

TEST_CASE("bodies come out by index, however many were made ahead") {
  const std::uint32_t ahead = GENERATE(0U, 1U, 50U, 500U);
  BodyStock stock(
      100, [](std::uint32_t i) { return std::string(100, 'a') + std::to_string(i); }, ahead);
  for (std::uint32_t i = 0; i < 100; ++i) {
    REQUIRE(stock.take(i) == std::string(100, 'a') + std::to_string(i));
  }
}

TEST_CASE("a stock that nobody empties ends early") {
  std::atomic<std::uint32_t> made{0};
  {
    BodyStock stock(
        100'000'0,
        [&](std::uint32_t) {
          ++made;
          return std::string(200, 'b');
        },
        1);
    REQUIRE(stock.take(5).size() == 200);
  }
  REQUIRE(made >= 6);
}

TEST_CASE("an empty stock is fine") {
  const BodyStock stock(0, [](std::uint32_t) { return std::string(); });
}

}  // namespace abgate::http
