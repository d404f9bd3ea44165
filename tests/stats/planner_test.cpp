// Sample sizes against the oracles, and power against simulation.

#include <cmath>
#include <vector>

#include "core/rng.hpp"
#include "oracles.hpp"
#include "stats/distributions.hpp"
#include "stats/exceedance.hpp"
#include "stats/paired_binary.hpp"
#include "stats/planner.hpp"
#include "stats/t_blocks.hpp"

using namespace abgate::stats;
using abgate::stats::test::near;
using abgate::stats::test::oracle;

TEST_CASE("blocks needed agree with the oracle") {
  for (const auto& row : oracle("throughput_blocks_needed").at("table")) {
    const double sd = row.at("sd_log"), gap = std::log1p(row.at("gap_pct").get<double>());
    CHECK(*blocks_needed(gap, sd, 0.05, 0.8) == row.at("K80").get<std::size_t>());
    CHECK(*blocks_needed(gap, sd, 0.05, 0.9) == row.at("K90").get<std::size_t>());
  }
  CHECK(!blocks_needed(0, 0.02, 0.05, 0.9));
  CHECK(!blocks_needed(1e-6, 0.5, 0.05, 0.9));
}

TEST_CASE("textbook sizes agree with the oracle") {
  for (const auto& row : oracle("sample_size_ni_paired_binary").at("table")) {
    const double psi = row.at("discordance"), delta = row.at("abs_margin_for_5pct_relative");
    const auto n = [&](double theta, double power) {
      return *pairs_needed_textbook(psi, theta, delta, 0.05, power);
    };
    CHECK(n(0, 0.8) == row.at("n80").get<std::size_t>());
    CHECK(n(0, 0.9) == row.at("n90").get<std::size_t>());
    CHECK(n(-0.01, 0.8) == row.at("n80_true_minus_1pp").get<std::size_t>());
    CHECK(n(-0.01, 0.9) == row.at("n90_true_minus_1pp").get<std::size_t>());
  }
  for (const auto& row : oracle("sample_size_ni_continuous").at("table")) {
    CHECK(*pairs_needed_continuous(row.at("sd_D"), 0, row.at("delta"), 0.05, 0.8) ==
          row.at("n80").get<std::size_t>());
    CHECK(*pairs_needed_continuous(row.at("sd_D"), 0, row.at("delta"), 0.05, 0.9) ==
          row.at("n90").get<std::size_t>());
  }
  CHECK(!pairs_needed_textbook(0.1, -0.05, 0.05, 0.05, 0.8));
}

TEST_CASE("sizes for Tang's test lie near the simulated ones") {
  struct Row {
    double p, psi, loss;
    std::size_t n80, n90;
  };
  // Simulated, power ± 1 %: sizes within a few per cent.
  const Row rows[] = {{.95, .02, 0, 104, 127},   {.90, .05, 0, 187, 246},
                      {.80, .10, 0, 390, 536},   {.80, .10, .01, 609, 843},
                      {.70, .20, 0, 970, 1346},  {.50, .10, .01, 1521, 2087},
                      {.90, .10, .01, 483, 668}, {.95, .05, .01, 256, 346}};
  for (const Row& r : rows) {
    INFO(r.p << " " << r.psi << " " << r.loss);
    const PairedTruth truth{r.p, 1 - r.loss, r.psi};
    const auto n80 = tang_pairs_needed(truth, 0.95, 0.05, 0.8);
    const auto n90 = tang_pairs_needed(truth, 0.95, 0.05, 0.9);
    REQUIRE(n80);
    REQUIRE(n90);
    CHECK(std::abs(double(*n80) / double(r.n80) - 1) < 0.06);
    CHECK(std::abs(double(*n90) / double(r.n90) - 1) < 0.06);
  }
}

TEST_CASE("Tang's power by enumeration agrees with simulation and with the normal approximation") {
  const PairedTruth truth{0.8, 0.99, 0.1};
  const double exact = tang_power(300, truth, 0.95, 0.05, 400);
  abgate::Rng rng(17);
  const double p10 = (0.1 - 0.008) / 2, p01 = (0.1 + 0.008) / 2, p11 = 0.8 - p01;
  int passed = 0;
  constexpr int kRuns = 4000;
  for (int i = 0; i < kRuns; ++i) {
    PairedCounts t;
    for (int k = 0; k < 300; ++k) {
      const double u = rng.uniform();
      (u < p11               ? t.both
       : u < p11 + p10       ? t.candidate_only
       : u < p11 + p10 + p01 ? t.baseline_only
                             : t.neither) += 1;
    }
    passed += *tang_z(t, 0.95) >= 1.6448536269514722 ? 1 : 0;
  }
  const double simulated = double(passed) / kRuns;
  CHECK(std::abs(exact - simulated) < 3 * std::sqrt(exact * (1 - exact) / kRuns));
  CHECK(std::abs(tang_power(300, truth, 0.95, 0.05, 0) - exact) < 0.03);
}

TEST_CASE("the t test's planned power is its simulated power") {
  abgate::Rng rng(31);
  int passed = 0;
  constexpr int kRuns = 4000;
  for (int i = 0; i < kRuns; ++i) {
    std::vector<double> x;
    for (int k = 0; k < 6; ++k) x.push_back(0.02 + 0.02 * rng.normal());
    passed += *t_mean(x, level_for(0.05)).lo > 0 ? 1 : 0;
  }
  const double power = t_power(6, 0.02, 0.02, 0.05);
  CHECK(std::abs(double(passed) / kRuns - power) < 3 * std::sqrt(power * (1 - power) / kRuns));
}

TEST_CASE("the smallest passing truth is the one that reaches the power") {
  const double gap = *smallest_gap(6, 0.02, 0.05, 0.9);
  CHECK(near(t_power(6, gap, 0.02, 0.05), 0.9, 1e-6));
  CHECK(*smallest_gap(6, 0, 0.05, 0.9) == 0);
  CHECK(!smallest_gap(1, 0.02, 0.05, 0.9));
  const double loss = *largest_loss(542, 0.87, 0.08, 0.95, 0.05, 0.9);
  CHECK(loss > 0.005);
  CHECK(loss < 0.03);
  CHECK(near(tang_power(542, {0.87, 1 - loss, 0.08}, 0.95, 0.05), 0.9, 1e-3));
  CHECK(!largest_loss(50, 0.8, 0.1, 0.95, 0.05, 0.9));
  const double share = *largest_exceeding_share(1200, 0.05, 0.05, 0.9);
  CHECK(near(binomial_cdf(double(*max_exceeding(1200, 0.05, 0.05)), 1200, share), 0.9, 1e-9));
  CHECK(!largest_exceeding_share(58, 0.05, 0.05, 0.9));
}

TEST_CASE("fifty-two jointly right items are the fewest that can pass five per cent") {
  CHECK(fewest_pairs_to_pass(0.95, 0.05) == 52);
  CHECK(*tang_z({51, 0, 0, 0}, 0.95) < 1.6448536);
  CHECK(fewest_pairs_to_pass(1.0, 0.05) == 0);
}

TEST_CASE("impossible truths and sizes are refused") {
  CHECK(std::isnan(tang_power(100, {0.8, 0.9, 0.01}, 0.95, 0.05)));
  CHECK(std::isnan(tang_power(100, {0.99, 1.0, 0.5}, 0.95, 0.05)));
  CHECK(!tang_pairs_needed({0.8, 0.94, 0.1}, 0.95, 0.05, 0.8));
  CHECK(t_power(1, 1, 1, 0.05) == 0);
  CHECK(t_power(6, 0.1, 0, 0.05) == 1);
  CHECK(t_power(6, 0, 0, 0.05) == 0);
}
