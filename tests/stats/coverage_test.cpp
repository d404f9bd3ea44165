// Simulated experiments: do the statements hold as often as they say? Seeded; ±3 Monte-Carlo
// errors.

#include <cmath>
#include <vector>

#include "core/rng.hpp"
#include "oracles.hpp"
#include "stats/autocorrelation.hpp"
#include "stats/bootstrap.hpp"
#include "stats/clustered.hpp"
#include "stats/exceedance.hpp"
#include "stats/moments.hpp"
#include "stats/paired_binary.hpp"
#include "stats/quantile.hpp"
#include "stats/t_blocks.hpp"

using namespace abgate;
using namespace abgate::stats;

namespace {
/// Whether `hits` of `n` agrees with `rate` within 3 standard errors.
bool agrees(int hits, int n, double rate) {
  const double seen = double(hits) / n;
  const double error = std::sqrt(rate * (1 - rate) / n);
  UNSCOPED_INFO("seen " << seen << ", nominal " << rate << " ± " << 3 * error);
  return std::abs(seen - rate) <= 3 * error;
}
bool at_most(int hits, int n, double rate) {
  const double seen = double(hits) / n;
  UNSCOPED_INFO("seen " << seen << ", at most " << rate);
  return seen <= rate + 3 * std::sqrt(rate * (1 - rate) / n);
}

/// Requests of one run with a run effect and autocorrelation 0.6 in the log.
std::vector<double> run_of(double scale, double effect, int n, Rng& rng) {
  std::vector<double> x;
  double e = rng.normal();
  for (int i = 0; i < n; ++i) {
    e = 0.6 * e + 0.8 * rng.normal();
    x.push_back(scale * std::exp(effect + 0.2 * e));
  }
  return x;
}
}  // namespace

TEST_CASE("t on block log-ratios covers as it says under run effects and autocorrelation") {
  Rng rng(100);
  int t_covers = 0, naive_covers = 0;
  constexpr int kRuns = 1000;
  for (int i = 0; i < kRuns; ++i) {
    std::vector<double> b, c, all_b, all_c;
    for (int k = 0; k < 6; ++k) {
      const auto x = run_of(1.0, 0.02 * rng.normal(), 100, rng);
      const auto y = run_of(0.5, 0.02 * rng.normal(), 100, rng);
      b.push_back(moments(x).mean());
      c.push_back(moments(y).mean());
      all_b.insert(all_b.end(), x.begin(), x.end());
      all_c.insert(all_c.end(), y.begin(), y.end());
    }
    const Estimate t = t_log_ratio(b, c, 0.95);
    const Estimate naive = log_delta_ratio(all_b, all_c, 0.95);
    t_covers += *t.lo <= 0.5 && 0.5 <= *t.hi ? 1 : 0;
    naive_covers += *naive.lo <= 0.5 && 0.5 <= *naive.hi ? 1 : 0;
  }
  CHECK(agrees(t_covers, kRuns, 0.95));
  CHECK(naive_covers < 0.80 * kRuns);  // why blocks, not requests, are the unit
}

TEST_CASE("Tang's test passes a model at the margin at most as often as it says") {
  Rng rng(200);
  constexpr double kZ = 1.6448536269514722;
  for (const auto& [n, p, psi] : {std::tuple{100, 0.8, 0.10}, {300, 0.9, 0.06}, {500, 0.5, 0.2}}) {
    const double difference = -0.05 * p;
    const double p10 = (psi + difference) / 2, p01 = (psi - difference) / 2, p11 = p - p01;
    int passed = 0;
    constexpr int kRuns = 3000;
    for (int i = 0; i < kRuns; ++i) {
      PairedCounts t;
      for (int k = 0; k < n; ++k) {
        const double u = rng.uniform();
        (u < p11         ? t.both
         : u < p11 + p10 ? t.candidate_only
         : u < psi + p11 ? t.baseline_only
                         : t.neither) += 1;
      }
      passed += *tang_z(t, 0.95) >= kZ ? 1 : 0;
    }
    CHECK(at_most(passed, kRuns, 0.05));
  }
}

TEST_CASE("exceedance by both statements rarely passes a system at the boundary when runs differ") {
  Rng rng(300);
  int both = 0, pooled = 0;
  constexpr int kRuns = 2000;
  for (int i = 0; i < kRuns; ++i) {
    std::vector<RunCount> runs;
    for (int k = 0; k < 6; ++k) {
      // Shares of mean 0.05 that differ from run to run by half of it (a gamma effect).
      const double share = std::min(1.0, 0.05 * rng.gamma(4) / 4);
      RunCount r{0, 200};
      for (int q = 0; q < 200; ++q) r.exceeding += rng.uniform() < share ? 1U : 0U;
      runs.push_back(r);
    }
    const Exceedance e = exceedance(runs, 0.05, 0.05, 0.01);
    both += e.below ? 1 : 0;
    pooled += *e.pooled.hi < 0.05 ? 1 : 0;
  }
  CHECK(both < 0.10 * kRuns);
  CHECK(pooled > 0.15 * kRuns);
}

TEST_CASE("order-statistic bounds cover at least as they say") {
  Rng rng(400);
  int covered = 0;
  constexpr int kRuns = 1500;
  const double truth = -std::log(0.05);
  for (int i = 0; i < kRuns; ++i) {
    std::vector<double> x(200);
    for (double& v : x) v = rng.exponential();
    const Estimate e = quantile_interval(sorted_finite(x), 0.95, 0.95);
    covered += *e.lo <= truth && truth <= *e.hi ? 1 : 0;
  }
  CHECK(agrees(covered, kRuns, 0.9671521638567256));
}

TEST_CASE("clustered t covers where the plain t does not") {
  Rng rng(500);
  int clustered = 0, plain = 0;
  constexpr int kRuns = 1500;
  for (int i = 0; i < kRuns; ++i) {
    std::vector<double> x;
    std::vector<std::uint32_t> g;
    for (std::uint32_t k = 0; k < 60; ++k) {
      const double effect = 0.1 * rng.normal();
      for (int q = 0; q < 5; ++q) {
        x.push_back(effect + 0.1 * rng.normal());
        g.push_back(k);
      }
    }
    const Estimate c = clustered_t(x, g, 0.9), p = t_mean(x, 0.9);
    clustered += *c.lo <= 0 && 0 <= *c.hi ? 1 : 0;
    plain += *p.lo <= 0 && 0 <= *p.hi ? 1 : 0;
  }
  CHECK(agrees(clustered, kRuns, 0.9));
  CHECK(plain < 0.75 * kRuns);
}

TEST_CASE(
    "circular blocks of the length that the data ask for repair most of the bootstrap's "
    "undercoverage") {
  Rng rng(600);
  int blocks = 0, iid = 0;
  constexpr int kRuns = 100;
  BootstrapOptions options;
  options.replicates = 200;
  for (int i = 0; i < kRuns; ++i) {
    std::vector<double> x;
    double e = 0;
    for (int t = 0; t < 400; ++t) {
      e = 0.7 * e + rng.normal();
      x.push_back(e);
    }
    options.seed = std::uint64_t(i);
    const auto length = std::size_t(std::lround(politis_white(x)->circular));
    const auto covers = [&](std::size_t l) {
      const Estimate interval =
          percentile_interval(bootstrap_mean(x, l, options), moments(x).mean(), 0.95);
      return *interval.lo <= 0 && 0 <= *interval.hi;
    };
    blocks += covers(std::max<std::size_t>(1, length)) ? 1 : 0;
    iid += covers(1) ? 1 : 0;
  }
  CHECK(blocks > 0.85 * kRuns);
  CHECK(iid < 0.75 * kRuns);
}
