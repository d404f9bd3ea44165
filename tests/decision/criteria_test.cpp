// Each kind of criterion against literals and published oracles.
#include <cmath>

#include "catch.hpp"
#include "fixture.hpp"

using namespace abgate;
using namespace abgate::decision;
using namespace abgate::decision::testing;

namespace {

const std::vector<double> kBase{20.31, 19.88, 20.12, 20.55, 19.97, 20.2};
const std::vector<double> kFast{43.1, 42.35, 42.02, 43.77, 41.9, 42.88};
const std::vector<double> kNear{41.2, 39.1, 40.6, 43.0, 38.4, 41.9};

Verdict judged(const Scenario& s, const stats::Measurements& m) {
  return judge(s, m, {});
}

/// The healthy run with the oracle's block speeds; A/A blocks as fast as the baseline.
stats::Measurements with_speeds(const std::vector<double>& candidate) {
  stats::Measurements m = healthy_run();
  set_speeds(m, Arm::baseline, kBase);
  set_speeds(m, Arm::candidate, candidate);
  return m;
}

}  // namespace

TEST_CASE("a healthy run is a GO", "[judge]") {
  const Verdict v = judged(scenario(), healthy_run());
  for (const CriterionResult& r : v.criteria) {
    CAPTURE(r.criterion.id, r.reason, r.next_step);
    CHECK(r.result == Result::pass);
    CHECK_FALSE(r.method.empty());
    CHECK_FALSE(r.reason.empty());
  }
  CHECK(v.validity.empty());
  CHECK(v.decision == Decision::go);
  CHECK(v.headline == "GO: AWQ meets all 6 must criteria");
  CHECK(v.p_overall < 0.05);
  CHECK_THAT(v.aa_line, ContainsSubstring("FP16 against itself"));
}

TEST_CASE("the ratio of block speeds has the published bound and passes", "[judge][oracle]") {
  const Verdict v = judged(scenario(), with_speeds(kFast));
  const CriterionResult& r = result(v, "speed_ratio");
  CHECK(r.result == Result::pass);
  CHECK(*r.measured == Approx(2.1152226573108157).epsilon(1e-9));
  CHECK(*r.bound == Approx(2.1007288665957025).epsilon(1e-9));
  CHECK(*r.p_value == Approx(7.65388637613551e-06).epsilon(1e-6));
  CHECK(r.n == 6);
  CHECK(r.n_unit == "blocks");
  CHECK(r.reason == "lower bound 2.10× ≥ 2× (6 blocks)");
  const CriterionResult& level = result(v, "speed");
  CHECK(level.result == Result::pass);
  CHECK(*level.measured == Approx(42.67).epsilon(1e-9));
  CHECK(*level.bound == Approx(42.0817347051621).epsilon(1e-9));
  CHECK(*level.p_value == Approx(0.00013094129628843376).epsilon(1e-6));
}

TEST_CASE("a ratio whose bounds straddle two is undecided and says how many blocks would do",
          "[judge][oracle]") {
  Scenario s = scenario();
  s.criteria = {criterion(s, "speed_ratio")};
  const Verdict v = judged(s, with_speeds(kNear));
  const CriterionResult& r = result(v, "speed_ratio");
  CHECK(r.result == Result::inconclusive);
  CHECK(r.code == "straddles");
  CHECK(*r.measured == Approx(2.016290148842345).epsilon(1e-9));
  CHECK(*r.bound == Approx(1.9640911276252657).epsilon(1e-9));
  CHECK(*r.other_bound == Approx(2.0698764467380353).epsilon(1e-9));
  CHECK(r.reason == "lower bound 1.96× < 2× ≤ 2.07× upper bound (6 blocks)");
  CHECK_THAT(r.next_step, ContainsSubstring("more blocks"));
  CHECK_THAT(r.next_step, ContainsSubstring("min"));
  CHECK(v.decision == Decision::inconclusive);
}

TEST_CASE("a FAIL is claimed at alpha over the number of must criteria", "[judge]") {
  // The upper 95 % bound is 2.0699; the one at 99.2 % lies above 2.075.
  Scenario s = scenario();
  criterion(s, "speed_ratio").value = 2.075;
  const CriterionResult six = result(judged(s, with_speeds(kNear)), "speed_ratio");
  CHECK(six.alpha_fail == Approx(0.05 / 6));
  CHECK(six.result == Result::inconclusive);
  s.criteria = {criterion(s, "speed_ratio")};
  const CriterionResult one = result(judged(s, with_speeds(kNear)), "speed_ratio");
  CHECK(one.alpha_fail == 0.05);
  CHECK(one.result == Result::fail);
  CHECK(one.reason == "even the upper bound 2.07× < 2.075× (6 blocks)");
}

TEST_CASE("the linear margin agrees with the oracle", "[judge][oracle]") {
  Scenario s = scenario();
  criterion(s, "speed_ratio").method = "linear_margin";
  const CriterionResult r = result(judged(s, with_speeds(kFast)), "speed_ratio");
  CHECK(r.result == Result::pass);
  CHECK(*r.p_value == Approx(9.841102453056472e-06).epsilon(1e-6));
}

TEST_CASE("slow first tokens spread over runs pass, in one run they are undecided",
          "[judge][oracle]") {
  stats::Measurements m = healthy_run();
  set_slow_starts(m, {4, 6, 3, 7, 5, 4}, 200);
  CriterionResult r = result(judged(scenario(), m), "ttft");
  CHECK(r.result == Result::pass);
  CHECK(*r.p_value < 0.05);
  CHECK_THAT(r.reason, ContainsSubstring("29 of 1,200 requests (2.42 %)"));
  set_slow_starts(m, {2, 3, 22, 1, 2, 4}, 200);
  r = result(judged(scenario(), m), "ttft");
  CHECK(r.result == Result::inconclusive);
  // The t bound alone is 6.15 %; the score bound with the dispersion between runs is wider.
  CHECK_THAT(
      r.reason,
      ContainsSubstring("34 of 1,200 requests (2.83 %), upper bound 8.37 % against 5 % allowed"));
  CHECK_FALSE(r.next_step.empty());
}

TEST_CASE("many slow first tokens in every run fail", "[judge]") {
  stats::Measurements m = healthy_run();
  set_slow_starts(m, {40, 42, 38, 41, 44, 39}, 200);
  const CriterionResult r = result(judged(scenario(), m), "ttft");
  CHECK(r.result == Result::fail);
  CHECK(*r.measured == Approx(2.0));
}

TEST_CASE("a failed request counts as a late first token", "[judge]") {
  stats::Measurements m = healthy_run();
  set_slow_starts(m, {4, 6, 3, 7, 5, 4}, 200);
  fail_requests(m, 60);
  const CriterionResult r = result(judged(scenario(), m), "ttft");
  CHECK(r.result != Result::pass);
  CHECK(any_contains(r.notes, "60 failed requests"));
}

TEST_CASE("too few requests for a percentile say how many it takes", "[judge]") {
  stats::Measurements m = healthy_run();
  set_slow_starts(m, {0, 0, 0, 0, 0, 0}, 9);
  const CriterionResult r = result(judged(scenario(), m), "ttft");
  CHECK(r.result == Result::inconclusive);
  CHECK(r.code == "too_few");
  CHECK(r.reason == "54 requests, want at least 59");
}

TEST_CASE("the percentile's bound in seconds turns with the verdict", "[judge]") {
  Scenario s = scenario();
  const stats::Measurements m = healthy_run();
  const CriterionResult r = result(judged(s, m), "ttft");
  REQUIRE(r.bound);
  CHECK(*r.measured < *r.bound);
  criterion(s, "ttft").value = *r.bound * 1.0001;
  CHECK(result(judged(s, m), "ttft").result == Result::pass);
  criterion(s, "ttft").value = *r.bound * 0.9999;
  CHECK(result(judged(s, m), "ttft").result != Result::pass);
  REQUIRE(r.other_bound);
  criterion(s, "ttft").value = *r.other_bound * 0.9999;
  CHECK(result(judged(s, m), "ttft").result == Result::fail);
}

TEST_CASE(
    "no failure of too few requests is undecided, of enough it passes and says what it proves",
    "[judge][oracle]") {
  Scenario s = scenario();
  const stats::Measurements m = healthy_run();  // 600 + 500 requests
  CriterionResult r = result(judged(s, m), "errors");
  CHECK(r.result == Result::pass);
  CHECK(r.n == 1100);
  CHECK(any_contains(r.notes, "0 of 1,100 proves a failure rate below 0.272 % at 95 %"));
  criterion(s, "errors").min_n = 3000;
  r = result(judged(s, m), "errors");
  CHECK(r.result == Result::inconclusive);
  CHECK(r.code == "too_few");
  CHECK(r.next_step == "send 1,900 more requests");
}

TEST_CASE("a criterion without min_n still wants 300 requests", "[judge]") {
  Scenario s = scenario();
  criterion(s, "errors").min_n = 0;
  stats::Measurements m = healthy_run();
  CHECK(result(judged(s, m), "errors").result == Result::pass);
  m.quality_attempted[1] = 0;
  for (stats::BlockArm& b : m.blocks) b.attempted = 49;
  CHECK(result(judged(s, m), "errors").result == Result::inconclusive);
}

TEST_CASE("one failed request is a NO-GO, with its class and its interval", "[judge]") {
  stats::Measurements m = healthy_run();
  fail_requests(m, 1);
  const Verdict v = judged(scenario(), m);
  const CriterionResult& r = result(v, "errors");
  CHECK(r.result == Result::fail);
  CHECK_THAT(r.reason, ContainsSubstring("1 of 1,100 requests failed (http_error 500 ×1)"));
  CHECK(v.decision == Decision::no_go);
  CHECK(v.headline == "NO-GO: AWQ does not meet 1 of 6 must criteria (errors)");
}

TEST_CASE("a restart of the candidate's server fails the error criterion", "[judge]") {
  stats::Measurements m = healthy_run();
  m.server[1].restarts = 1;
  const CriterionResult r = result(judged(scenario(), m), "errors");
  CHECK(r.result == Result::fail);
  CHECK(r.code == "restarted");
}

TEST_CASE("an error rate is bounded over requests and over runs", "[judge]") {
  Scenario s = scenario();
  Criterion& c = criterion(s, "errors");
  c.metric = "error_rate";
  c.op = Op::lt;
  c.value = 0.01;
  stats::Measurements m = healthy_run();
  CHECK(result(judged(s, m), "errors").result == Result::pass);
  fail_requests(m, 5);  // 5 of 1100: upper bound 0.95 % over requests, all in one run
  CHECK(result(judged(s, m), "errors").result == Result::inconclusive);
}

TEST_CASE("memory is judged on its peak in units of 10^9 bytes", "[judge]") {
  stats::Measurements m = healthy_run();
  CriterionResult r = result(judged(scenario(), m), "memory");
  CHECK(r.result == Result::pass);
  CHECK(any_contains(r.notes, "41.7 GB (38.8 GiB)"));
  m.memory[1].used_peak_gb = 60.0;
  r = result(judged(scenario(), m), "memory");
  CHECK(r.result == Result::fail);
  m.memory[1].used_peak_gb = 59.996;
  r = result(judged(scenario(), m), "memory");
  CHECK(r.result == Result::pass);
  CHECK_THAT(r.reason, ContainsSubstring("59.996 GB"));
}

TEST_CASE("memory without readings or with a gap is undecided", "[judge]") {
  stats::Measurements m = healthy_run();
  m.memory[1].longest_gap_s = 9;
  CriterionResult r = result(judged(scenario(), m), "memory");
  CHECK(r.result == Result::inconclusive);
  CHECK_THAT(r.reason, ContainsSubstring("a gap of 9 s"));
  m.memory[1].used_peak_gb = 92.4;  // a gap can only hide more
  CHECK(result(judged(scenario(), m), "memory").result == Result::fail);
  m.memory[1] = {};
  m.memory[1].why = "nvidia-smi: not found";
  r = result(judged(scenario(), m), "memory");
  CHECK(r.result == Result::inconclusive);
  CHECK(r.code == "missing");
  CHECK_THAT(r.reason, ContainsSubstring("nvidia-smi: not found"));
}

TEST_CASE("quality on 500 pairs reproduces the published score test", "[judge][oracle]") {
  stats::Measurements m = healthy_run();
  set_outcomes(m, 412, 22, 31, 35);
  CriterionResult r = result(judged(scenario(), m), "quality");
  CHECK(r.result == Result::pass);
  CHECK(*r.measured == Approx(0.9796839729119639).epsilon(1e-9));
  CHECK(*r.bound == Approx(0.9522491044868123).epsilon(1e-6));
  CHECK(*r.p_value == Approx(0.03806991079073452).epsilon(1e-6));
  CHECK(any_contains(r.notes, "53 of 500 answers changed sides: 22 better, 31 worse"));
  CHECK(any_contains(r.notes, "4.43 points"));
  set_outcomes(m, 405, 14, 46, 35);
  r = result(judged(scenario(), m), "quality");
  CHECK(r.result == Result::inconclusive);
  set_outcomes(m, 350, 5, 110, 35);
  CHECK(result(judged(scenario(), m), "quality").result == Result::fail);
}

TEST_CASE("fewer than 52 pairs cannot pass a 5 % margin even without a loss", "[judge]") {
  stats::Measurements m = healthy_run();
  set_outcomes(m, 51, 0, 0, 0);
  CriterionResult r = result(judged(scenario(), m), "quality");
  CHECK(r.result == Result::inconclusive);
  CHECK(r.code == "too_few");
  CHECK(any_contains(r.notes, "at least 52 items"));
  CHECK_THAT(r.next_step, ContainsSubstring("more items"));
  set_outcomes(m, 52, 0, 0, 0);
  CHECK(result(judged(scenario(), m), "quality").result == Result::pass);
}

TEST_CASE("items of few sources do not make a PASS", "[judge]") {
  stats::Measurements m = healthy_run();
  set_outcomes(m, 480, 0, 0, 20);
  for (std::size_t i = 0; i < m.quality.size(); ++i)
    m.quality[i].cluster = "file-" + std::to_string(i % 19);
  const CriterionResult r = result(judged(scenario(), m), "quality");
  CHECK(r.result == Result::inconclusive);
  CHECK(r.code == "too_few_clusters");
}

TEST_CASE("correlated items count for less", "[judge]") {
  stats::Measurements m = healthy_run();
  set_outcomes(m, 412, 22, 31, 35);
  // five neighbours share a source: losses and gains come in bunches
  for (std::size_t i = 0; i < m.quality.size(); ++i)
    m.quality[i].cluster = "file-" + std::to_string(i / 5);
  const CriterionResult r = result(judged(scenario(), m), "quality");
  CHECK(r.result == Result::inconclusive);
  CHECK(*r.bound < 0.95);
  CHECK(any_contains(r.notes, "design effect"));
}

TEST_CASE("a continuous score is judged by clustered t", "[judge]") {
  Scenario s = scenario();
  criterion(s, "quality").metric = "quality.edit_similarity";
  stats::Measurements m = healthy_run();
  Rng rng(3);
  for (stats::QualityPair& p : m.quality) {
    const double base = 0.6 + 0.3 * rng.uniform();
    p.baseline["edit_similarity"] = base;
    p.candidate["edit_similarity"] = base * (0.985 + 0.01 * rng.uniform());
  }
  CriterionResult r = result(judged(s, m), "quality");
  CHECK(r.result == Result::pass);
  CHECK_THAT(r.method, ContainsSubstring("clustered t"));
  for (stats::QualityPair& p : m.quality) p.candidate["edit_similarity"] *= 0.9;
  r = result(judged(s, m), "quality");
  CHECK(r.result == Result::fail);
}

TEST_CASE("a score that could not be measured stays open and says why", "[judge]") {
  Scenario s = scenario();
  for (const char* metric : {"quality.pass1", "quality.pass_at_k"}) {
    criterion(s, "quality").metric = metric;
    stats::Measurements m = healthy_run();
    for (stats::QualityPair& p : m.quality) p.baseline.clear(), p.candidate.clear();
    m.quality_notes = {"pass1: not measured: nothing contains programs on this machine",
                       "syntax_valid: not measured for 4 answers: no parser for rust"};
    const CriterionResult r = result(judged(s, m), "quality");
    CHECK(r.result == Result::inconclusive);
    CHECK(r.code == "missing");
    CHECK_THAT(r.reason, ContainsSubstring("nothing contains programs on this machine"));
    CHECK(r.reason.find("rust") == std::string::npos);
  }
}

TEST_CASE("quality in points is judged by the difference", "[judge][oracle]") {
  Scenario s = scenario();
  criterion(s, "quality").form = Form::difference;
  criterion(s, "quality").value = -0.05;
  stats::Measurements m = healthy_run();
  set_outcomes(m, 412, 22, 31, 35);
  const CriterionResult r = result(judged(s, m), "quality");
  CHECK(r.result == Result::pass);
  CHECK(*r.bound == Approx(-0.04266939764482528).epsilon(1e-6));
  CHECK(*r.p_value == Approx(0.01770356802926676).epsilon(1e-6));
}

TEST_CASE("perplexity is judged on paired log-likelihoods per token", "[judge]") {
  Scenario s = scenario();
  Criterion& c = criterion(s, "quality");
  c.metric = "quality.ppl_ratio";
  c.form = Form::candidate;
  c.op = Op::le;
  c.value = 1.05;
  stats::Measurements m = healthy_run();
  CHECK(result(judged(s, m), "quality").code == "missing");
  Rng rng(11);
  for (std::size_t i = 0; i < m.quality.size(); ++i) {
    stats::LikelihoodPair& p = m.likelihood.emplace_back();
    p.tokens = 20 + rng.below(60);
    const auto tokens = static_cast<double>(p.tokens);
    p.baseline = 0.8 * tokens;
    p.candidate = (0.8 + 0.02 + 0.05 * rng.normal()) * tokens;
  }
  CriterionResult r = result(judged(s, m), "quality");
  CHECK(r.result == Result::pass);
  CHECK(*r.measured == Approx(std::exp(0.02)).epsilon(0.01));
  CHECK(*r.bound > *r.measured);
  CHECK(*r.baseline == Approx(std::exp(0.8)));
  for (stats::LikelihoodPair& p : m.likelihood) p.candidate += 0.1 * static_cast<double>(p.tokens);
  CHECK(result(judged(s, m), "quality").result == Result::fail);
}

TEST_CASE("degenerate answers are bounded as a share and as an excess", "[judge]") {
  Scenario s = scenario();
  Criterion& c = criterion(s, "quality");
  c.metric = "quality.degenerate_rate";
  c.form = Form::difference;
  c.op = Op::le;
  c.value = 0.01;
  stats::Measurements m = healthy_run();
  for (std::size_t i = 0; i < m.quality.size(); ++i) {
    m.quality[i].cluster = m.quality[i].item;
    m.quality[i].baseline["degenerate_rate"] = m.quality[i].candidate["degenerate_rate"] =
        i < 5 ? 1 : 0;
  }
  CHECK(result(judged(s, m), "quality").result == Result::pass);
  c.form = Form::candidate;
  c.value = 0.03;
  CHECK(result(judged(s, m), "quality").result == Result::pass);
  for (std::size_t i = 0; i < 60; ++i) m.quality[i].candidate["degenerate_rate"] = 1;
  CHECK(result(judged(s, m), "quality").result == Result::fail);
}

TEST_CASE("changed answers are counted either way", "[judge]") {
  Scenario s = scenario();
  Criterion& c = criterion(s, "quality");
  c.metric = "quality.flip_rate";
  c.form = Form::candidate;
  c.op = Op::lt;
  c.value = 0.15;
  stats::Measurements m = healthy_run();
  set_outcomes(m, 412, 22, 31, 35);
  const CriterionResult r = result(judged(s, m), "quality");
  CHECK(r.result == Result::pass);
  CHECK(*r.measured == Approx(0.106));
}

TEST_CASE("fewer blocks than the scenario wants are undecided whatever they show", "[judge]") {
  stats::Measurements m = healthy_run();
  std::erase_if(m.blocks,
                [](const stats::BlockArm& b) { return b.kind == CellKind::load && b.block > 2; });
  const Verdict v = judged(scenario(), m);
  for (const char* id : {"speed", "speed_ratio", "ttft"}) {
    const CriterionResult& r = result(v, id);
    CHECK(r.result == Result::inconclusive);
    CHECK(r.code == "too_few");
    CHECK_THAT(r.next_step, ContainsSubstring("about 2 more blocks"));
  }
}

TEST_CASE("a missing piece of the run leaves the criteria that need it open", "[judge]") {
  stats::Measurements m = healthy_run();
  m.missing_cells = {"c8/005-candidate"};
  const Verdict v = judged(scenario(), m);
  for (const char* id : {"speed", "speed_ratio", "ttft", "errors", "memory"})
    CHECK(result(v, id).result == Result::inconclusive);
  CHECK(result(v, "quality").result == Result::pass);
  CHECK(v.decision == Decision::inconclusive);
  m.missing_cells = {"quality/000-baseline"};
  const Verdict q = judged(scenario(), m);
  CHECK(result(q, "quality").result == Result::inconclusive);
  CHECK(result(q, "speed").result == Result::pass);
}

TEST_CASE("missing data fail a criterion that says so", "[judge]") {
  Scenario s = scenario();
  criterion(s, "memory").missing = MissingRule::fail;
  stats::Measurements m = healthy_run();
  m.memory[1] = {};
  const Verdict v = judged(s, m);
  CHECK(result(v, "memory").result == Result::fail);
  CHECK(v.decision == Decision::no_go);
}

TEST_CASE("an empty run is undecided everywhere and does not crash", "[judge]") {
  const Verdict v = judged(scenario(), {});
  CHECK(v.decision == Decision::inconclusive);
  for (const CriterionResult& r : v.criteria) {
    CAPTURE(r.criterion.id, r.reason);
    CHECK(r.result == Result::inconclusive);
    CHECK_FALSE(r.reason.empty());
    CHECK_FALSE(r.next_step.empty());
  }
}

TEST_CASE("no must criterion can never be a GO", "[judge]") {
  Scenario s = scenario();
  for (Criterion& c : s.criteria) c.level = Level::target;
  const Verdict v = judged(s, healthy_run());
  CHECK(v.decision == Decision::inconclusive);
  CHECK_THAT(v.headline, ContainsSubstring("no must criterion"));
}

TEST_CASE("a missed target is a caveat of a GO", "[judge]") {
  Scenario s = scenario();
  criterion(s, "speed_ratio").level = Level::target;
  criterion(s, "speed_ratio").value = 3;
  const Verdict v = judged(s, healthy_run());
  CHECK(v.decision == Decision::go);
  CHECK(any_contains(v.caveats, "target speed_ratio is missed"));
}

TEST_CASE("criteria that no method fits are undecided with the reason", "[judge]") {
  Scenario s = scenario();
  criterion(s, "speed").metric = "no_such_metric";
  criterion(s, "ttft").op = Op::eq;
  const Verdict v = judged(s, healthy_run());
  CHECK(result(v, "speed").code == "no_method");
  CHECK_THAT(result(v, "speed").reason, ContainsSubstring("no_such_metric"));
  CHECK(result(v, "ttft").code == "no_method");
}

TEST_CASE("the first of two looks asks for more", "[judge]") {
  stats::Measurements m = healthy_run();
  set_outcomes(m, 412, 22, 31, 35);  // p 0.038
  JudgeContext context;
  context.looks = 2;
  CHECK(result(judge(scenario(), m, {}, context), "quality").result == Result::inconclusive);
  context.look = 2;
  CHECK(result(judge(scenario(), m, {}, context), "quality").result == Result::pass);
}

TEST_CASE("the hash of the criteria changes with anything that can change a verdict", "[judge]") {
  const Scenario s = scenario();
  const std::string hash = hash_of(s.criteria);
  CHECK(hash.size() == 16);
  const auto changed = [&](auto change) {
    Scenario other = s;
    change(other.criteria[2]);
    return hash_of(other.criteria) != hash;
  };
  CHECK(changed([](Criterion& c) { c.value = 2.0000001; }));
  CHECK(changed([](Criterion& c) { c.op = Op::gt; }));
  CHECK(changed([](Criterion& c) { c.alpha = 0.1; }));
  CHECK(changed([](Criterion& c) { c.level = Level::target; }));
  CHECK(changed([](Criterion& c) { c.point = "c32"; }));
  CHECK_FALSE(changed([](Criterion& c) { c.note = "other words"; }));
}
