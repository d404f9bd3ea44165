#include "load/arrival.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "catch.hpp"

using namespace abgate;
using namespace abgate::load;

namespace {

LoadPoint open_point(Arrival arrival, double rate, double burstiness = 1) {
  LoadPoint point;
  point.arrival = arrival;
  point.rate = rate;
  point.burstiness = burstiness;
  return point;
}

std::vector<Duration> draw(const LoadPoint& point, std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  return arrivals(point, count, std::nullopt, rng);
}

/// Gaps in units of their mean, 1 / rate.
std::vector<double> gaps(const LoadPoint& point, std::size_t count, std::uint64_t seed) {
  std::vector<double> out;
  Duration before{0};
  for (const Duration at : draw(point, count, seed)) {
    out.push_back(to_seconds(at - before) * point.rate);
    before = at;
  }
  return out;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double variation(const std::vector<double>& values) {
  const double m = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - m) * (value - m);
  return std::sqrt(squares / static_cast<double>(values.size() - 1)) / m;
}

/// Kolmogorov–Smirnov statistic times sqrt(n): above 1.95 has probability 0.001.
double ks(std::vector<double> sample, const std::function<double(double)>& cdf) {
  std::sort(sample.begin(), sample.end());
  const double n = static_cast<double>(sample.size());
  double distance = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double f = cdf(sample[i]);
    const double rank = static_cast<double>(i);
    distance = std::max({distance, f - rank / n, (rank + 1) / n - f});
  }
  return distance * std::sqrt(n);
}

double exponential_cdf(double x) {
  return -std::expm1(-x);
}

/// Regularised lower incomplete gamma P(a, x) by its series: enough digits where x < a + 40.
double gamma_cdf(double shape, double x) {
  if (x <= 0) return 0;
  double term = 1 / shape, sum = term;
  for (int n = 1; n < 2000 && term > sum * 1e-15; ++n) sum += term *= x / (shape + n);
  return std::min(1.0, sum * std::exp(-x + shape * std::log(x) - std::lgamma(shape)));
}

}  // namespace

TEST_CASE("The test's own gamma distribution agrees with known values", "[load]") {
  REQUIRE(gamma_cdf(1, 0.7) == Approx(exponential_cdf(0.7)));
  REQUIRE(gamma_cdf(0.5, 0.5) == Approx(std::erf(std::sqrt(0.5))));
  REQUIRE(gamma_cdf(3, 2.5) == Approx(1 - std::exp(-2.5) * (1 + 2.5 + 3.125)));
}

TEST_CASE("Constant arrivals are exact multiples of the gap, without drift", "[load]") {
  const auto due = draw(open_point(Arrival::constant, 3), 300001, 1);
  REQUIRE(due[0] == Duration(0));
  REQUIRE(due[1] == Duration(333333333));
  REQUIRE(due[3] == std::chrono::seconds(1));
  REQUIRE(due[300000] == std::chrono::seconds(100000));
}

TEST_CASE("Poisson arrivals follow the exponential distribution", "[load]") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const auto sample = gaps(open_point(Arrival::poisson, 250), 50000, seed);
    REQUIRE(ks(sample, exponential_cdf) < 1.95);
    REQUIRE(mean(sample) == Approx(1).margin(0.02));
    REQUIRE(variation(sample) == Approx(1).margin(0.02));
  }
}

TEST_CASE("Gamma arrivals follow the gamma distribution of the declared burstiness", "[load]") {
  for (const double shape : {0.25, 0.5, 1.0, 2.0, 9.0}) {
    // Slow, because a gap is rounded to nanoseconds: of bursty ones many are shorter than that.
    const auto sample = gaps(open_point(Arrival::gamma, 1e-4, shape), 50000, 11);
    INFO("burstiness " << shape);
    REQUIRE(ks(sample, [&](double x) { return gamma_cdf(shape, x * shape); }) < 1.95);
    REQUIRE(mean(sample) == Approx(1).margin(0.03));
    REQUIRE(variation(sample) == Approx(1 / std::sqrt(shape)).margin(0.04));
  }
}

TEST_CASE("The Kolmogorov–Smirnov test tells a wrong distribution", "[load]") {
  const auto bursty = gaps(open_point(Arrival::gamma, 40, 0.8), 50000, 11);
  REQUIRE(ks(bursty, exponential_cdf) > 1.95);
}

TEST_CASE("Arrivals ascend and repeat for the same seed only", "[load]") {
  const LoadPoint point = open_point(Arrival::gamma, 100, 0.3);
  const auto due = draw(point, 5000, 7);
  REQUIRE(std::is_sorted(due.begin(), due.end()));
  REQUIRE(due == draw(point, 5000, 7));
  REQUIRE(due != draw(point, 5000, 8));
}

TEST_CASE("A duration bounds arrivals, with or without a count", "[load]") {
  const std::optional<Duration> second = std::chrono::seconds(1);
  Rng rng(5);
  REQUIRE(arrivals(open_point(Arrival::constant, 10), 0, second, rng).size() == 11);
  REQUIRE(arrivals(open_point(Arrival::constant, 10), 4, second, rng).size() == 4);
  const auto due = arrivals(open_point(Arrival::poisson, 1000), 0, second, rng);
  REQUIRE(due.size() == Approx(1000).margin(130));
  REQUIRE(due.back() <= *second);
}

TEST_CASE("A closed loop has no schedule", "[load]") {
  REQUIRE(draw(open_point(Arrival::closed, 0), 3, 1) == std::vector<Duration>(3));
}

namespace {

/// From 2/s up to 10/s in 30 s, 20 s there, a jump to 4/s, down to 0 in 10 s, nothing for 5 s, up.
LoadPoint ramp_point() {
  LoadPoint point = open_point(Arrival::ramp, 2);
  const auto seconds = [](int n) { return Duration(std::chrono::seconds(n)); };
  point.stages = {{seconds(30), 10}, {seconds(20), 10}, {seconds(0), 4},
                  {seconds(10), 0},  {seconds(5), 0},   {seconds(40), 6}};
  return point;
}

}  // namespace

TEST_CASE("The expected number of a ramp is the area below its rate", "[load]") {
  const LoadPoint point = ramp_point();
  REQUIRE(ramp_seconds(point) == 105);
  REQUIRE(ramp_expected(point, 0) == 0);
  REQUIRE(ramp_expected(point, 15) == Approx(2 * 15 + 4.0 / 15 * 15 * 15 / 2));
  REQUIRE(ramp_expected(point, 30) == Approx(180));
  REQUIRE(ramp_expected(point, 40) == Approx(280));
  REQUIRE(ramp_expected(point, 60) == Approx(400));
  REQUIRE(ramp_expected(point, 64) == Approx(400));
  REQUIRE(ramp_expected(point, 105) == Approx(520));
  REQUIRE(ramp_expected(point, 500) == Approx(520));
  REQUIRE(mean_rate(point) == Approx(520.0 / 105));
  REQUIRE(mean_rate(open_point(Arrival::poisson, 3)) == 3);
}

TEST_CASE("Arrivals of a ramp are an inhomogeneous Poisson process", "[load]") {
  // Time change: the gaps in expected requests are standard exponential, whatever the rate was.
  const LoadPoint point = ramp_point();
  std::vector<double> sample;
  std::size_t counts[3] = {0, 0, 0};
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    double before = 0;
    for (const Duration at : draw(point, 0, seed)) {
      const double seconds = to_seconds(at);
      const double expected = ramp_expected(point, seconds);
      sample.push_back(expected - before);
      before = expected;
      counts[seconds < 30 ? 0 : seconds < 60 ? 1 : 2] += 1;
      REQUIRE((seconds <= 60 || seconds >= 65));
    }
  }
  REQUIRE(ks(sample, exponential_cdf) < 1.95);
  REQUIRE(counts[0] == Approx(18000).epsilon(0.03));
  REQUIRE(counts[1] == Approx(22000).epsilon(0.03));
  REQUIRE(counts[2] == Approx(12000).epsilon(0.03));
}

TEST_CASE("A ramp ends with its stages, its count or a duration, whichever is first", "[load]") {
  const LoadPoint point = ramp_point();
  Rng rng(4);
  const auto all = arrivals(point, 0, std::nullopt, rng);
  REQUIRE(all.size() == Approx(520).margin(120));
  REQUIRE(all.back() <= std::chrono::seconds(105));
  REQUIRE(std::is_sorted(all.begin(), all.end()));
  REQUIRE(arrivals(point, 50, std::nullopt, rng).size() == 50);
  const auto early = arrivals(point, 0, Duration(std::chrono::seconds(10)), rng);
  REQUIRE(early.back() <= std::chrono::seconds(10));
  // A rate that never changes is a Poisson process of that rate.
  LoadPoint flat = open_point(Arrival::ramp, 5);
  flat.stages = {{std::chrono::seconds(20000), 5}};
  const auto sample = gaps(flat, 50000, 3);
  REQUIRE(ks(sample, exponential_cdf) < 1.95);
}
