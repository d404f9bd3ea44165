#include "core/rng.hpp"

#include <algorithm>
#include <vector>

#include "catch.hpp"

using namespace abgate;

TEST_CASE("SplitMix64 gives the published sequence", "[core]") {
  Rng rng(1234567);
  REQUIRE(rng.next() == 6457827717110365317ULL);
  REQUIRE(rng.next() == 3203168211198807973ULL);
}

TEST_CASE("Transformations have the moments of their distributions", "[core]") {
  Rng rng(7);
  const int n = 200000;
  double exponential = 0, normal = 0, normal2 = 0, gamma = 0, small_gamma = 0;
  for (int i = 0; i < n; ++i) {
    exponential += rng.exponential();
    const double z = rng.normal();
    normal += z;
    normal2 += z * z;
    gamma += rng.gamma(3.5);
    small_gamma += rng.gamma(0.25);
  }
  REQUIRE(exponential / n == Approx(1.0).margin(0.01));
  REQUIRE(normal / n == Approx(0.0).margin(0.01));
  REQUIRE(normal2 / n == Approx(1.0).margin(0.01));
  REQUIRE(gamma / n == Approx(3.5).margin(0.02));
  REQUIRE(small_gamma / n == Approx(0.25).margin(0.01));
}

TEST_CASE("Named streams differ and repeat", "[core]") {
  REQUIRE(derive_seed(1, "prompts") == derive_seed(1, "prompts"));
  REQUIRE(derive_seed(1, "prompts") != derive_seed(1, "schedule"));
  REQUIRE(derive_seed(1, "prompts") != derive_seed(2, "prompts"));
  REQUIRE(derive_seed(1, std::uint64_t{0}) != derive_seed(1, std::uint64_t{1}));
}

TEST_CASE("A shuffle is a permutation, the same for the same seed", "[core]") {
  std::vector<int> a{1, 2, 3, 4, 5, 6, 7, 8}, b = a;
  Rng r1(5), r2(5);
  shuffle(std::span(a), r1);
  shuffle(std::span(b), r2);
  REQUIRE(a == b);
  REQUIRE(a != std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8});
  std::sort(a.begin(), a.end());
  REQUIRE(a == std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8});
}
