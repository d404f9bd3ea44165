// Proportions, paired proportions, percentiles and exceedance against the oracles and literals.

#include <cmath>
#include <vector>

#include "core/rng.hpp"
#include "oracles.hpp"
#include "stats/binomial.hpp"
#include "stats/distributions.hpp"
#include "stats/exceedance.hpp"
#include "stats/paired_binary.hpp"
#include "stats/quantile.hpp"
#include "stats/t_blocks.hpp"

using namespace abgate::stats;
using abgate::stats::test::near;
using abgate::stats::test::numbers;
using abgate::stats::test::oracle;

namespace {
bool same(const Estimate& e, const nlohmann::json& bounds, double tolerance) {
  return e.lo && e.hi && near(*e.lo, bounds[0], tolerance) && near(*e.hi, bounds[1], tolerance);
}

PairedCounts counts_of(const nlohmann::json& t) {
  return {t.at("both"), t.at("arm1_only"), t.at("arm2_only"), t.at("neither")};
}
}  // namespace

TEST_CASE("score and exact tests of paired proportions agree with the oracle") {
  for (const auto& c : oracle("paired_binary").at("cases")) {
    INFO(c.at("tag").get<std::string>());
    const PairedCounts t = counts_of(c.at("table"));
    const auto& o = c.at("expected");
    const auto n = static_cast<std::size_t>(t.n());
    CHECK(same(wilson(static_cast<std::size_t>(t.candidate_right()), n, 0.95), o.at("wilson95_p1"),
               1e-7));
    CHECK(same(wilson(static_cast<std::size_t>(t.baseline_right()), n, 0.95), o.at("wilson95_p2"),
               1e-7));
    CHECK(near(mcnemar_exact(t), o.at("mcnemar").at("exact"), 1e-9));
    CHECK(near(mcnemar_mid_p(t), o.at("mcnemar").at("midp"), 1e-9));
    if (o.at("mcnemar").contains("one_sided_exact_p_arm1_worse")) {
      CHECK(near(mcnemar_one_sided_worse(t), o.at("mcnemar").at("one_sided_exact_p_arm1_worse"),
                 1e-9));
    }
    CHECK(near(*tango_difference(t, 0.95).value, o.at("diff"), 1e-12));
    CHECK(same(tango_difference(t, 0.95), o.at("tango95"), 1e-7));
    CHECK(same(tango_difference(t, 0.90), o.at("tango90_two_sided"), 1e-7));
    CHECK(near(*tango_z(t, -0.05), o.at("tango_z_at_minus_0_05"), 1e-7));
    CHECK(near(*tango_p_above(t, -0.05), o.at("tango_NI_p_abs_margin_5pp"), 1e-7));
    CHECK(same(newcombe_difference(t, 0.95), o.at("newcombe_10_phi_cc"), 1e-7));
    CHECK(near(*tang_z(t, 0.95), o.at("tang_NI").at("z"), 1e-7));
    CHECK(near(*tang_p_above(t, 0.95), o.at("tang_NI").at("p_one_sided"), 1e-7));
    CHECK(near(*tang_ratio(t, level_for(0.05)).lo, o.at("tang_NI").at("ratio_lower95_one_sided"),
               1e-7));
    CHECK(near(*tang_ratio(t, 0.9).value, o.at("relative_ratio"), 1e-12));
  }
}

TEST_CASE("the relative margin by t on D reproduces the oracle, anti-conservative as it is") {
  for (const auto& c : oracle("paired_binary").at("cases")) {
    const PairedCounts t = counts_of(c.at("table"));
    std::vector<double> b, cand;
    const auto add = [&](double n, double base, double candidate) {
      for (int i = 0; i < static_cast<int>(n); ++i) {
        b.push_back(base);
        cand.push_back(candidate);
      }
    };
    add(t.both, 1, 1);
    add(t.candidate_only, 0, 1);
    add(t.baseline_only, 1, 0);
    add(t.neither, 0, 0);
    const auto& o = c.at("expected").at("rel_margin");
    const Estimate d = t_margin(b, cand, 0.95, 0.90);
    CHECK(near(*d.value, o.at("mean_D"), 1e-9));
    CHECK(near(*d.lo, o.at("lower95_one_sided_of_D"), 1e-9));
    CHECK(near(*test_margin(b, cand, 0.95).p_above, o.at("p_one_sided_t"), 1e-9));
  }
}

TEST_CASE("published intervals of paired tables") {
  const PairedCounts t{36, 12, 2, 0};
  CHECK(same(newcombe_difference(t, 0.95), {0.0569, 0.3404}, 6e-5));
  CHECK(same(tango_difference(t, 0.95), {0.0611, 0.3447}, 6e-5));
  const PairedCounts he{134, 4, 9, 17};
  CHECK(same(newcombe_difference(he, 0.90), {-0.0700, 0.0075}, 6e-5));
  CHECK(same(tango_difference(he, 0.90), {-0.0711, 0.0062}, 6e-5));
  CHECK(near(mcnemar_mid_p(he), 0.1796, 6e-5));
  CHECK(near(*tang_z(he, 0.95), 0.588, 6e-4));
  CHECK(same(tango_difference({408, 14, 19, 101}, 0.90), {-0.0275, 0.0085}, 6e-5));
  CHECK(near(*tang_z({408, 14, 19, 101}, 0.95), 2.610, 6e-4));
  CHECK(same(tango_difference({150, 0, 0, 14}, 0.90), {-0.0162, 0.0162}, 6e-5));
}

TEST_CASE("swapping the arms of a paired table inverts the ratio and negates the difference") {
  abgate::Rng rng(11);
  for (int i = 0; i < 200; ++i) {
    const PairedCounts t{double(rng.below(100)) + 1, double(rng.below(20)), double(rng.below(20)),
                         double(rng.below(50))};
    const PairedCounts s{t.both, t.baseline_only, t.candidate_only, t.neither};
    const Estimate d = tango_difference(t, 0.9), e = tango_difference(s, 0.9);
    CHECK(near(*d.lo, -*e.hi, 1e-9));
    CHECK(near(*d.hi, -*e.lo, 1e-9));
    const Estimate r = tang_ratio(t, 0.9), q = tang_ratio(s, 0.9);
    CHECK(near(*r.lo, 1 / *q.hi, 1e-8));
    CHECK(near(*r.hi, 1 / *q.lo, 1e-8));
    CHECK(*r.lo <= *r.value);
    CHECK(*r.value <= *r.hi);
  }
}

TEST_CASE("a design effect widens the intervals of a paired table") {
  const PairedCounts t{412, 22, 31, 35};
  const Estimate plain = tang_ratio(t, 0.9), wide = tang_ratio(scaled(t, 2), 0.9);
  CHECK(*wide.lo < *plain.lo);
  CHECK(*wide.hi > *plain.hi);
  CHECK(near(*wide.value, *plain.value, 1e-12));
  CHECK(scaled(t, 0.5).n() == t.n());
}

TEST_CASE("degenerate paired tables are answered or refused with a reason") {
  CHECK(tang_ratio({0, 0, 0, 0}, 0.9).why == "no pairs");
  CHECK_THAT(tang_ratio({0, 5, 0, 9}, 0.9).why, ContainsSubstring("baseline has no right answer"));
  CHECK(!tango_difference({-1, 0, 0, 5}, 0.9).value);
  CHECK(!tango_difference({1, 0, 0, NAN}, 0.9).value);
  CHECK(!tang_ratio({10, 0, 0, 0}, 1.5).value);
  const Estimate none_right = tang_ratio({0, 0, 10, 90}, 0.9);
  CHECK(*none_right.value == 0);
  CHECK(*none_right.lo == 0);
  CHECK(*none_right.hi > 0);
  CHECK(*none_right.hi < 0.5);
  const Estimate perfect = tang_ratio({200, 0, 0, 0}, 0.9);
  CHECK(*perfect.lo > 0.95);
  CHECK(*perfect.hi > 1);
  CHECK(!tango_z({1, 1, 1, 1}, 1.0));
  CHECK(!tang_z({1, 1, 1, 1}, 0));
  CHECK(mcnemar_exact({5, 0, 0, 5}) == 1);
  CHECK(mcnemar_mid_p({5, 0, 0, 5}) == 1);
}

TEST_CASE("zero failures prove what the oracle says") {
  const auto& o = oracle("zero_failures");
  for (const auto& row : o.at("table")) {
    const std::size_t n = row.at("n");
    CHECK(near(zero_failures_upper(n, 0.95), row.at("exact_upper95"), 1e-12));
    CHECK(near(zero_failures_upper(n, 0.99), row.at("exact_upper99"), 1e-12));
    CHECK(near(zero_failures_upper(n, 0.95), *clopper_pearson(0, n, 0.90).hi, 1e-12));
  }
  for (const auto& [rate, n] : o.at("n_needed_for_upper95").items()) {
    CHECK(*attempts_to_prove(std::stod(rate)) == n.get<std::size_t>());
  }
  for (const auto& row : o.at("clopper_pearson_two_sided95")) {
    CHECK(
        same(clopper_pearson(row.at("k"), row.at("n"), 0.95), {row.at("lo"), row.at("hi")}, 1e-12));
  }
  CHECK(zero_failures_upper(0) == 1);
  CHECK(!attempts_to_prove(0));
  CHECK(!attempts_to_prove(1.5));
}

TEST_CASE("proportions refuse what has no answer") {
  CHECK(clopper_pearson(0, 0, 0.9).why == "nothing was attempted");
  CHECK(!clopper_pearson(3, 2, 0.9).value);
  CHECK(!wilson(1, 2, 1.0).value);
  CHECK(*clopper_pearson(5, 5, 0.9).hi == 1);
  CHECK(*wilson(0, 5, 0.9).lo == 0);
}

TEST_CASE("ranks of percentile bounds agree with the oracle") {
  const auto& o = oracle("order_statistic_ci");
  for (const auto& row : o.at("table")) {
    const std::size_t n = row.at("n");
    const double p = row.at("p");
    const auto rank = [&](const char* key) {
      return row.at(key).is_null() ? std::nullopt : std::optional(row.at(key).get<std::size_t>());
    };
    CHECK(lower_rank(n, p, 0.975) == rank("l"));
    CHECK(upper_rank(n, p, 0.975) == rank("u"));
    CHECK(upper_rank(n, p, 0.95) == rank("upper95_rank"));
    CHECK(lower_rank(n, p, 0.95) == rank("lower95_rank"));
    if (const auto k = rank("upper95_rank")) {
      CHECK(near(binomial_cdf(static_cast<double>(*k) - 1, static_cast<double>(n), p),
                 row.at("upper95_cov"), 1e-9));
    }
  }
  for (const auto& [p, n] : o.at("min_n_one_sided_upper95").items()) {
    CHECK(min_n_upper_bound(std::stod(p), 0.95) == n.get<std::size_t>());
  }
  for (const auto& [p, n] : o.at("min_n_equal_tailed_two_sided95").items()) {
    CHECK(min_n_two_sided(std::stod(p), 0.95) == n.get<std::size_t>());
  }
}

TEST_CASE("a percentile interval of one run agrees with the oracle") {
  const auto& o = oracle("order_statistic_ci").at("example");
  abgate::Rng rng(99);
  std::vector<double> x;
  for (int i = 0; i < 200; ++i) {
    x.push_back(std::round((300 - 220 * std::log(1 - rng.uniform())) * 1000) / 1000);
  }
  for (std::size_t i = 0; i < 5; ++i) CHECK(near(x[i], o.at("first5")[i], 1e-9));
  const Estimate e = quantile_interval(sorted_finite(x), 0.95, 0.95);
  CHECK(near(*e.value, o.at("p95_type7"), 1e-9));
  CHECK(same(e, o.at("ci95"), 1e-9));
  CHECK(near(sorted_finite(x)[*upper_rank(200, 0.95, 0.95) - 1], o.at("upper95_one_sided"), 1e-9));
  CHECK(near(binomial_cdf(o.at("exceed_1000ms"), 200, 0.05), o.at("p_value_H0_fraction_ge_5pct"),
             1e-9));
}

TEST_CASE("type-7 percentiles of literals") {
  const std::vector<double> x{4, 1, 3, 2};
  CHECK(*quantile(x, 0) == 1);
  CHECK(*quantile(x, 1) == 4);
  CHECK(*quantile(x, 0.5) == 2.5);
  CHECK(near(*quantile(x, 0.95), 3.85, 1e-12));
  CHECK(*quantile(std::vector<double>{7}, 0.99) == 7);
  CHECK(*quantile(std::vector<double>{NAN, 7, NAN}, 0.5) == 7);
  CHECK(!quantile({}, 0.5));
  CHECK(!quantile(x, 1.1));
  CHECK(!quantile_sorted(std::vector<double>{NAN}, 0.5));
  CHECK(!quantile_interval({}, 0.5, 0.95).value);
}

TEST_CASE("a percentile is shown only from its early-stopping size on") {
  CHECK(min_n_to_show(0.9) == 64);
  CHECK(min_n_to_show(0.95) == 130);
  CHECK(min_n_to_show(0.99) == 662);
  CHECK(min_n_to_show(0.999) == 6636);
  CHECK(min_n_to_show(0.01) == 662);
  CHECK(min_n_to_show(0.5) == 11);
  const Estimate e = quantile_interval(sorted_finite(std::vector<double>(50, 1.0)), 0.95, 0.9);
  CHECK(e.value);
  CHECK(!e.hi);
  CHECK(e.why == "p95 needs at least 59 values for both bounds, has 50");
}

TEST_CASE("exceedance counts pass as the oracle's exact binomial") {
  for (const auto& c : oracle("slo_exceedance_binomial").at("cases")) {
    const std::size_t n = c.at("n"), x = c.at("exceed");
    CHECK(near(binomial_cdf(double(x), double(n), 0.05), c.at("p_H0_ge_5pct"), 1e-9));
    CHECK(near(*clopper_pearson(x, n, 0.90).hi, c.at("cp_upper95_one_sided"), 1e-9));
    const auto most = max_exceeding(n, 0.05, 0.05);
    CHECK((most ? int(*most) : -1) == c.at("max_exceed_to_pass").get<int>());
  }
}

namespace {
std::vector<RunCount> runs_of(const nlohmann::json& inputs) {
  std::vector<RunCount> runs;
  for (const auto& x : inputs.at("ttft_ge_1s")) runs.push_back({x, inputs.at("requests_per_run")});
  return runs;
}
}  // namespace

TEST_CASE("exceedance by run: steady runs pass, one bad run leaves it open") {
  const auto& good = oracle("slo_exceedance_by_run");
  const Exceedance e = exceedance(runs_of(good.at("inputs")), 0.05, 0.05, 0.01);
  CHECK(e.exceeding == good.at("expected").at("pooled").get<std::size_t>());
  CHECK(e.attempted == good.at("expected").at("n").get<std::size_t>());
  CHECK(near(*e.by_run.hi, good.at("expected").at("t_upper95_exceedance")));
  CHECK(near(
      *e.p_below,
      std::max(4.47879721094858e-06,
               *test_mean(std::vector<double>{.02, .03, .015, .035, .025, .02}, .05).p_below)));
  CHECK(e.below);
  CHECK(!e.above);
  const auto& bad = oracle("slo_exceedance_by_run_bad_run");
  const Exceedance f = exceedance(runs_of(bad.at("inputs")), 0.05, 0.05, 0.01);
  CHECK(near(*f.by_run.hi, bad.at("expected").at("t_upper95_exceedance")));
  CHECK(near(binomial_cdf(34, 1200, 0.05), bad.at("expected").at("binomial_p")));
  CHECK(near(*f.upper, *f.by_run.hi));
  CHECK(!f.below);
  CHECK(!f.above);
}

TEST_CASE("exceedance fails only when both statements say so, and never from one run") {
  const std::vector<RunCount> high(6, RunCount{40, 200});
  const Exceedance fail = exceedance(high, 0.05, 0.05, 0.01);
  CHECK(fail.above);
  CHECK(!fail.below);
  CHECK(*fail.lower > 0.05);
  const Exceedance one = exceedance(std::vector<RunCount>{{0, 5000}}, 0.05, 0.05, 0.01);
  CHECK(!one.below);
  CHECK_THAT(one.why, ContainsSubstring("one block"));
  CHECK(exceedance({}, 0.05, 0.05, 0.01).why == "nothing was attempted");
  const Exceedance with_empty =
      exceedance(std::vector<RunCount>{{0, 0}, {1, 200}, {2, 200}, {0, 200}}, 0.05, 0.05, 0.01);
  CHECK(with_empty.runs == 3);
  CHECK(with_empty.below);
}
