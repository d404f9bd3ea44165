// t statements on blocks, ratios and clustered scores against the oracles, and their properties.

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/rng.hpp"
#include "oracles.hpp"
#include "stats/clustered.hpp"
#include "stats/moments.hpp"
#include "stats/rank.hpp"
#include "stats/t_blocks.hpp"

using namespace abgate::stats;
using abgate::stats::test::near;
using abgate::stats::test::numbers;
using abgate::stats::test::oracle;

TEST_CASE("throughput of blocks agrees with the oracle") {
  const auto& o = oracle("throughput_blocks");
  const auto b = numbers(o.at("inputs").at("base_tok_s"));
  const auto c = numbers(o.at("inputs").at("cand_tok_s"));
  const auto& x = o.at("expected");
  const Estimate two = t_log_ratio(b, c, 0.95);
  CHECK(near(*two.value, x.at("geomean_ratio")));
  CHECK(near(*two.lo, x.at("ratio_ci95_two_sided")[0]));
  CHECK(near(*two.hi, x.at("ratio_ci95_two_sided")[1]));
  const Estimate one = t_log_ratio(b, c, level_for(0.05));
  CHECK(near(*one.lo, x.at("ratio_lower95_one_sided")));
  CHECK(near(*one.hi, x.at("ratio_upper95_one_sided")));
  CHECK(near(*test_log_ratio(b, c, 2).p_above, x.at("p_one_sided_H0_ratio_le_2")));
  CHECK(near(*t_margin(b, c, 2).value, x.at("linearised_mean_D")));
  CHECK(near(*test_margin(b, c, 2).p_above, x.at("linearised_p_one_sided")));
  CHECK(near(*t_mean(c).value, x.at("cand_mean")));
  CHECK(near(*t_mean(c).lo, x.at("cand_lower95_one_sided")));
  CHECK(near(*test_mean(c, 40).p_above, x.at("p_one_sided_H0_cand_le_40")));
}

TEST_CASE("an undecided ratio and the A/A control agree with the oracle") {
  const auto& o = oracle("throughput_blocks_inconclusive");
  const Estimate e = t_log_ratio(numbers(o.at("inputs").at("base_tok_s")),
                                 numbers(o.at("inputs").at("cand_tok_s")));
  CHECK(near(*e.value, o.at("expected").at("geomean_ratio")));
  CHECK(near(*e.lo, o.at("expected").at("ratio_lower95_one_sided")));
  CHECK(near(*e.hi, o.at("expected").at("ratio_upper95_one_sided")));
  const auto& a = oracle("aa_control");
  const Estimate f =
      t_log_ratio(numbers(a.at("inputs").at("a1")), numbers(a.at("inputs").at("a2")), 0.95);
  CHECK(near(*f.value, a.at("expected").at("geomean_ratio")));
  CHECK(near(*f.lo, a.at("expected").at("ci95")[0]));
  CHECK(near(*f.hi, a.at("expected").at("ci95")[1]));
  CHECK(near(std::log(*f.hi / *f.lo) / 2, a.at("expected").at("halfwidth_log")));
}

TEST_CASE("paired latencies agree with the oracle") {
  const auto& o = oracle("paired_latency");
  const auto b = numbers(o.at("inputs").at("baseline_ms"));
  const auto c = numbers(o.at("inputs").at("candidate_ms"));
  const auto& x = o.at("expected");
  CHECK(near(moments(b).mean(), x.at("mean_base")));
  CHECK(near(moments(c).sd(), x.at("sd_cand")));
  const Estimate d = t_difference(b, c, 0.95);
  CHECK(near(*d.value, x.at("mean_diff")));
  CHECK(near(*d.lo, x.at("paired_t_diff_ci95")[0]));
  CHECK(near(*d.hi, x.at("paired_t_diff_ci95")[1]));
  const Estimate g = t_log_ratio(b, c, 0.95);
  CHECK(near(*g.value, x.at("geomean_ratio")));
  CHECK(near(*g.lo, x.at("geomean_ratio_t_ci95")[0]));
  CHECK(near(*g.hi, x.at("geomean_ratio_t_ci95")[1]));
  const Estimate f = fieller_ratio(b, c, 0.95);
  CHECK(near(*f.value, x.at("ratio_of_means")));
  CHECK(near(*f.lo, x.at("ratio_of_means_fieller_ci95")[0]));
  CHECK(near(*f.hi, x.at("ratio_of_means_fieller_ci95")[1]));
  const Estimate l = log_delta_ratio(b, c, 0.95);
  CHECK(near(*l.lo, x.at("ratio_of_means_logdelta_t_ci95")[0]));
  CHECK(near(*l.hi, x.at("ratio_of_means_logdelta_t_ci95")[1]));
  const auto& m = x.at("linearised_margin_test");
  const OneSided t = test_margin(b, c, m.at("margin_ratio"));
  CHECK(near(*t.statistic, m.at("t")));
  CHECK(near(*t.p_below, m.at("p_one_sided")));
  std::vector<double> differences(c);
  for (std::size_t i = 0; i < c.size(); ++i) differences[i] -= b[i];
  const auto w = signed_rank(differences);
  REQUIRE(w);
  CHECK(w->w_plus == x.at("wilcoxon_signed_rank").at("W_plus").get<double>());
  CHECK(near(*w->p_exact, x.at("wilcoxon_signed_rank").at("p_exact_two_sided"), 1e-15));
  CHECK(near(w->hodges_lehmann, x.at("hodges_lehmann_paired")));
}

TEST_CASE("clustered standard errors agree with the oracle") {
  const auto& o = oracle("clustered_se");
  const auto d = numbers(o.at("inputs").at("diff"));
  const auto g = o.at("inputs").at("cluster").get<std::vector<std::uint32_t>>();
  const auto m = clustered_mean(d, g);
  REQUIRE(m);
  CHECK(near(m->mean, o.at("expected").at("mean"), 1e-12));
  CHECK(near(m->se_iid, o.at("expected").at("se_iid"), 1e-12));
  CHECK(near(m->se_cr0, o.at("expected").at("se_cluster_CR0"), 1e-12));
  CHECK(near(m->se, o.at("expected").at("se_cluster_G_corrected"), 1e-12));
  CHECK(near(m->design_effect, std::pow(m->se / m->se_iid, 2), 1e-12));
  const Estimate t = clustered_t(d, g, 0.9);
  CHECK(near(*t.hi - *t.value, 2.13184678133629 * m->se, 1e-9));  // t_{.95, 4}
  CHECK(t.warnings.size() == 1);
}

TEST_CASE("with every item its own cluster the clustered statements are the plain ones") {
  const auto& o = oracle("paired_latency").at("inputs");
  const auto b = numbers(o.at("baseline_ms"));
  const auto c = numbers(o.at("candidate_ms"));
  std::vector<std::uint32_t> own(b.size());
  for (std::uint32_t i = 0; i < own.size(); ++i) own[i] = i;
  const Estimate r = clustered_ratio(b, c, own, 0.95), f = fieller_ratio(b, c, 0.95);
  CHECK(near(*r.lo, *f.lo, 1e-9));
  CHECK(near(*r.hi, *f.hi, 1e-9));
  const Estimate m = clustered_margin(b, c, own, 0.6, 0.9), t = t_margin(b, c, 0.6, 0.9);
  CHECK(near(*m.lo, *t.lo, 1e-9));
  CHECK(near(*clustered_margin_p(b, c, own, 0.6), *test_margin(b, c, 0.6).p_above, 1e-9));
}

TEST_CASE("the clustered ratio's bounds are where the margin statement turns") {
  const auto& o = oracle("paired_latency").at("inputs");
  const auto b = numbers(o.at("baseline_ms"));
  const auto c = numbers(o.at("candidate_ms"));
  const std::vector<std::uint32_t> g{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9};
  const Estimate r = clustered_ratio(b, c, g, 0.9);
  CHECK(near(*clustered_margin(b, c, g, *r.lo, 0.9).lo, 0, 1e-6));
  CHECK(near(*clustered_margin(b, c, g, *r.hi, 0.9).hi, 0, 1e-6));
  CHECK(near(*clustered_margin_p(b, c, g, *r.lo), 0.05, 1e-9));
}

TEST_CASE("empty cluster names are clusters of their own") {
  const std::vector<std::string> names{"a", "", "b", "a", "", "b"};
  const auto n = number_clusters(names);
  CHECK(n[0] == n[3]);
  CHECK(n[2] == n[5]);
  CHECK(n[1] != n[4]);
  CHECK(*std::max_element(n.begin(), n.end()) == 3);
}

TEST_CASE("a stratified mean keeps its weights whatever the mix") {
  Stratum easy{{0.9, 0.8, 1.0, 0.9}, {0, 1, 2, 3}, 1};
  Stratum hard{{0.1, 0.2, 0.3, 0.2}, {0, 1, 2, 3}, 1};
  const std::vector<Stratum> even{easy, hard};
  CHECK(near(*stratified_t(even, 0.9).value, 0.55, 1e-12));
  for (int i = 0; i < 3; ++i) {  // more easy items, same answer
    easy.values.insert(easy.values.end(), {0.9, 0.8, 1.0, 0.9});
    for (std::uint32_t k = 0; k < 4; ++k) easy.clusters.push_back(4 + 4 * std::uint32_t(i) + k);
  }
  const std::vector<Stratum> uneven{easy, hard};
  CHECK(near(*stratified_t(uneven, 0.9).value, 0.55, 1e-12));
  CHECK(!stratified_t({}, 0.9).value);
  CHECK(!stratified_t(std::vector<Stratum>{{{1}, {0}, 1}}, 0.9).value);
}

TEST_CASE("swapping arms inverts a ratio and negates a difference") {
  abgate::Rng rng(3);
  for (int i = 0; i < 100; ++i) {
    std::vector<double> b, c;
    for (int k = 0; k < 6; ++k) {
      b.push_back(20 * std::exp(0.05 * rng.normal()));
      c.push_back(40 * std::exp(0.05 * rng.normal()));
    }
    const Estimate r = t_log_ratio(b, c), s = t_log_ratio(c, b);
    CHECK(near(*r.lo, 1 / *s.hi, 1e-12));
    CHECK(near(*r.value, 1 / *s.value, 1e-12));
    CHECK(near(*t_difference(b, c).lo, -*t_difference(c, b).hi, 1e-12));
    auto b_ms = b, c_ms = c;
    for (double& x : b_ms) x *= 1000;
    for (double& x : c_ms) x *= 1000;
    CHECK(near(*t_log_ratio(b_ms, c_ms).lo, *r.lo, 1e-12));
    std::reverse(b.begin(), b.end());
    std::reverse(c.begin(), c.end());
    CHECK(near(*t_log_ratio(b, c).lo, *r.lo, 1e-12));
  }
}

TEST_CASE("a missing block is counted, warned of, and never narrows an interval") {
  const std::vector<double> b{20.31, 19.88, 20.12, 20.55}, c{43.1, 42.35, 42.02, 43.77};
  auto b5 = b, c5 = c;
  b5.push_back(20);
  c5.push_back(NAN);
  const Estimate full = t_log_ratio(b, c), with = t_log_ratio(b5, c5);
  CHECK(*with.lo == *full.lo);
  CHECK(*with.hi == *full.hi);
  CHECK(with.n == 4);
  REQUIRE(with.warnings.size() == 1);
  CHECK(with.warnings[0] == "1 of 5 blocks missing");
}

TEST_CASE("t statements refuse what has no answer") {
  const std::vector<double> one{2.0}, none{NAN, NAN}, two{1, 2}, zero{0, 2}, inf{1, INFINITY};
  CHECK(*t_mean(one).value == 2);
  CHECK(!t_mean(one).lo);
  CHECK_THAT(t_mean(one).why, ContainsSubstring("need at least 2"));
  CHECK(!t_mean(none).value);
  CHECK(!t_mean({}).value);
  CHECK(!t_mean(inf).value);
  CHECK_THAT(t_log_ratio(two, zero).why, ContainsSubstring("has no ratio"));
  CHECK_THAT(t_log_ratio(two, one).why, ContainsSubstring("unpaired"));
  CHECK(!t_mean(two, 1.0).value);
  CHECK(!test_mean(one, 1).p_above);
  CHECK(!test_log_ratio(two, two, 0).p_above);
  CHECK(!sd_log_ratio(one, one));
  CHECK(!fieller_ratio(std::vector<double>{-1, 1, -2, 2}, std::vector<double>{1, 2, 3, 4}, 0.9).lo);
  CHECK(!log_delta_ratio(std::vector<double>{-1, -2}, two, 0.9).value);
  CHECK(!clustered_mean(two, std::vector<std::uint32_t>{0, 0}));
  CHECK(clustered_t(std::vector<double>{1, NAN}, std::vector<std::uint32_t>{0, 1}, 0.9).why ==
        "a score is missing or not finite");
}

TEST_CASE("equal values give a sharp answer, and none at the threshold itself") {
  const std::vector<double> same{5, 5, 5};
  CHECK(*t_mean(same).lo == 5);
  CHECK(*test_mean(same, 4).p_above == 0);
  CHECK(*test_mean(same, 6).p_above == 1);
  CHECK(*test_mean(same, 5).p_above == 0.5);
}

TEST_CASE("mean and variance survive a large offset, and merge") {
  const std::vector<double> x{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16};
  CHECK(moments(x).mean() == 1e9 + 10);
  CHECK(moments(x).variance() == 30);
  Moments a = moments(std::vector<double>{1, 2, 3}),
          all = moments(std::vector<double>{1, 2, 3, 10, 20});
  a.merge(moments(std::vector<double>{10, 20}));
  CHECK(near(a.mean(), all.mean(), 1e-14));
  CHECK(near(a.variance(), all.variance(), 1e-14));
  CHECK(a.n() == 5);
  CHECK(a.max() == 20);
  a.merge(Moments{});
  CHECK(a.n() == 5);
  CHECK(std::isnan(moments(std::vector<double>{1}).variance()));
  CHECK(std::isnan(mean_finite(std::vector<double>{NAN, INFINITY})));
}
