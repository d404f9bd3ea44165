// Throughput over concurrency: the fit, and the concurrency where the candidate stops winning.

#include <cmath>

#include "core/rng.hpp"
#include "oracles.hpp"
#include "stats/usl.hpp"

using namespace abgate;
using namespace abgate::stats;
using abgate::stats::test::near;

namespace {
const std::vector<double> kLevels{1, 2, 4, 8, 16, 32, 64, 128};

std::vector<double> curve(const UslFit& truth, double noise, Rng& rng) {
  std::vector<double> x;
  for (const double n : kLevels) x.push_back(truth.at(n) * std::exp(noise * rng.normal()));
  return x;
}

std::vector<LoadLevel> levels_of(const UslFit& b, const UslFit& c, double noise, std::size_t blocks,
                                 Rng& rng) {
  std::vector<LoadLevel> out;
  for (const double n : kLevels) {
    LoadLevel level{n, {}, {}};
    for (std::size_t k = 0; k < blocks; ++k) {
      level.baseline.push_back(b.at(n) * std::exp(noise * rng.normal()));
      level.candidate.push_back(c.at(n) * std::exp(noise * rng.normal()));
    }
    out.push_back(level);
  }
  return out;
}

const UslFit kFp16{23, 0.004, 1e-5, 0};
const UslFit kAwq{64, 0.025, 4e-5, 0};

double crossing() {
  double low = 1, high = 128;
  for (int i = 0; i < 100; ++i) {
    const double mid = (low + high) / 2;
    (kAwq.at(mid) > kFp16.at(mid) ? low : high) = mid;
  }
  return low;
}
}  // namespace

TEST_CASE("an exact curve is recovered") {
  Rng rng(1);
  for (const UslFit& truth :
       {kFp16, kAwq, UslFit{100, 0, 0, 0}, UslFit{10, 0.3, 0, 0}, UslFit{10, 0, 1e-3, 0}}) {
    const auto fit = fit_usl(kLevels, curve(truth, 0, rng));
    REQUIRE(fit);
    CHECK(near(fit->lambda, truth.lambda, 1e-6));
    CHECK(near(fit->sigma, truth.sigma, 1e-7));
    CHECK(near(fit->kappa, truth.kappa, 1e-8));
    CHECK(fit->rmse_log < 1e-7);
  }
  CHECK(near(*UslFit{10, 0.1, 0.001, 0}.peak(), 30, 1e-12));
  CHECK(!UslFit{10, 0.1, 0, 0}.peak());
}

TEST_CASE("noise moves the fit little and never makes a coefficient negative") {
  Rng rng(2);
  for (int i = 0; i < 30; ++i) {
    const auto fit = fit_usl(kLevels, curve({50, 0.001, 0, 0}, 0.03, rng));
    REQUIRE(fit);
    CHECK(fit->sigma >= 0);
    CHECK(fit->kappa >= 0);
    CHECK(std::abs(fit->lambda / 50 - 1) < 0.1);
  }
}

TEST_CASE("units scale the fit and nothing else") {
  Rng rng(3);
  auto x = curve(kAwq, 0.03, rng);
  const auto a = fit_usl(kLevels, x);
  for (double& v : x) v *= 1000;
  const auto b = fit_usl(kLevels, x);
  CHECK(near(b->lambda, 1000 * a->lambda, 1e-8));
  CHECK(near(b->sigma, a->sigma, 1e-8));
}

TEST_CASE("a fit without enough levels or with impossible values is refused") {
  CHECK(!fit_usl(std::vector<double>{1, 2}, std::vector<double>{1, 2}));
  CHECK(!fit_usl(std::vector<double>{1, 2, 2}, std::vector<double>{1, 2, 2}));
  CHECK(!fit_usl(std::vector<double>{1, 2, 4}, std::vector<double>{1, 0, 4}));
  CHECK(!fit_usl(std::vector<double>{1, 2, 4}, std::vector<double>{1, NAN, 4}));
  CHECK(!fit_usl(std::vector<double>{0, 2, 4}, std::vector<double>{1, 2, 4}));
  CHECK(!fit_usl(std::vector<double>{1, 2, 4}, std::vector<double>{1, 2}));
}

TEST_CASE("the crossover is found and its interval covers it at about its level") {
  Rng rng(4);
  const double truth = crossing();
  int covered = 0;
  constexpr int kRuns = 12;
  for (int i = 0; i < kRuns; ++i) {
    const Crossover x = crossover(levels_of(kFp16, kAwq, 0.02, 6, rng), 0.9, 7, 150);
    REQUIRE(x.concurrency.value);
    CHECK(std::abs(*x.concurrency.value / truth - 1) < 0.25);
    covered += x.concurrency.lo && *x.concurrency.lo <= truth &&
                       (!x.concurrency.hi || *x.concurrency.hi >= truth)
                   ? 1
                   : 0;
  }
  // Percentile intervals over six blocks are known to be narrow: 0.80 to 0.95 is what they do.
  CHECK(covered >= 8);
}

TEST_CASE("without a crossing the report is told which arm wins") {
  Rng rng(5);
  const Crossover wins =
      crossover(levels_of(kFp16, {50, 0.004, 1e-5, 0}, 0.01, 4, rng), 0.9, 1, 100);
  CHECK(!wins.concurrency.value);
  CHECK(wins.candidate_wins_everywhere);
  CHECK(!wins.concurrency.hi);
  const Crossover loses =
      crossover(levels_of(kFp16, {10, 0.004, 1e-5, 0}, 0.01, 4, rng), 0.9, 1, 100);
  CHECK(loses.candidate_loses_everywhere);
  CHECK_THAT(loses.concurrency.why, ContainsSubstring("does not win even at the lowest"));
  CHECK_THAT(crossover({}, 0.9, 1).concurrency.why, ContainsSubstring("3 or more concurrencies"));
  const Crossover two = crossover(levels_of(kFp16, kAwq, 0.0, 2, rng), 0.9, 1, 100);
  CHECK(two.concurrency.value);
  CHECK(!two.concurrency.lo);
}
