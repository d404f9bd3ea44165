#include "stats/likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "stats/clustered.hpp"

namespace abgate::stats {

namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

bool same_token(const RankedToken& a, const RankedToken& b) {
  return a.id >= 0 && b.id >= 0 ? a.id == b.id : a.text == b.text;
}

bool is_token(const RankedToken& a, const ScoredToken& b) {
  return a.id >= 0 && b.id >= 0 ? a.id == b.id : a.text == b.text;
}

double kl_term(double p, double q) {
  return p > 0 ? p * std::log(p / q) : 0;
}

double jsd_term(double p, double q) {
  const double m = (p + q) / 2;
  return (kl_term(p, m) + kl_term(q, m)) / 2;
}

/// What a list gives to each of its names. A name may stand twice, for tokens that are written alike
/// (half a character each): merging them on both sides keeps the bounds valid.
struct Share {
  const RankedToken* token;
  double mass;
};
void shares_of(const std::vector<RankedToken>& top, std::vector<Share>& out) {
  out.clear();
  for (const RankedToken& token : top) {
    const double mass = std::exp(token.logprob);
    const auto same = std::find_if(out.begin(), out.end(),
                                   [&](const Share& s) { return same_token(*s.token, token); });
    if (same == out.end()) {
      out.push_back({&token, mass});
    } else {
      same->mass += mass;
    }
  }
}

/// Adds one position. The masses of the lumped rest are kept above 0: the lists are rounded, and a
/// rest of exactly 0 would make a bound of infinity out of it.
void add_distance(const ScoredToken& p, const ScoredToken& q, Agreement& out) {
  constexpr double kLeast = 1e-12;
  double mass_p = 0, mass_q = 0, kl = 0, jsd = 0;
  thread_local std::vector<Share> of_p, of_q;
  shares_of(p.top, of_p);
  shares_of(q.top, of_q);
  for (const Share& a : of_p) {
    const auto b = std::find_if(of_q.begin(), of_q.end(),
                                [&](const Share& s) { return same_token(*a.token, *s.token); });
    if (b == of_q.end()) continue;
    const double pa = a.mass, qb = std::max(b->mass, 1e-300);
    mass_p += pa;
    mass_q += qb;
    kl += kl_term(pa, qb);
    jsd += jsd_term(pa, qb);
  }
  const double rest_p = std::max(1 - mass_p, kLeast), rest_q = std::max(1 - mass_q, kLeast);
  out.tail += rest_p;
  out.kl_lower += std::max(0.0, kl + kl_term(rest_p, rest_q));
  const double lower = jsd + jsd_term(rest_p, rest_q);
  out.jsd_lower += lower;
  out.jsd_upper += lower + std::numbers::ln2 * (rest_p + rest_q) / 2;
}

std::string error_of(const LikelihoodRecord& a, const LikelihoodRecord& b) {
  for (const LikelihoodRecord* r : {&a, &b}) {
    if (!r->error.empty()) return std::string(to_string(r->arm)) + ": " + r->error;
  }
  return "";
}

std::string why_lost(const LikelihoodRecord& baseline, const LikelihoodRecord& other,
                     std::size_t first) {
  if (std::string error = error_of(baseline, other); !error.empty()) return error;
  if (baseline.tokens.size() != other.tokens.size()) return "the arms split the text into other tokens";
  for (std::size_t i = 1; i < baseline.tokens.size(); ++i) {
    if (baseline.tokens[i].id != other.tokens[i].id ||
        baseline.tokens[i].text != other.tokens[i].text)
      return "the arms split the text into other tokens";
  }
  if (first >= baseline.tokens.size()) return "the reference cannot be found among the tokens";
  return "";
}

/// Compares position `i`; false where a side shows no rivals.
bool add_position(const ScoredToken& p, const ScoredToken& q, Agreement& out) {
  if (p.top.empty() || q.top.empty()) return false;
  ++out.positions;
  out.same_top += same_token(p.top[0], q.top[0]) ? 1 : 0;
  add_distance(p, q, out);
  return true;
}

double gap_of(const ScoredToken& token) {
  return token.top.size() > 1 ? token.top[0].logprob - token.top[1].logprob : kUnknown;
}

/// What `token` costs against the best under an arm that has chosen another one.
double regret_of(const ScoredToken& token, const ScoredToken& other) {
  if (other.top.empty()) return kUnknown;
  const auto found = std::find_if(other.top.begin(), other.top.end(),
                                  [&](const RankedToken& t) { return is_token(t, token); });
  const RankedToken& seen = found != other.top.end() ? *found : other.top.back();
  return other.top[0].logprob - seen.logprob;
}

bool same_choice(const ScoredToken& a, const ScoredToken& b) {
  return a.id >= 0 && b.id >= 0 ? a.id == b.id : a.text == b.text;
}

LikelihoodPair described_by(const LikelihoodText& text) {
  LikelihoodPair out;
  out.task = text.task;
  out.item = text.item;
  out.cluster = text.cluster;
  out.category = text.category;
  out.language = text.language;
  return out;
}

double loss(const LikelihoodRecord& r, std::size_t first) {
  double sum = 0;
  for (std::size_t i = first; i < r.tokens.size(); ++i) sum -= r.tokens[i].logprob;
  return sum;
}

using Pairs = std::vector<const LikelihoodPair*>;

/// Σ value / Σ weight over clusters.
template <typename Value, typename Weight>
Estimate weighted(const Pairs& pairs, double level, Value value, Weight weight) {
  std::vector<double> values, weights;
  std::vector<std::string> names;
  for (const LikelihoodPair* p : pairs) {
    values.push_back(value(*p));
    weights.push_back(weight(*p));
    names.push_back(p->cluster);
  }
  return clustered_total_ratio(weights, values, number_clusters(names), level);
}

Estimate power(Estimate e) {
  for (auto* x : {&e.value, &e.lo, &e.hi}) {
    if (*x) **x = std::exp(**x);
  }
  return e;
}

const Agreement& of(const LikelihoodPair& p, Arm arm) {
  return arm == Arm::control ? p.control_agreement : p.candidate_agreement;
}

bool of_answers(const Pairs& pairs) {
  return !pairs.empty() && pairs[0]->task == LikelihoodTask::answer;
}

double own_loss(const LikelihoodPair& p, Arm arm) {
  if (arm == Arm::control) return p.control.value_or(0);
  return arm == Arm::baseline ? p.baseline : p.candidate;
}

/// Mean ln p of a token of the arm's own answers.
Estimate confidence_of(const Pairs& pairs, Arm arm, double level) {
  return weighted(
      pairs, level, [&](const LikelihoodPair& p) { return -own_loss(p, arm); },
      [&](const LikelihoodPair& p) { return static_cast<double>(p.own_tokens[index_of(arm)]); });
}

Estimate ratio_of(const Pairs& pairs, Arm other, double level) {
  return power(weighted(
      pairs, level,
      [&](const LikelihoodPair& p) {
        return (other == Arm::control ? p.control.value_or(p.baseline) : p.candidate) - p.baseline;
      },
      [](const LikelihoodPair& p) { return static_cast<double>(p.tokens); }));
}

LikelihoodSummary::Against against(const Pairs& pairs, Arm other, double level) {
  LikelihoodSummary::Against out;
  if (!of_answers(pairs)) out.ppl_ratio = ratio_of(pairs, other, level);
  const auto positions = [&](const LikelihoodPair& p) {
    return static_cast<double>(of(p, other).positions);
  };
  std::vector<double> first;
  std::size_t regrets = 0;
  for (const LikelihoodPair* p : pairs) {
    const Agreement& a = of(*p, other);
    out.positions += a.positions;
    out.jsd_lower += a.jsd_lower;
    out.jsd_upper += a.jsd_upper;
    out.tail += a.tail;
    // Only an answer is the baseline's own choice throughout; a reference is nobody's.
    if (!a.divergence || p->task == LikelihoodTask::reference) continue;
    ++out.diverged;
    out.near_ties += a.near_tie() ? 1U : 0U;
    out.unclear += a.unclear() ? 1U : 0U;
    first.push_back(static_cast<double>(*a.divergence + 1));
    if (std::isnan(a.regret)) continue;
    out.regret += a.regret;
    ++regrets;
  }
  if (regrets > 0) out.regret /= static_cast<double>(regrets);
  if (!first.empty()) {
    std::sort(first.begin(), first.end());
    out.first_divergence = first[(first.size() - 1) / 2];
  }
  if (out.positions == 0) return out;
  const double n = static_cast<double>(out.positions);
  out.jsd_lower /= n, out.jsd_upper /= n, out.tail /= n;
  out.same_top = weighted(
      pairs, level, [&](const LikelihoodPair& p) { return of(p, other).same_top; }, positions);
  out.kl_lower = weighted(
      pairs, level, [&](const LikelihoodPair& p) { return of(p, other).kl_lower; }, positions);
  return out;
}

/// `both`: the pairs that have a control.
LikelihoodSummary summary_of_answers(const Pairs& pairs, const Pairs& both, double level,
                                     LikelihoodSummary out) {
  for (const Arm arm : {Arm::baseline, Arm::candidate})
    out.confidence[index_of(arm)] = confidence_of(pairs, arm, level);
  out.candidate = against(pairs, Arm::candidate, level);
  out.control_texts = both.size();
  if (both.empty()) return out;
  out.confidence[index_of(Arm::control)] = confidence_of(both, Arm::control, level);
  out.control = against(both, Arm::control, level);
  return out;
}

LikelihoodSummary summary_of(const Pairs& pairs, double level) {
  LikelihoodSummary out;
  Pairs both;  // with a reading by the control: a text that only it lost costs the rest nothing
  double baseline = 0, candidate = 0, positions = 0;
  for (const LikelihoodPair* p : pairs) {
    out.tokens += p->tokens;
    baseline += p->baseline;
    candidate += p->candidate;
    if (!p->control) continue;
    both.push_back(p);
    positions += static_cast<double>(p->candidate_agreement.positions);
  }
  out.texts = pairs.size();
  if (out.tokens == 0) return out;
  if (of_answers(pairs)) return summary_of_answers(pairs, both, level, std::move(out));
  out.baseline_ppl = std::exp(baseline / static_cast<double>(out.tokens));
  out.candidate_ppl = std::exp(candidate / static_cast<double>(out.tokens));
  out.candidate = against(pairs, Arm::candidate, level);
  out.control_texts = both.size();
  if (both.empty()) return out;
  out.control = against(both, Arm::control, level);
  if (positions == 0 || out.control->positions == 0) return out;
  const auto per = [](const LikelihoodPair& p) {
    return static_cast<double>(p.candidate_agreement.positions);
  };
  out.excess_changed_top = weighted(
      both, level,
      [](const LikelihoodPair& p) {
        return p.control_agreement.same_top - p.candidate_agreement.same_top;
      },
      per);
  out.excess_kl = weighted(
      both, level,
      [](const LikelihoodPair& p) {
        return p.candidate_agreement.kl_lower - p.control_agreement.kl_lower;
      },
      per);
  return out;
}

}  // namespace

Agreement agreement(const std::vector<ScoredToken>& p, const std::vector<ScoredToken>& q,
                    std::size_t first) {
  Agreement out;
  for (std::size_t i = std::max<std::size_t>(1, first); i < std::min(p.size(), q.size()); ++i) {
    if (!add_position(p[i], q[i], out)) continue;
    if (out.divergence || is_token(q[i].top[0], p[i])) continue;
    out.divergence = i - std::max<std::size_t>(1, first);
    out.gap = gap_of(p[i]);
    out.regret = q[i].top[0].logprob - q[i].logprob;
  }
  return out;
}

Agreement agreement_of_answers(const std::vector<ScoredToken>& p,
                               const std::vector<ScoredToken>& q) {
  Agreement out;
  std::size_t i = 0;
  for (; i < p.size() && i < q.size(); ++i) {
    add_position(p[i], q[i], out);
    if (!same_choice(p[i], q[i])) break;
  }
  if (i == p.size() && i == q.size()) return out;
  out.divergence = i;
  out.gap = i < p.size() ? gap_of(p[i]) : kUnknown;
  out.regret = i < p.size() && i < q.size() ? regret_of(p[i], q[i]) : kUnknown;
  return out;
}

LikelihoodPair pair_answers(const LikelihoodRecord& baseline, const LikelihoodRecord& candidate,
                            const LikelihoodRecord* control) {
  LikelihoodPair out = described_by(baseline.text);
  out.lost = error_of(baseline, candidate);
  if (!out.lost.empty()) return out;
  out.candidate_agreement = agreement_of_answers(baseline.tokens, candidate.tokens);
  out.tokens = out.candidate_agreement.positions;
  if (out.tokens == 0) {
    out.lost = "no position at which both arms show their most likely tokens";
    return out;
  }
  out.baseline = loss(baseline, 0);
  out.candidate = loss(candidate, 0);
  out.own_tokens[index_of(Arm::baseline)] = baseline.tokens.size();
  out.own_tokens[index_of(Arm::candidate)] = candidate.tokens.size();
  if (control == nullptr || !control->error.empty()) return out;
  const Agreement again = agreement_of_answers(baseline.tokens, control->tokens);
  if (again.positions == 0) return out;
  out.control_agreement = again;
  out.control = loss(*control, 0);
  out.own_tokens[index_of(Arm::control)] = control->tokens.size();
  return out;
}

LikelihoodPair pair_likelihood(const LikelihoodRecord& baseline, const LikelihoodRecord& candidate,
                               const LikelihoodRecord* control, std::size_t first) {
  LikelihoodPair out = described_by(baseline.text);
  first = std::max<std::size_t>(1, first);
  out.lost = why_lost(baseline, candidate, first);
  if (!out.lost.empty()) return out;
  out.tokens = baseline.tokens.size() - first;
  out.baseline = loss(baseline, first);
  out.candidate = loss(candidate, first);
  out.candidate_agreement = agreement(baseline.tokens, candidate.tokens, first);
  if (control == nullptr || !why_lost(baseline, *control, first).empty()) return out;
  out.control = loss(*control, first);
  out.control_agreement = agreement(baseline.tokens, control->tokens, first);
  return out;
}

std::vector<LikelihoodSummary> summarise_likelihood(const std::vector<LikelihoodPair>& pairs,
                                                    double level) {
  std::vector<LikelihoodSummary> out;
  for (const auto task :
       {LikelihoodTask::reference, LikelihoodTask::output, LikelihoodTask::answer}) {
    Pairs kept;
    std::size_t lost = 0;
    std::string why;
    for (const LikelihoodPair& p : pairs) {
      if (p.task != task) continue;
      if (p.lost.empty()) {
        kept.push_back(&p);
      } else {
        ++lost;
        if (why.empty()) why = p.lost;
      }
    }
    if (kept.empty() && lost == 0) continue;
    out.push_back(summary_of(kept, level));
    out.back().task = task;
    out.back().lost = lost;
    out.back().why_lost = why;
  }
  return out;
}

}  // namespace abgate::stats
