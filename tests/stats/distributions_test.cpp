// Distributions, random stream, multiplicity and sequential looks against the oracles.

#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "core/rng.hpp"
#include "oracles.hpp"
#include "stats/bootstrap.hpp"
#include "stats/distributions.hpp"
#include "stats/multiplicity.hpp"
#include "stats/sequential.hpp"

using namespace abgate;
using namespace abgate::stats;
using abgate::stats::test::near;
using abgate::stats::test::numbers;
using abgate::stats::test::oracle;

namespace {
std::vector<double> split(std::string key) {
  std::vector<double> out;
  for (char& c : key) c = c == ',' || c == ';' ? ' ' : c;
  std::size_t at = 0;
  while (at < key.size()) {
    std::size_t used = 0;
    out.push_back(std::stod(key.substr(at), &used));
    at += used;
  }
  return out;
}
}  // namespace

TEST_CASE("distribution functions agree with the oracle") {
  const auto& o = oracle("special_functions");
  for (const auto& [k, v] : o.at("normal_ppf").items())
    CHECK(near(normal_quantile(split(k)[0]), v));
  for (const auto& [k, v] : o.at("normal_cdf").items()) CHECK(near(normal_cdf(split(k)[0]), v));
  for (const auto& [k, v] : o.at("t_ppf").items()) {
    CHECK(near(t_quantile(split(k)[0], split(k)[1]), v));
    CHECK(near(t_cdf(v, split(k)[1]), split(k)[0]));
  }
  for (const auto& [k, v] : o.at("beta_ppf").items()) {
    CHECK(near(beta_quantile(split(k)[0], split(k)[1], split(k)[2]), v));
  }
  for (const auto& [k, v] : o.at("binom_cdf").items()) {
    CHECK(near(binomial_cdf(split(k)[0], split(k)[1], split(k)[2]), v));
  }
  for (const auto& [k, v] : o.at("chi2_sf").items())
    CHECK(near(chi2_sf(split(k)[0], split(k)[1]), v));
}

TEST_CASE("the binomial pieces add up") {
  for (const double p : {0.0, 0.03, 0.5, 1.0}) {
    double sum = 0;
    for (int k = 0; k <= 40; ++k) {
      CHECK(near(binomial_cdf(k, 40, p) + binomial_sf_inclusive(k + 1, 40, p), 1, 1e-12));
      sum += binomial_pmf(k, 40, p);
      CHECK(near(sum, binomial_cdf(k, 40, p), 1e-11));
    }
  }
  CHECK(binomial_cdf(-1, 10, 0.2) == 0);
  CHECK(binomial_sf_inclusive(11, 10, 0.2) == 0);
}

TEST_CASE("arguments outside the domain give NaN, not an exception") {
  CHECK(std::isnan(normal_quantile(1.5)));
  CHECK(std::isnan(normal_quantile(NAN)));
  CHECK(std::isnan(t_quantile(0.5, 0)));
  CHECK(std::isnan(t_cdf(1, -1)));
  CHECK(std::isnan(beta_quantile(0.5, -1, 2)));
  CHECK(std::isnan(binomial_cdf(1, 10, 2)));
  CHECK(std::isnan(chi2_sf(-1, 2)));
  CHECK(std::isnan(noncentral_t_cdf(1, 5, INFINITY)));
}

TEST_CASE("the noncentral t is the t at noncentrality 0 and shifts with it") {
  CHECK(near(noncentral_t_cdf(1.3, 7, 0), t_cdf(1.3, 7), 1e-12));
  double before = 1;
  for (double delta = 0; delta < 60; delta += 0.5) {
    const double p = noncentral_t_cdf(2, 5, delta);
    CHECK(p >= 0);
    CHECK(p <= before + 1e-12);
    before = p;
  }
}

TEST_CASE("SplitMix64 has the published outputs, and positions come from the high product") {
  const auto& o = oracle("splitmix64");
  Rng known(1234567);
  for (const auto& v : o.at("known_vector_seed_1234567"))
    CHECK(known.next() == v.get<std::uint64_t>());
  Rng rng(42);
  for (const auto& v : o.at("first_outputs_hex")) {
    const auto text = v.get<std::string>().substr(2);
    std::uint64_t wanted = 0;
    std::from_chars(text.data(), text.data() + text.size(), wanted, 16);
    CHECK(rng.next() == wanted);
  }
  Rng seven(7);
  for (const auto& v : o.at("below_10_seed_7")) {
    CHECK(below_by_product(seven.next(), 10) == v.get<std::uint64_t>());
  }
}

TEST_CASE("adjusted p values agree with the oracle") {
  const auto& o = oracle("multiplicity");
  const auto p = numbers(o.at("inputs"));
  const auto same = [&](const std::vector<double>& seen, const char* name) {
    const auto wanted = numbers(o.at("expected").at(name));
    for (std::size_t i = 0; i < p.size(); ++i) CHECK(near(seen[i], wanted[i], 1e-12));
  };
  same(holm(p), "holm");
  same(bonferroni(p), "bonferroni");
  same(benjamini_hochberg(p), "bh");
  CHECK(near(intersection_union(p), o.at("expected").at("iut_p"), 1e-12));
}

TEST_CASE("Holm keeps the order of its input and counts a missing p in the family") {
  const auto shuffled = holm(std::vector<double>{0.2, 0.001, 0.019, 0.012, 0.034});
  CHECK(near(shuffled[0], 0.2, 1e-12));
  CHECK(near(shuffled[1], 0.005, 1e-12));
  CHECK(near(shuffled[3], 0.048, 1e-12));
  const auto with_missing = holm(std::vector<double>{0.01, NAN});
  CHECK(near(with_missing[0], 0.02, 1e-12));
  CHECK(std::isnan(with_missing[1]));
  CHECK(holm({}).empty());
  CHECK(std::isnan(intersection_union({})));
  CHECK(std::isnan(intersection_union(std::vector<double>{0.01, NAN})));
}

TEST_CASE("two-look boundaries and the price of peeking agree with the oracle") {
  const auto& o = oracle("group_sequential_two_looks_one_sided_05").at("expected");
  const TwoLooks p = pocock(0.05);
  CHECK(near(p.first, o.at("pocock")[0], 1e-4));
  CHECK(near(p.second, o.at("pocock")[1], 1e-4));
  const TwoLooks of = obrien_fleming(0.05);
  CHECK(near(of.first, o.at("obrien_fleming")[0], 1e-4));
  CHECK(near(of.second, o.at("obrien_fleming")[1], 1e-4));
  CHECK(near(peeking_error(2, 0.05), o.at("naive_two_looks_alpha"), 1e-4));
  for (const auto& [looks, error] :
       oracle("peeking_inflation_one_sided_05").at("expected").items()) {
    CHECK(near(peeking_error(std::stoul(looks), 0.05), error, 0.002));
  }
  CHECK(crossing_probability({}) == 0);
}

TEST_CASE("the price of an always-valid sequence agrees with the oracle") {
  const auto& o = oracle("confidence_sequence_cost").at("expected");
  const double ratio = confidence_sequence_ratio(0.05);
  CHECK(near(ratio, o.at("min_ratio"), 1e-4));
  CHECK(near(ratio * ratio, o.at("inflation"), 1e-4));
}
