// The formulas against second opinions computed from their definitions (data/formulas.py).
#include <cmath>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "catch.hpp"
#include "stats/autocorrelation.hpp"
#include "stats/bootstrap.hpp"
#include "stats/history.hpp"
#include "stats/mser.hpp"
#include "stats/paired_binary.hpp"
#include "source_dir.hpp"

using namespace abgate::stats;

namespace {

const nlohmann::json& second_opinion() {
  static const nlohmann::json all = [] {
    std::ifstream file(source_dir() + "/tests/stats/data/formulas.json");
    REQUIRE(file);
    return nlohmann::json::parse(file);
  }();
  return all;
}

/// The generator of formulas.py: the same numbers in every language.
std::vector<double> series(std::size_t n, double phi, std::uint32_t state) {
  std::vector<double> out;
  double x = 0;
  for (std::size_t i = 0; i < n; ++i) {
    state = 1664525U * state + 1013904223U;
    x = phi * x + (static_cast<double>(state) / 4294967296.0 - 0.5);
    out.push_back(x);
  }
  return out;
}

}  // namespace

TEST_CASE("Tang's and Tango's scores are those of the constrained maximum likelihood",
          "[formulas]") {
  for (const auto& row : second_opinion().at("binary")) {
    const std::vector<double> t = row.at("table");
    const PairedCounts counts{t[0], t[1], t[2], t[3]};
    CAPTURE(row.at("table").dump());
    for (const auto& [ratio, z] : row.at("tang").get<std::vector<std::pair<double, double>>>()) {
      CAPTURE(ratio);
      CHECK(*tang_z(counts, ratio) == Approx(z).margin(2e-5));
    }
    for (const auto& [delta, z] : row.at("tango").get<std::vector<std::pair<double, double>>>()) {
      CAPTURE(delta);
      CHECK(*tango_z(counts, delta) == Approx(z).margin(2e-5));
    }
    const Estimate e = newcombe_difference(counts, 0.95);
    CHECK(*e.lo == Approx(row.at("newcombe")[0].get<double>()).margin(1e-9));
    CHECK(*e.hi == Approx(row.at("newcombe")[1].get<double>()).margin(1e-9));
  }
}

TEST_CASE("Politis and White's block lengths follow their definition", "[formulas]") {
  for (const auto& row : second_opinion().at("politis_white")) {
    const auto x = series(row.at("n"), row.at("phi"), row.at("seed"));
    const auto length = politis_white(x);
    REQUIRE(length);
    CAPTURE(row.dump());
    CHECK(length->m_hat == row.at("m_hat").get<std::size_t>());
    CHECK(length->stationary ==
          Approx(std::max(1.0, row.at("stationary").get<double>())).epsilon(1e-9));
    CHECK(length->circular ==
          Approx(std::max(1.0, row.at("circular").get<double>())).epsilon(1e-9));
  }
}

TEST_CASE("MSER-5 cuts where a search over every suffix cuts", "[formulas]") {
  std::vector<double> x = series(120, 0.3, 5);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += 3 * std::exp(-static_cast<double>(i) / 12);
  const Mser found = mser(x);
  const auto& wanted = second_opinion().at("mser5");
  CHECK(found.truncate == wanted.at("truncate").get<std::size_t>());
  CHECK(found.statistic[found.truncate / 5] ==
        Approx(wanted.at("statistic").get<double>()).epsilon(1e-9));
  CHECK(found.mean_after == Approx(wanted.at("mean").get<double>()).epsilon(1e-9));
}

TEST_CASE("E-divisive finds the split that brute force finds", "[formulas]") {
  std::vector<double> x = series(40, 0.0, 6);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += (i >= 17 ? 0.8 : 0) - (i >= 30 ? 0.8 : 0);
  for (const auto& row : second_opinion().at("e_divisive")) {
    const Split split = best_split(x, row.at("min_part"));
    CHECK(split.q == Approx(row.at("q").get<double>()).epsilon(1e-9));
    CHECK(split.tau == row.at("tau").get<std::size_t>());
    CHECK(split.kappa == row.at("kappa").get<std::size_t>());
  }
}

TEST_CASE("BCa follows Efron's definition", "[formulas]") {
  std::vector<double> replicates = series(2001, 0.0, 7), jackknife = series(80, 0.0, 8);
  for (double& v : replicates) v = std::exp(v);
  for (double& v : jackknife) v = v * v * v + v;
  const Bca found = bca_interval(replicates, 0.99, jackknife, 0.95);
  const auto& wanted = second_opinion().at("bca");
  CHECK(found.z0 == Approx(wanted.at("z0").get<double>()).margin(1e-9));
  CHECK(found.acceleration == Approx(wanted.at("a").get<double>()).margin(1e-9));
  CHECK(*found.interval.lo == Approx(wanted.at("lo").get<double>()).epsilon(1e-9));
  CHECK(*found.interval.hi == Approx(wanted.at("hi").get<double>()).epsilon(1e-9));
}
