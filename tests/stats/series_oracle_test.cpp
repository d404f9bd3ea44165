// Series: warm-up, autocorrelation, history, Kolmogorov–Smirnov, against the oracles.

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/rng.hpp"
#include "oracles.hpp"
#include "stats/autocorrelation.hpp"
#include "stats/bootstrap.hpp"
#include "stats/history.hpp"
#include "stats/ks.hpp"
#include "stats/moments.hpp"
#include "stats/mser.hpp"

using namespace abgate::stats;
using abgate::stats::test::near;
using abgate::stats::test::numbers;
using abgate::stats::test::oracle;

TEST_CASE("MSER-5 cuts where the oracle cuts") {
  const auto& o = oracle("mser5");
  const auto series = numbers(o.at("inputs").at("series"));
  const Mser m = mser(series);
  CHECK(m.usable);
  CHECK(m.batches == 24);
  CHECK(m.truncate == o.at("expected").at("truncate_observations").get<std::size_t>());
  CHECK(m.half_limit == o.at("expected").at("hit_half_limit").get<bool>());
  CHECK(near(m.mean_all, o.at("expected").at("mean_all")));
  CHECK(near(m.mean_after, o.at("expected").at("mean_after")));
  const auto values = numbers(o.at("expected").at("mser_values"));
  REQUIRE(m.statistic.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(near(m.statistic[i], values[i]));
}

TEST_CASE("MSER-5 says when no steady part exists and when there is too little") {
  std::vector<double> ramp;
  for (int i = 0; i < 60; ++i) ramp.push_back(i);
  CHECK(mser(ramp).half_limit);
  CHECK(!mser(std::vector<double>(19, 1.0)).usable);
  CHECK(mser(std::vector<double>(19, 1.0)).truncate == 0);
  CHECK(mser(std::vector<double>(40, 7.0)).truncate == 0);
  CHECK(!mser({}).usable);
  CHECK(!mser(ramp, 0).usable);
}

namespace {
std::vector<double> autoregressive() {
  abgate::Rng rng(77);
  std::vector<double> x;
  double last = 0;
  for (int t = 0; t < 400; ++t) {
    double g = -6;
    for (int i = 0; i < 12; ++i) g += rng.uniform();
    last = 0.7 * last + g;
    x.push_back(last);
  }
  return x;
}
}  // namespace

TEST_CASE("autocorrelation, effective size and block lengths agree with the oracle") {
  const auto& o = oracle("autocorrelated_series");
  const auto x = autoregressive();
  for (std::size_t i = 0; i < 5; ++i) CHECK(near(x[i], o.at("inputs").at("first5")[i]));
  const auto& e = o.at("expected");
  CHECK(near(moments(x).mean(), e.at("mean")));
  const auto rho = autocorrelation(x, 5);
  for (std::size_t k = 1; k <= 5; ++k) CHECK(near(rho[k], e.at("acf_1_5")[k - 1]));
  CHECK(near(*integrated_time(x), e.at("tau_int_geyer")));
  CHECK(near(*effective_size(x), e.at("ess")));
  CHECK(near(moments(x).sd() / 20, e.at("se_iid")));
  CHECK(near(*correlated_se(x), e.at("se_ess")));
  CHECK(near(*batch_means_se(x, 20), e.at("se_batch_means_20x20")));
  const auto pw = politis_white(x);
  REQUIRE(pw);
  const auto& p = e.at("politis_white_patton");
  CHECK(pw->m_hat == p.at("mhat").get<std::size_t>());
  CHECK(pw->bandwidth == p.at("M").get<std::size_t>());
  CHECK(near(pw->stationary, p.at("b_stationary")));
  CHECK(near(pw->circular, p.at("b_circular")));
}

TEST_CASE("a series without correlation keeps about its size, a constant one has none") {
  abgate::Rng rng(4);
  std::vector<double> x(2000);
  for (double& v : x) v = rng.normal();
  CHECK(*integrated_time(x) < 1.3);
  CHECK(*effective_size(x) <= 2000);
  CHECK(politis_white(x)->circular < 8);
  CHECK(!integrated_time(std::vector<double>(50, 3.0)));
  CHECK(!integrated_time(std::vector<double>(7, 3.0)));
  CHECK(!politis_white(std::vector<double>(50, 3.0)));
  CHECK(!batch_means_se(x, 1));
  CHECK(autocorrelation({}, 3).empty());
}

TEST_CASE("E-divisive finds the oracle's change and no other") {
  const auto& o = oracle("e_divisive");
  const auto series = numbers(o.at("inputs").at("series"));
  const auto& e = o.at("expected");
  const Split s = best_split(series);
  CHECK(near(s.q, e.at("otava_Q_max").at("q")));
  CHECK(s.tau == e.at("otava_Q_max").at("tau").get<std::size_t>());
  CHECK(s.kappa == e.at("otava_Q_max").at("kappa").get<std::size_t>());
  CHECK(near(best_split_to_end(series, false).q, e.at("fixed_kappa_U_stat").at("q")));
  CHECK(near(best_split_to_end(series, true).q, e.at("mongodb_V_stat").at("T")));
  CHECK(best_split_to_end(series, true).tau == 10);
  const SplitTest t = test_split(series, 199, 2024);
  CHECK(t.as_large == e.at("permutation").at("ge").get<std::size_t>());
  CHECK(near(t.p, e.at("permutation").at("p_phipson_smyth")));
  const auto left = std::span(series).first(10), right = std::span(series).subspan(10);
  CHECK(near(*welch_p(left, right), e.at("segment_test_correct_welch_p"), 1e-12));
  ChangeOptions options;
  options.permutations = 199;
  const auto found = change_points(series, options);
  REQUIRE(found.size() == 1);
  CHECK(found[0].index == 10);
  CHECK(near(found[0].relative_change, e.at("rel_change")));
  CHECK(near(found[0].welch_p, e.at("segment_test_correct_welch_p"), 1e-12));
  options.min_change = 0.10;
  CHECK(change_points(series, options).empty());
}

TEST_CASE("the permutations of E-divisive are the oracle's") {
  const auto& o = oracle("e_divisive");
  auto series = numbers(o.at("inputs").at("series"));
  abgate::Rng rng(2024);
  // The shuffle as documented; test_split's count depends on it through every permutation.
  for (std::size_t k = series.size(); k-- > 1;) {
    std::swap(series[k], series[below_by_product(rng.next(), k + 1)]);
  }
  const auto wanted = numbers(o.at("expected").at("permutation").at("first_permutation"));
  CHECK(series == wanted);
}

TEST_CASE("a flat series has no change point") {
  const auto& o = oracle("e_divisive_flat");
  const auto series = numbers(o.at("inputs").at("series"));
  const SplitTest t = test_split(series, 199, 2025, 1, true);
  CHECK(near(t.split.q, o.at("expected").at("q")));
  CHECK(t.split.tau == o.at("expected").at("tau").get<std::size_t>());
  CHECK(near(t.p, o.at("expected").at("p_phipson_smyth")));
  CHECK(test_split(series, 199, 2024).p > 0.5);
  CHECK(change_points(series, {}).empty());
  CHECK(change_points({}, {}).empty());
}

TEST_CASE("two changes are both found and ordered") {
  abgate::Rng rng(12);
  std::vector<double> x;
  for (int i = 0; i < 75; ++i) x.push_back((i < 25 ? 100 : i < 50 ? 90 : 105) + rng.normal());
  const auto found = change_points(x, {});
  REQUIRE(found.size() == 2);
  CHECK(found[0].index == 25);
  CHECK(found[1].index == 50);
  CHECK(found[0].relative_change < 0);
  CHECK(found[1].relative_change > 0);
}

TEST_CASE("nightly point rules agree with the oracle") {
  const auto& o = oracle("nightly_point_tests");
  const auto history = numbers(o.at("inputs").at("history"));
  const double x = o.at("inputs").at("new");
  const auto& e = o.at("expected");
  const auto z = robust_z(history, x);
  REQUIRE(z);
  CHECK(near(z->median, e.at("median")));
  CHECK(near(z->mad, e.at("mad")));
  CHECK(near(z->z, e.at("robust_z")));
  CHECK(near(z->modified_z, e.at("modified_z_iglewicz")));
  CHECK(std::abs(robust_z(history, x, 2.0)->z) < std::abs(z->z));
  const auto p = t_prediction(history, x, 0.99);
  CHECK(near(p->lower, e.at("t_prediction_lower99")));
  CHECK(near(p->p_low, e.at("t_prediction_p")));
  CHECK(near(t_prediction(100, 10, 25, 100, 0.977)->upper, e.at("bencher_doc_check").at("upper")));
  CHECK(!robust_z({}, 1));
  CHECK(!robust_z(std::vector<double>{3, 3, 3}, 1));
  CHECK(!t_prediction(std::vector<double>{3}, 1, 0.99));
}

TEST_CASE("CUSUM walks the oracle's path and alarms where it does") {
  const auto& o = oracle("nightly_point_tests").at("expected").at("cusum");
  const Cusum c =
      cusum(numbers(o.at("series")), o.at("target"), o.at("sigma"), o.at("k"), o.at("h"));
  const auto& path = o.at("path_up_down");
  for (std::size_t i = 0; i < path.size(); ++i) {
    CHECK(near(c.up[i], path[i][0]));
    CHECK(near(c.down[i], path[i][1]));
  }
  CHECK(*c.first_alarm == o.at("first_alarm_index").get<std::size_t>());
  CHECK(!cusum(std::vector<double>{1, 1}, 1, 0).first_alarm);
}

TEST_CASE("Kolmogorov-Smirnov tells samples apart and not a sample from itself") {
  const std::vector<double> a{1, 2, 3, 4}, b{3, 4, 5, 6};
  CHECK(ks_two_sample(a, b)->statistic == 0.5);
  CHECK(ks_two_sample(a, a)->statistic == 0);
  CHECK(ks_two_sample(a, a)->p == 1);
  CHECK(near(kolmogorov_sf(1.36), 0.0494859, 1e-6));  // table: about 0.05
  CHECK(near(kolmogorov_sf(0.5), 0.9639452, 1e-6));
  CHECK(near(kolmogorov_sf(1.18), kolmogorov_sf(1.1799999), 1e-6));
  abgate::Rng rng(21);
  std::vector<double> u(2000), v(2000);
  for (std::size_t i = 0; i < u.size(); ++i) {
    u[i] = rng.uniform();
    v[i] = rng.uniform() * 0.8;
  }
  const auto uniform = [](double x) { return std::clamp(x, 0.0, 1.0); };
  CHECK(ks_one_sample(u, uniform)->p > 0.01);
  CHECK(ks_one_sample(v, uniform)->p < 1e-6);
  CHECK(ks_two_sample(u, v)->p < 1e-6);
  CHECK(!ks_two_sample({}, a));
  CHECK(!ks_one_sample(std::vector<double>{NAN}, uniform));
}
