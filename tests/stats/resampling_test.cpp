// Bootstrap, permutation and rank statistics against the oracles.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/rng.hpp"
#include "oracles.hpp"
#include "stats/bootstrap.hpp"
#include "stats/moments.hpp"
#include "stats/quantile.hpp"
#include "stats/rank.hpp"

using namespace abgate::stats;
using abgate::stats::test::near;
using abgate::stats::test::numbers;
using abgate::stats::test::oracle;

namespace {
struct Latencies {
  std::vector<double> b, c;
};
Latencies latencies() {
  const auto& o = oracle("paired_latency").at("inputs");
  return {numbers(o.at("baseline_ms")), numbers(o.at("candidate_ms"))};
}
double ratio(const Latencies& x) {
  return std::accumulate(x.c.begin(), x.c.end(), 0.0) /
         std::accumulate(x.b.begin(), x.b.end(), 0.0);
}
}  // namespace

TEST_CASE("the sequential bootstrap reproduces the oracle's replicates and intervals") {
  const auto& o = oracle("paired_latency").at("expected").at("bootstrap_splitmix64");
  const Latencies x = latencies();
  abgate::Rng rng(o.at("seed").get<std::uint64_t>());
  for (const auto& v : o.at("first_index_vector"))
    CHECK(below_by_product(rng.next(), 20) == v.get<std::uint64_t>());
  BootstrapOptions options;
  options.replicates = o.at("B");
  options.seed = o.at("seed");
  options.streams = Streams::sequential;
  const auto replicates = bootstrap_ratio(x.b, x.c, options);
  for (std::size_t i = 0; i < 5; ++i) CHECK(near(replicates[i], o.at("first5_replicates")[i]));
  const Estimate p = percentile_interval(replicates, ratio(x), 0.95);
  CHECK(near(*p.lo, o.at("percentile_ci95")[0]));
  CHECK(near(*p.hi, o.at("percentile_ci95")[1]));
  CHECK(near(*percentile_interval(replicates, ratio(x), 0.9).hi,
             o.at("one_sided_upper95_percentile")));
  const Bca b = bca_interval(replicates, ratio(x), jackknife_ratio(x.b, x.c), 0.95, 20);
  CHECK(near(b.z0, o.at("z0")));
  CHECK(near(b.acceleration, o.at("acceleration")));
  CHECK(near(b.low, o.at("bca_levels")[0]));
  CHECK(near(b.high, o.at("bca_levels")[1]));
  CHECK(near(*b.interval.lo, o.at("bca_ci95")[0]));
  CHECK(near(*b.interval.hi, o.at("bca_ci95")[1]));
}

TEST_CASE("a hundred thousand replicates agree with scipy's intervals") {
  const auto& o = oracle("paired_latency").at("expected").at("scipy_1e5");
  const double tolerance = o.at("tolerance_abs");
  const Latencies x = latencies();
  BootstrapOptions options;
  options.replicates = 100000;
  const auto replicates = bootstrap_ratio(x.b, x.c, options);
  const Estimate p = percentile_interval(replicates, ratio(x), 0.95);
  CHECK(std::abs(*p.lo - o.at("percentile")[0].get<double>()) < tolerance);
  CHECK(std::abs(*p.hi - o.at("percentile")[1].get<double>()) < tolerance);
  const Bca b = bca_interval(replicates, ratio(x), jackknife_ratio(x.b, x.c), 0.95, 20);
  CHECK(std::abs(*b.interval.lo - o.at("BCa")[0].get<double>()) < tolerance);
  CHECK(std::abs(*b.interval.hi - o.at("BCa")[1].get<double>()) < tolerance);
}

TEST_CASE("the exhaustive bootstrap of five pairs has the oracle's quantiles") {
  const auto& o = oracle("exhaustive_bootstrap_n5");
  const auto b = numbers(o.at("inputs").at("base"));
  const auto c = numbers(o.at("inputs").at("cand"));
  std::vector<double> all;
  for (int code = 0; code < 3125; ++code) {
    double sum_b = 0, sum_c = 0;
    for (int i = 0, rest = code; i < 5; ++i, rest /= 5) {
      sum_b += b[std::size_t(rest % 5)];
      sum_c += c[std::size_t(rest % 5)];
    }
    all.push_back(sum_c / sum_b);
  }
  for (const auto& [p, q] : o.at("expected").at("q").items()) {
    CHECK(near(*quantile(all, std::stod(p)), q, 1e-12));
  }
  CHECK(near(moments(all).mean(), o.at("expected").at("mean_of_replicates"), 1e-12));
  // … and random replicates draw from exactly these values with these frequencies.
  BootstrapOptions options;
  options.replicates = 40000;
  const auto drawn = bootstrap_ratio(b, c, options);
  CHECK(std::abs(moments(drawn).mean() - moments(all).mean()) < 3 * moments(all).sd() / 200);
  const auto share = [](const std::vector<double>& x, double limit) {
    const auto n = std::count_if(x.begin(), x.end(), [&](double v) { return v <= limit + 1e-12; });
    return double(n) / double(x.size());
  };
  for (const double limit : {0.46, 0.49, 0.51, 0.53, 0.56}) {
    const double p = share(all, limit);
    CHECK(std::abs(share(drawn, limit) - p) < 3 * std::sqrt(p * (1 - p) / 40000));
  }
}

TEST_CASE("circular block bootstraps agree with the oracle") {
  const auto& o = oracle("autocorrelated_series").at("expected");
  abgate::Rng rng(77);
  std::vector<double> x;
  double last = 0;
  for (int t = 0; t < 400; ++t) {
    double g = -6;
    for (int i = 0; i < 12; ++i) g += rng.uniform();
    last = 0.7 * last + g;
    x.push_back(last);
  }
  BootstrapOptions options;
  options.seed = 314;
  options.replicates = 2000;
  options.streams = Streams::sequential;
  const auto blocks = bootstrap_mean(x, 20, options);
  const auto& c = o.at("circular_block_bootstrap_L20");
  for (std::size_t i = 0; i < 3; ++i) CHECK(near(blocks[i], c.at("first3")[i]));
  const Estimate e = percentile_interval(blocks, moments(x).mean(), 0.95);
  CHECK(near(*e.lo, c.at("ci95")[0]));
  CHECK(near(*e.hi, c.at("ci95")[1]));
  const Estimate iid = percentile_interval(bootstrap_mean(x, 1, options), moments(x).mean(), 0.95);
  CHECK(near(*iid.lo, o.at("iid_bootstrap_L1").at("ci95")[0]));
  CHECK(near(*iid.hi, o.at("iid_bootstrap_L1").at("ci95")[1]));
}

TEST_CASE("the number of threads cannot change a replicate") {
  abgate::Rng rng(5);
  std::vector<double> b(1001), c(1001);
  for (std::size_t i = 0; i < b.size(); ++i) {
    b[i] = 1 + rng.exponential();
    c[i] = b[i] * (0.5 + 0.1 * rng.uniform());
  }
  const std::vector<PairedRun> runs{{b, c}, {c, b}, {b, b}};
  for (const unsigned threads : {2U, 3U, 7U, 1000U}) {
    BootstrapOptions one, many;
    one.replicates = many.replicates = 301;
    one.threads = 1;
    many.threads = threads;
    CHECK(bootstrap_ratio(b, c, one) == bootstrap_ratio(b, c, many));
    CHECK(bootstrap_mean(b, 10, one) == bootstrap_mean(b, 10, many));
    CHECK(bootstrap_hierarchical_ratio(runs, 5, one) ==
          bootstrap_hierarchical_ratio(runs, 5, many));
  }
}

TEST_CASE("the fast paired bootstrap estimates the same spread as the plain one") {
  abgate::Rng rng(6);
  std::vector<double> b(500), c(500);
  for (std::size_t i = 0; i < b.size(); ++i) {
    b[i] = 1 + rng.exponential();
    c[i] = b[i] * (0.5 + 0.4 * rng.uniform());
  }
  BootstrapOptions fast, plain;
  fast.replicates = plain.replicates = 20000;
  plain.streams = Streams::sequential;
  const double f = moments(bootstrap_ratio(b, c, fast)).sd();
  const double p = moments(bootstrap_ratio(b, c, plain)).sd();
  CHECK(std::abs(f / p - 1) < 3 * std::sqrt(2.0) / std::sqrt(2.0 * 20000));
}

TEST_CASE("the hierarchical bootstrap sees the spread between runs that the paired one misses") {
  abgate::Rng rng(8);
  std::vector<PairedRun> runs;
  std::vector<double> b, c;
  for (int k = 0; k < 8; ++k) {
    const double effect = std::exp(0.1 * rng.normal());
    PairedRun run;
    for (int i = 0; i < 200; ++i) {
      run.baseline.push_back(1);
      run.candidate.push_back(effect * (0.5 + 0.02 * rng.normal()));
    }
    b.insert(b.end(), run.baseline.begin(), run.baseline.end());
    c.insert(c.end(), run.candidate.begin(), run.candidate.end());
    runs.push_back(std::move(run));
  }
  BootstrapOptions options;
  options.replicates = 2000;
  const double within = moments(bootstrap_ratio(b, c, options)).sd();
  const double between = moments(bootstrap_hierarchical_ratio(runs, 10, options)).sd();
  CHECK(between > 5 * within);
}

TEST_CASE("bootstraps refuse what they cannot resample") {
  const BootstrapOptions options;
  CHECK(bootstrap_ratio({}, {}, options).empty());
  CHECK(bootstrap_ratio(std::vector<double>{1}, std::vector<double>{1, 2}, options).empty());
  CHECK(bootstrap_mean(std::vector<double>{1, 2}, 0, options).empty());
  CHECK(bootstrap_hierarchical_ratio({}, 1, options).empty());
  CHECK(percentile_interval({}, 1, 0.9).why == "no replicate is defined");
  const Estimate partly = percentile_interval({1, NAN, 2, 3}, 2, 0.9);
  CHECK(partly.warnings.at(0) == "1 of 4 replicates undefined");
  const std::vector<double> jack(10, 1.0);
  CHECK_THAT(bca_interval({1, 2, 3}, 2, jack, 0.9).interval.why, ContainsSubstring("at least 50"));
  const std::vector<double> many(60, 1.0);
  CHECK_THAT(bca_interval({1, 1.5, 2}, 9, many, 0.9).interval.why, ContainsSubstring("one side"));
}

TEST_CASE("the sign-flip test counts as the oracle") {
  const auto& o = oracle("sign_flip_permutation_n10");
  const auto r = sign_flip(numbers(o.at("inputs").at("diffs")));
  REQUIRE(r);
  CHECK(r->as_extreme == o.at("expected").at("count").get<std::size_t>());
  CHECK(r->total == 1024);
  CHECK(r->p_two_sided == o.at("expected").at("p_two_sided").get<double>());
  CHECK(r->p_less == o.at("expected").at("p_one_sided_less").get<double>());
  CHECK(!sign_flip({}));
  CHECK(!sign_flip(std::vector<double>(25, 1.0)));
}

TEST_CASE("Mann-Whitney, Hodges-Lehmann and Brunner-Munzel agree with the oracle") {
  for (const auto& c : oracle("mann_whitney").at("cases")) {
    INFO(c.at("tag").get<std::string>());
    const auto r = mann_whitney(numbers(c.at("x")), numbers(c.at("y")));
    REQUIRE(r);
    const auto& e = c.at("expected");
    CHECK(r->u_x == e.at("U_x").get<double>());
    CHECK(r->u_y == e.at("U_y").get<double>());
    CHECK(near(r->p_asymptotic, e.at("p_asymptotic_cc")));
    CHECK(near(r->superiority, e.at("cles_x_gt_y")));
    CHECK(near(r->hodges_lehmann, e.at("hodges_lehmann_x_minus_y")));
    CHECK(r->p_exact.has_value() == e.contains("p_exact"));
    if (r->p_exact) CHECK(near(*r->p_exact, e.at("p_exact")));
    CHECK(r->brunner_munzel_p.has_value() != e.at("brunner_munzel_p").is_null());
    if (r->brunner_munzel_p) CHECK(near(*r->brunner_munzel_p, e.at("brunner_munzel_p")));
  }
  for (std::size_t n = 2; n <= 10; ++n) {
    std::vector<double> low, high;
    for (std::size_t i = 0; i < n; ++i) {
      low.push_back(double(i));
      high.push_back(double(100 + i));
    }
    const auto key = std::to_string(n) + "v" + std::to_string(n);
    CHECK(near(*mann_whitney(low, high)->p_exact,
               oracle("mann_whitney").at("min_two_sided_p").at(key), 1e-12));
  }
  CHECK(!mann_whitney({}, std::vector<double>{1}));
  CHECK(!mann_whitney(std::vector<double>{NAN}, std::vector<double>{1}));
  CHECK(!signed_rank(std::vector<double>{0, 0}));
}
