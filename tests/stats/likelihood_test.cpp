#include <algorithm>
#include <cmath>

#include "../catch.hpp"
#include "core/rng.hpp"
#include "stats/answer_floor.hpp"
#include "stats/clustered.hpp"
#include "stats/likelihood.hpp"

using namespace abgate;
using namespace abgate::stats;

namespace {

ScoredToken token(const std::string& text, double logprob, std::vector<RankedToken> top) {
  ScoredToken t;
  t.text = text;
  t.logprob = logprob;
  t.top = std::move(top);
  return t;
}

LikelihoodPair pair(const std::string& cluster, std::size_t tokens, double baseline,
                    double candidate) {
  LikelihoodPair p;
  p.cluster = p.item = cluster;
  p.tokens = tokens;
  p.baseline = baseline;
  p.candidate = candidate;
  return p;
}

}  // namespace

TEST_CASE("The perplexity ratio is the ratio estimator with clustered errors", "[likelihood]") {
  // t = 1, 3, 2; m = 10, 20, 10: Δ = 6/40 = 0.15; residuals -0.5, 0, 0.5.
  const std::vector<LikelihoodPair> pairs{pair("a", 10, 5, 6), pair("b", 20, 10, 13),
                                          pair("c", 10, 4, 6)};
  const Estimate e = summarise_likelihood(pairs, 0.9).at(0).candidate.ppl_ratio;
  REQUIRE(e.value);
  CHECK(*e.value == Approx(std::exp(0.15)));
  const double se = std::sqrt(3.0 / 2.0 * 0.5) / 40;
  CHECK(*e.hi == Approx(std::exp(0.15 + 2.919985580 * se)).epsilon(1e-6));
  CHECK(*e.lo == Approx(std::exp(0.15 - 2.919985580 * se)).epsilon(1e-6));
}

TEST_CASE("Texts of one source count as one cluster", "[likelihood]") {
  const std::vector<LikelihoodPair> one{pair("a", 10, 5, 6), pair("a", 20, 10, 13)};
  const Estimate e = summarise_likelihood(one, 0.9).at(0).candidate.ppl_ratio;
  CHECK(e.value);
  CHECK_FALSE(e.hi);
  CHECK(e.why == "fewer than 2 clusters");
  CHECK(clustered_total_ratio({}, {}, {}, 0.9).why == "no values");
}

TEST_CASE("Equal readings agree everywhere, and their bounds touch the tail only", "[likelihood]") {
  const std::vector<ScoredToken> p{token("a", 0, {}),
                                   token("b", std::log(0.7), {{1, "b", std::log(0.7)},
                                                              {2, "c", std::log(0.2)}})};
  const Agreement a = agreement(p, p, 1);
  CHECK(a.positions == 1);
  CHECK(a.same_top == 1);
  CHECK(a.kl_lower == Approx(0).margin(1e-12));
  CHECK(a.tail == Approx(0.1));
  CHECK(a.jsd_upper == Approx(std::log(2.0) * 0.1));
  CHECK_FALSE(a.divergence);
}

TEST_CASE("A divergence between near-equal tokens is a tie, another is damage", "[likelihood]") {
  const auto text = [](double best, double second) {
    return std::vector<ScoredToken>{token("x", 0, {}),
                                    token("b", best, {{-1, "b", best}, {-1, "c", second}})};
  };
  const std::vector<ScoredToken> other{
      token("x", 0, {}), token("b", -1.2, {{-1, "c", -0.5}, {-1, "b", -1.2}})};
  const Agreement tie = agreement(text(-0.70, -0.72), other, 1);
  REQUIRE(tie.divergence);
  CHECK(*tie.divergence == 0);
  CHECK(tie.near_tie());
  CHECK(tie.regret == Approx(0.7));
  CHECK(tie.same_top == 0);
  const Agreement damage = agreement(text(-0.3, -1.6), other, 1);
  CHECK(damage.divergence);
  CHECK_FALSE(damage.near_tie());
}

TEST_CASE("The bounds hold for random distributions", "[likelihood]") {
  Rng rng(5);
  constexpr std::size_t kVocabulary = 60, kTop = 8;
  for (int trial = 0; trial < 500; ++trial) {
    std::vector<double> p(kVocabulary), q(kVocabulary);
    double sp = 0, sq = 0;
    for (std::size_t i = 0; i < kVocabulary; ++i) {
      const double logit = 2.5 * rng.normal();
      sp += p[i] = std::exp(logit);
      sq += q[i] = std::exp(logit + 0.7 * rng.normal());
    }
    double kl = 0, jsd = 0;
    std::vector<RankedToken> tp, tq;
    for (std::size_t i = 0; i < kVocabulary; ++i) {
      p[i] /= sp, q[i] /= sq;
      const double m = (p[i] + q[i]) / 2;
      kl += p[i] * std::log(p[i] / q[i]);
      jsd += (p[i] * std::log(p[i] / m) + q[i] * std::log(q[i] / m)) / 2;
      tp.push_back({static_cast<std::int64_t>(i), "", std::log(p[i])});
      tq.push_back({static_cast<std::int64_t>(i), "", std::log(q[i])});
    }
    for (auto* top : {&tp, &tq}) {
      std::sort(top->begin(), top->end(),
                [](const auto& a, const auto& b) { return a.logprob > b.logprob; });
      top->resize(kTop);
    }
    const Agreement a = agreement({token("", 0, {}), token("", -1, tp)},
                                  {token("", 0, {}), token("", -1, tq)}, 1);
    CHECK(a.kl_lower <= kl + 1e-12);
    CHECK(a.jsd_lower <= jsd + 1e-12);
    CHECK(a.jsd_upper >= jsd - 1e-12);
  }
}

TEST_CASE("Readings that cannot be paired say why", "[likelihood]") {
  LikelihoodRecord b, c;
  b.tokens = {token("a", 0, {}), token("b", -1, {})};
  c = b;
  c.arm = Arm::candidate;
  CHECK(pair_likelihood(b, c, nullptr, 1).lost.empty());
  CHECK(pair_likelihood(b, c, nullptr, 1).tokens == 1);
  CHECK(pair_likelihood(b, c, nullptr, 2).lost != "");
  c.tokens[1].text = "z";
  CHECK(pair_likelihood(b, c, nullptr, 1).lost == "the arms split the text into other tokens");
  c.error = "status 400";
  CHECK(pair_likelihood(b, c, nullptr, 1).lost == "candidate: status 400");
}

TEST_CASE("The excess over A/A is what noise does not explain", "[likelihood]") {
  std::vector<LikelihoodPair> pairs;
  for (int i = 0; i < 30; ++i) {
    LikelihoodPair p = pair("f" + std::to_string(i), 100, 50, 52);
    p.task = LikelihoodTask::output;
    p.control = 50.1;
    p.candidate_agreement.positions = p.control_agreement.positions = 100;
    p.candidate_agreement.same_top = 92 - i % 3;
    p.control_agreement.same_top = 99;
    pairs.push_back(p);
  }
  const auto summary = summarise_likelihood(pairs, 0.9);
  REQUIRE(summary.size() == 1);
  REQUIRE(summary[0].excess_changed_top);
  CHECK(*summary[0].excess_changed_top->value == Approx(0.08));
  CHECK(*summary[0].excess_changed_top->lo > 0.07);
  REQUIRE(summary[0].control);
  CHECK(*summary[0].control->ppl_ratio.value == Approx(std::exp(0.001)));

  // A text that the control lost costs A/A that text, and the candidate nothing.
  pairs[3].control.reset();
  pairs[3].control_agreement = {};
  const auto fewer = summarise_likelihood(pairs, 0.9);
  CHECK(fewer[0].texts == 30);
  CHECK(fewer[0].control_texts == 29);
  REQUIRE(fewer[0].control);
  CHECK(*fewer[0].control->ppl_ratio.value == Approx(std::exp(0.001)));
  REQUIRE(fewer[0].excess_changed_top);
  CHECK(*fewer[0].excess_changed_top->value == Approx(0.08).margin(0.001));
  CHECK(fewer[0].candidate.ppl_ratio.value == summary[0].candidate.ppl_ratio.value);
}

TEST_CASE("A noisy control says that 5 % cannot be resolved, a quiet one does not",
          "[likelihood]") {
  Measurements m;
  for (int i = 0; i < 100; ++i) {
    QualityPair p;
    p.item = p.cluster = std::to_string(i);
    p.baseline["em_ws"] = 1;
    p.candidate["em_ws"] = i < 12 ? 0 : 1;
    p.control["em_ws"] = i >= 94 ? 0 : 1;
    m.quality.push_back(p);
  }
  auto floor = answer_floor(m, 0.9);
  REQUIRE(floor.size() == 1);
  CHECK(floor[0].binary);
  CHECK(*floor[0].changed.value == Approx(0.12));
  CHECK(*floor[0].floor.value == Approx(0.06));
  CHECK(*floor[0].excess.value == Approx(0.06));
  CHECK(*floor[0].difference.value == Approx(-0.12));
  CHECK(floor[0].unresolved);
  CHECK(*floor[0].excess.lo > -0.02);
  for (QualityPair& p : m.quality) p.control["em_ws"] = 1;
  floor = answer_floor(m, 0.9);
  CHECK_FALSE(floor[0].unresolved);
  // None of 100 is not never: 1 - 0.1^(1/100) is 2.3 %, Wilson's bound a little more.
  CHECK(*floor[0].floor.value == 0);
  CHECK(*floor[0].floor.hi > 0.02);
  CHECK(*floor[0].floor_difference.hi > 0.01);
  for (QualityPair& p : m.quality) p.control.clear();
  CHECK(answer_floor(m, 0.9).empty());
}

namespace {

ScoredToken chosen(std::int64_t id, double p, std::vector<std::pair<std::int64_t, double>> top) {
  ScoredToken t;
  t.id = id;
  t.logprob = std::log(p);
  for (const auto& [rival, mass] : top) t.top.push_back({rival, "", std::log(mass)});
  return t;
}

LikelihoodRecord answer(Arm arm, std::vector<ScoredToken> tokens) {
  LikelihoodRecord r;
  r.arm = arm;
  r.text.task = LikelihoodTask::answer;
  r.text.item = r.text.cluster = "i";
  r.tokens = std::move(tokens);
  return r;
}

const std::vector<ScoredToken> kBaselines{chosen(1, 0.8, {{1, 0.8}, {2, 0.1}}),
                                          chosen(3, 0.6, {{3, 0.6}, {4, 0.3}}),
                                          chosen(5, 0.9, {{5, 0.9}})};
const std::vector<ScoredToken> kCandidates{chosen(1, 0.7, {{1, 0.7}, {2, 0.2}}),
                                           chosen(4, 0.5, {{4, 0.5}, {3, 0.4}}),
                                           chosen(6, 0.9, {{6, 0.9}})};

}  // namespace

TEST_CASE("Two answers are compared up to and with the first token that differs", "[likelihood]") {
  // By hand: position 0 and 1, never 2. KL: 0.8 ln(8/7) + 0.1 ln(1/2) + 0.1 ln 1 = 0.037510, and
  // 0.6 ln(6/4) + 0.3 ln(3/5) + 0.1 ln 1 = 0.090031.
  const Agreement a = agreement_of_answers(kBaselines, kCandidates);
  CHECK(a.positions == 2);
  CHECK(a.same_top == 1);
  CHECK(a.kl_lower == Approx(0.127541).margin(2e-6));
  CHECK(a.jsd_lower == Approx(0.0328642).margin(2e-6));
  CHECK(a.jsd_upper == Approx(0.0328642 + 0.2 * std::log(2.0)).margin(2e-6));
  CHECK(a.tail == Approx(0.2));
  REQUIRE(a.divergence);
  CHECK(*a.divergence == 1);
  CHECK(a.gap == Approx(std::log(2.0)));
  CHECK(a.regret == Approx(std::log(0.5 / 0.4)));
  CHECK_FALSE(a.near_tie());
  CHECK_FALSE(a.unclear());
}

TEST_CASE("Answers that end early, agree to the end or show little are what they are",
          "[likelihood]") {
  const Agreement same = agreement_of_answers(kBaselines, kBaselines);
  CHECK(same.positions == 3);
  CHECK(same.same_top == 3);
  CHECK(same.kl_lower == Approx(0).margin(1e-12));
  CHECK_FALSE(same.divergence);
  // The candidate stopped without showing its end token: the baseline's gap is known there.
  const std::vector<ScoredToken> shorter(kBaselines.begin(), kBaselines.begin() + 1);
  const Agreement stopped = agreement_of_answers(kBaselines, shorter);
  CHECK(stopped.positions == 1);
  CHECK(stopped.divergence == 1);
  CHECK(stopped.gap == Approx(std::log(2.0)));
  CHECK(std::isnan(stopped.regret));
  // The baseline stopped: it shows nothing there, so neither near-tie nor damage can be claimed.
  const Agreement went_on = agreement_of_answers(shorter, kBaselines);
  CHECK(went_on.divergence == 1);
  CHECK(went_on.unclear());
  CHECK_FALSE(went_on.near_tie());
  // One rival alone has no gap.
  const Agreement single = agreement_of_answers({chosen(5, 0.9, {{5, 0.9}})},
                                                {chosen(6, 0.9, {{6, 0.9}})});
  CHECK(single.unclear());
  CHECK(single.regret == Approx(0));  // at least: 5 is not among what the candidate shows
  const Agreement tie = agreement_of_answers(
      {chosen(3, 0.405, {{3, 0.405}, {4, 0.395}})}, {chosen(4, 0.5, {{4, 0.5}, {3, 0.3}})});
  CHECK(tie.near_tie());
  CHECK(agreement_of_answers({}, {}).positions == 0);
}

TEST_CASE("Names that stand twice are one, on both sides", "[likelihood]") {
  const auto half = [](double first, double second) {
    ScoredToken t = token("\xEF\xBF\xBD", std::log(first), {});
    t.top = {{-1, "\xEF\xBF\xBD", std::log(first)}, {-1, "\xEF\xBF\xBD", std::log(second)}};
    return std::vector<ScoredToken>{t};
  };
  const Agreement a = agreement_of_answers(half(0.5, 0.25), half(0.45, 0.30));
  CHECK(a.kl_lower == Approx(0).margin(1e-12));
  CHECK(a.tail == Approx(0.25));
}

TEST_CASE("Pairs of answers give shares of positions, divergences and each arm's confidence",
          "[likelihood]") {
  std::vector<LikelihoodPair> pairs;
  for (int i = 0; i < 4; ++i) {
    const auto b = answer(Arm::baseline, kBaselines);
    const auto c = answer(Arm::candidate, i < 1 ? kCandidates : kBaselines);
    const auto again = answer(Arm::control, kBaselines);
    pairs.push_back(pair_answers(b, c, i < 3 ? &again : nullptr));
    pairs.back().cluster = std::to_string(i);
  }
  CHECK(pairs[0].tokens == 2);
  CHECK(pairs[1].tokens == 3);
  CHECK(pairs[0].own_tokens[index_of(Arm::candidate)] == 3);
  const auto all = summarise_likelihood(pairs, 0.9);
  REQUIRE(all.size() == 1);
  const LikelihoodSummary& s = all[0];
  CHECK(s.task == LikelihoodTask::answer);
  CHECK(s.texts == 4);
  CHECK(s.control_texts == 3);
  CHECK(s.tokens == 11);
  CHECK(*s.candidate.same_top.value == Approx(10.0 / 11));
  CHECK(*s.candidate.kl_lower.value == Approx(0.127541 / 11).margin(1e-6));
  CHECK(s.candidate.diverged == 1);
  CHECK(s.candidate.damage() == 1);
  CHECK(s.candidate.first_divergence == 2);
  CHECK_FALSE(s.candidate.ppl_ratio.value);
  REQUIRE(s.control);
  CHECK(s.control->diverged == 0);
  CHECK(*s.control->same_top.value == 1);
  CHECK_FALSE(s.excess_kl);
  const double own = std::log(0.8) + std::log(0.6) + std::log(0.9);
  CHECK(*s.confidence[index_of(Arm::baseline)].value == Approx(own / 3));
  CHECK(*s.confidence[index_of(Arm::candidate)].value ==
        Approx((3 * own + std::log(0.7) + std::log(0.5) + std::log(0.9)) / 12));
  CHECK(*s.confidence[index_of(Arm::control)].value == Approx(own / 3));
}

TEST_CASE("Answers without log-probabilities are lost with their reason", "[likelihood]") {
  auto b = answer(Arm::baseline, kBaselines);
  auto c = answer(Arm::candidate, {});
  c.error = "no log-probabilities came with the answer";
  CHECK(pair_answers(b, c, nullptr).lost == "candidate: no log-probabilities came with the answer");
  c.error.clear();
  CHECK_FALSE(pair_answers(b, c, nullptr).lost.empty());
  c.tokens = kCandidates;
  for (ScoredToken& t : c.tokens) t.top.clear();
  CHECK(pair_answers(b, c, nullptr).lost ==
        "no position at which both arms show their most likely tokens");
  // A control that lost its answer costs the A/A column alone.
  auto again = answer(Arm::control, {});
  again.error = "timed_out total";
  const LikelihoodPair kept = pair_answers(b, answer(Arm::candidate, kCandidates), &again);
  CHECK(kept.lost.empty());
  CHECK_FALSE(kept.control);
  const auto summary = summarise_likelihood({pair_answers(b, c, nullptr)}, 0.9);
  REQUIRE(summary.size() == 1);
  CHECK(summary[0].texts == 0);
  CHECK(summary[0].lost == 1);
}
