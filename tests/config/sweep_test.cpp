// A point whose concurrency or rate is a list.

#include "catch.hpp"
#include "config/sample.hpp"
#include "config/sweep.hpp"

using namespace abgate;
using namespace abgate::config;

TEST_CASE("A list of concurrencies makes one closed point of each", "[config][sweep]") {
  const Scenario s = sample({"points.0.concurrency=[1, 4, 32]"});
  REQUIRE(s.points.size() == 4);  // r4 stays
  REQUIRE((s.points[0].id == "c1" && s.points[1].id == "c4" && s.points[2].id == "c32"));
  REQUIRE((s.points[0].concurrency == 1 && s.points[2].concurrency == 32));
  REQUIRE((s.points[0].warmup_requests == 1 && s.points[2].warmup_requests == 32));
  REQUIRE((s.points[0].requests == 50 && s.points[2].requests == 128));  // 4 a stream
  REQUIRE(s.points[3].id == "r4");
}

TEST_CASE("A list of rates makes Poisson points without a cap", "[config][sweep]") {
  const Scenario s = sample({"points.0.rate=[1/s, 2.5/s]"});
  REQUIRE((s.points[0].id == "r1" && s.points[1].id == "r2_5"));
  REQUIRE((s.points[1].arrival == Arrival::poisson && s.points[1].rate == 2.5));
  REQUIRE((s.points[1].concurrency == 0 && s.points[1].requests == 50));
}

TEST_CASE("An id that another point has is told apart by the point's own", "[config][sweep]") {
  const Scenario s = sample({"points.0.rate=[2/s, 4/s]"});
  REQUIRE((s.points[0].id == "r2" && s.points[1].id == "c8-r4" && s.points[2].id == "r4"));
}

TEST_CASE("Requests may go along as a list, and are then taken as they are", "[config][sweep]") {
  const Scenario s = sample({"points.0={id: x, concurrency: [2, 64], requests: [10, 70]}"});
  REQUIRE((s.points[0].requests == 10 && s.points[1].requests == 70));
  REQUIRE(s.points[1].warmup_requests == 64);
}

TEST_CASE("Sweeps that mean nothing are refused at their place", "[config][sweep]") {
  REQUIRE_THAT(refusal(kSample, {"points.0.concurrency=[]"}), ContainsSubstring("a list of 0"));
  REQUIRE_THAT(refusal(kSample, {"points.0={id: x, concurrency: [1, 2], requests: [8]}"}),
               ContainsSubstring("points.0.requests") && ContainsSubstring("2 values"));
  REQUIRE_THAT(refusal(kSample, {"points.0={id: x, concurrency: [1], rate: [2/s], requests: 8}"}),
               ContainsSubstring("one list"));
  REQUIRE_THAT(refusal(kSample, {"points.0.concurrency=[1, many]"}), ContainsSubstring("many"));
  REQUIRE_THAT(refusal(kSample, {"points.0.concurrency=[2, 2]"}), ContainsSubstring("unique"));
}

TEST_CASE("Values of --sweep: a list or a range that doubles", "[config][sweep]") {
  using Values = std::vector<std::string>;
  REQUIRE(sweep_values("concurrency", "1,2,8") == Values{"1", "2", "8"});
  REQUIRE(sweep_values("concurrency", "1..12") == Values{"1", "2", "4", "8", "12"});
  REQUIRE(sweep_values("rate", "0.5..2") == Values{"0.5", "1", "2"});
  REQUIRE_THROWS_AS(sweep_values("rate", "4..1"), ScenarioError);
  REQUIRE_THROWS_AS(sweep_values("rate", "1,,2"), ScenarioError);
  REQUIRE_THROWS_AS(sweep_values("rate", "0..4"), ScenarioError);
}
