// Quality: paired items. 0/1 scores by Tang's (ratio) and Tango's (difference) score tests on counts
// divided by the design effect of clusters; continuous scores by clustered t on D = c - R0·b.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "decision/algebra.hpp"
#include "decision/result.hpp"
#include "decision/words.hpp"
#include "stats/binomial.hpp"
#include "stats/clustered.hpp"
#include "stats/moments.hpp"
#include "stats/paired_binary.hpp"
#include "stats/planner.hpp"
#include "stats/series.hpp"
#include "stats/t_blocks.hpp"

namespace abgate::decision {
namespace {

/// One statement about quality in the criterion's unit.
struct Statement {
  std::optional<double> value, pass, fail, p;
};

std::string metric_key(const Criterion& c) { return c.metric.substr(std::string("quality.").size()); }

Statement from(const stats::Estimate& at_pass, const stats::Estimate& at_fail, bool upper, std::optional<double> p_above) {
  Statement s;
  s.value = at_pass.value;
  s.pass = upper ? at_pass.hi : at_pass.lo;
  s.fail = upper ? at_fail.lo : at_fail.hi;
  if (p_above) s.p = upper ? 1 - *p_above : *p_above;
  return s;
}

Statement binary_statement(const stats::PairedCounts& counts, const CriterionResult& r) {
  const Criterion& c = r.criterion;
  const double wide = stats::level_for(r.alpha_pass), wider = stats::level_for(r.alpha_fail);
  if (c.form == Form::ratio) {
    return from(stats::tang_ratio(counts, wide), stats::tang_ratio(counts, wider), upper_limit(c.op),
                stats::tang_p_above(counts, c.value));
  }
  return from(stats::tango_difference(counts, wide), stats::tango_difference(counts, wider), upper_limit(c.op),
              stats::tango_p_above(counts, c.value));
}

Statement continuous_statement(const stats::QualitySeries& s, const CriterionResult& r) {
  const Criterion& c = r.criterion;
  const double wide = stats::level_for(r.alpha_pass), wider = stats::level_for(r.alpha_fail);
  if (c.form == Form::ratio) {
    return from(stats::clustered_ratio(s.baseline, s.candidate, s.clusters, wide),
                stats::clustered_ratio(s.baseline, s.candidate, s.clusters, wider), upper_limit(c.op),
                stats::clustered_margin_p(s.baseline, s.candidate, s.clusters, c.value));
  }
  std::vector<double> difference(s.baseline.size());
  for (std::size_t i = 0; i < difference.size(); ++i) difference[i] = s.candidate[i] - s.baseline[i];
  return from(stats::clustered_t(difference, s.clusters, wide), stats::clustered_t(difference, s.clusters, wider),
              upper_limit(c.op), std::nullopt);
}

/// Dropped pairs at their worst for the candidate: 0 where the baseline has 1, or the reverse where
/// small is good. Each is a source of its own.
stats::QualitySeries at_worst(stats::QualitySeries s, Op op) {
  const double candidate = upper_limit(op) ? 1 : 0;
  (upper_limit(op) ? s.counts.candidate_only : s.counts.baseline_only) += static_cast<double>(s.dropped);
  std::uint32_t next = s.clusters.empty() ? 0 : *std::max_element(s.clusters.begin(), s.clusters.end()) + 1;
  for (std::size_t i = 0; i < s.dropped; ++i) {
    s.baseline.push_back(1 - candidate);
    s.candidate.push_back(candidate);
    s.clusters.push_back(next++);
  }
  return s;
}

double mean_of(const std::vector<double>& values) { return stats::mean_finite(values); }

double clustered_effect(const std::vector<double>& values, const std::vector<std::uint32_t>& clusters) {
  const auto mean = stats::clustered_mean(values, clusters);
  return mean ? mean->design_effect : 1.0;
}

/// A share of n items with design effect: exact bounds on counts divided by it (rounded to the safe side).
Statement share_statement(double hits, double n, double deff, const CriterionResult& r) {
  const bool upper = upper_limit(r.criterion.op);
  const double small = std::max(1.0, std::floor(n / deff));
  const double scaled_hits = hits / n * small;
  const auto low_k = static_cast<std::size_t>(std::floor(scaled_hits + 1e-9));
  const auto high_k = static_cast<std::size_t>(std::ceil(scaled_hits - 1e-9));
  const auto size = static_cast<std::size_t>(small);
  const auto bound = [&](double alpha, bool up) {
    const stats::Estimate e = stats::clopper_pearson(up ? high_k : low_k, size, stats::level_for(alpha));
    return up ? e.hi : e.lo;
  };
  return {hits / n, bound(r.alpha_pass, upper), bound(r.alpha_fail, !upper), std::nullopt};
}

/// The candidate's own score, or the share of items that changed sides.
Statement level_statement(const stats::QualitySeries& s, bool flips, const CriterionResult& r) {
  std::vector<double> values(s.candidate.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool flipped = std::fabs(s.candidate[i] - s.baseline[i]) > 0;
    values[i] = flips ? (flipped ? 1.0 : 0.0) : s.candidate[i];
  }
  if (flips || s.binary) {
    const auto n = static_cast<double>(values.size());
    return share_statement(mean_of(values) * n, n, clustered_effect(values, s.clusters), r);
  }
  return from(stats::clustered_t(values, s.clusters, stats::level_for(r.alpha_pass)),
              stats::clustered_t(values, s.clusters, stats::level_for(r.alpha_fail)), upper_limit(r.criterion.op), std::nullopt);
}

Statement state(const stats::QualitySeries& s, Method method, const CriterionResult& r) {
  if (method != Method::quality_score) return level_statement(s, method == Method::quality_flips, r);
  return s.binary ? binary_statement(stats::scaled(s.counts, s.design_effect), r) : continuous_statement(s, r);
}

void note_loss(const stats::QualitySeries& s, const Criterion& c, CriterionResult& out) {
  const double base = *out.baseline, cand = *out.candidate;
  out.notes.push_back(fmt::format("candidate {}, baseline {}: {} ({} relative)", percent(cand), percent(base),
                                  points(cand - base), base > 0 ? percent(cand / base - 1) : "n/a"));
  if (c.form == Form::ratio && base > 0) {
    out.notes.push_back(fmt::format("the margin of {} relative is {:.2f} points at this baseline", percent(1 - c.value),
                                    100 * base * (1 - c.value)));
  }
  if (s.binary) {
    out.notes.push_back(fmt::format("{} of {} answers changed sides: {} better, {} worse",
                                    number(s.counts.candidate_only + s.counts.baseline_only), count(s.baseline.size()),
                                    number(s.counts.candidate_only), number(s.counts.baseline_only)));
  }
  if (s.design_effect > 1.0) out.notes.push_back(fmt::format("design effect of {} clusters: {}", count(s.cluster_count), number(s.design_effect)));
  if (s.cluster_count < stats::kFewClusters) {
    out.notes.push_back(fmt::format("only {} independent sources: intervals over fewer than {} are optimistic",
                                    count(s.cluster_count), stats::kFewClusters));
  }
}

/// Items until a PASS is expected (80 %) with the noise that was seen and a truth as measured.
std::string items_to_decide(const stats::QualitySeries& s, const CriterionResult& out) {
  const Criterion& c = out.criterion;
  if (!out.measured || !acceptable(c.op, *out.measured, c.value)) {
    return fmt::format("the measured {} does not meet {}: improve the candidate, or add items to prove it",
                       out.measured ? shown(c, *out.measured) : "value", required(c));
  }
  std::optional<std::size_t> need;
  const double base = *out.baseline;
  if (s.binary && c.form == Form::ratio) {
    const double n = s.counts.n();
    const stats::PairedTruth truth{base, *out.measured, std::max((s.counts.candidate_only + s.counts.baseline_only) / n, std::fabs(*out.candidate - base))};
    need = stats::tang_pairs_needed(truth, c.value, out.alpha_pass, 0.8);
  } else {
    std::vector<double> d(s.baseline.size());
    const double factor = c.form == Form::ratio ? c.value : 1.0;
    for (std::size_t i = 0; i < d.size(); ++i) d[i] = s.candidate[i] - factor * s.baseline[i];
    const stats::Moments moments = stats::moments(d);
    const double gap = c.form == Form::ratio ? moments.mean() : moments.mean() - c.value;
    need = stats::pairs_needed_continuous(moments.sd(), 0, std::fabs(gap), out.alpha_pass, 0.8);
  }
  if (!need) return "the measured value lies too close to the threshold for any affordable number of items";
  const double items = std::ceil(static_cast<double>(*need) * s.design_effect);
  const std::size_t extra = items > static_cast<double>(out.n) ? static_cast<std::size_t>(items) - out.n : std::max<std::size_t>(1, out.n / 10);
  return fmt::format("expected to decide: about {} more items ({} in all)", count(extra), count(out.n + extra));
}

/// The smallest suite that can pass at all, when nothing was lost: the advice for a suite that is too small.
std::string needs_at_least(const CriterionResult& out) {
  return fmt::format("even without a single lost answer at least {} items answered right by both are needed",
                     count(stats::fewest_pairs_to_pass(out.criterion.value, out.alpha_pass)));
}

void refuse_thin_evidence(const stats::QualitySeries& s, CriterionResult& out) {
  const Criterion& c = out.criterion;
  if (out.result != Result::pass) return;
  if (out.n < c.min_n) {
    leave_open(out, "too_few", fmt::format("{} items, want at least {}", count(out.n), count(c.min_n)),
               fmt::format("add {} items", count(c.min_n - out.n)));
  } else if (s.cluster_count < stats::kMinClusters) {
    leave_open(out, "too_few_clusters",
               fmt::format("{} independent sources, want at least {}", count(s.cluster_count), stats::kMinClusters),
               fmt::format("add items from {} other sources", stats::kMinClusters - s.cluster_count));
  }
}

/// Dropped pairs: a PASS must hold with them at their worst; beyond the allowed share nothing is decided.
void account_for_dropped(const Inputs& in, const stats::QualitySeries& s, Method method, CriterionResult& out) {
  if (s.dropped == 0) return;
  const std::size_t all = s.baseline.size() + s.dropped;
  const double share = static_cast<double>(s.dropped) / static_cast<double>(all);
  const std::string lost = fmt::format("{} of {} pairs lost to unanswered requests ({})", count(s.dropped), count(all), percent(share));
  if (share > in.scenario.quality.max_failed_pairs) {
    return apply_missing(out, {fmt::format("{}, at most {} are allowed", lost, percent(in.scenario.quality.max_failed_pairs))},
                         "remove the cause of the failed requests and run the quality pass again");
  }
  out.notes.push_back(lost);
  if (out.result != Result::pass) return;
  const Statement worst = state(at_worst(s, out.criterion.op), method, out);
  if (worst.pass && acceptable(out.criterion.op, *worst.pass, out.criterion.value)) {
    out.bound = worst.pass;
    return;
  }
  leave_open(out, "missing", lost + ": the bound does not hold if they were wrong", "run the quality pass again");
}

void judge_paired(const stats::QualitySeries& s, CriterionResult& out) {
  const Criterion& c = out.criterion;
  const Statement st = state(s, Method::quality_score, out);
  out.measured = st.value;
  out.p_value = st.p;
  out.method += s.binary ? (c.form == Form::ratio ? " (here: Tang's score test)" : " (here: Tango's score test)")
                         : " (here: clustered t)";
  settle(out, st.pass, st.fail, st.fail, counted(out.n, "item"));
  if (out.result == Result::inconclusive) {
    out.next_step = items_to_decide(s, out);
    if (c.form == Form::ratio && s.binary && c.value < 1 && !upper_limit(c.op) &&
        out.n < stats::fewest_pairs_to_pass(c.value, out.alpha_pass)) {
      out.code = "too_few";
      out.notes.push_back(needs_at_least(out));
    }
  }
  note_loss(s, c, out);
}

void judge_level(const stats::QualitySeries& s, Method method, CriterionResult& out) {
  const Statement st = state(s, method, out);
  out.measured = st.value;
  settle(out, st.pass, st.fail, st.fail, counted(out.n, "item"));
  if (out.result == Result::inconclusive) out.next_step = "add items to the suite";
}

/// Pairs of which one arm has the score and the other has not: as lost as an unanswered one.
std::size_t half_scored(const stats::Measurements& m, const std::string& metric) {
  return static_cast<std::size_t>(std::count_if(m.quality.begin(), m.quality.end(), [&](const stats::QualityPair& p) {
    return !p.dropped && p.baseline.count(metric) != p.candidate.count(metric);
  }));
}

stats::QualitySeries scored_series(const stats::Measurements& m, const std::string& metric) {
  stats::QualitySeries s = stats::quality_series(m, metric);
  s.dropped += half_scored(m, metric);
  return s;
}

/// Degenerate answers are flags of answers, not scores: 1 where the candidate's answer has one.
stats::QualitySeries degenerate_series(const stats::Measurements& m) {
  stats::QualitySeries s;
  std::map<std::string, std::pair<double, double>> flagged;  // item -> any flag per arm
  std::vector<std::string> clusters;
  for (const ItemScore& a : m.answers) {
    if (!a.answered || a.arm == Arm::control) continue;
    auto& item = flagged.try_emplace(a.item, stats::kUndefined, stats::kUndefined).first->second;
    double& mine = a.arm == Arm::candidate ? item.second : item.first;
    const double flag = a.flags.empty() ? 0.0 : 1.0;
    mine = std::isnan(mine) ? flag : std::max(mine, flag);
  }
  std::map<std::string, std::string> cluster_of;
  for (const ItemScore& a : m.answers) cluster_of.emplace(a.item, a.cluster);
  for (const auto& [item, flags] : flagged) {
    if (std::isnan(flags.first) || std::isnan(flags.second)) {
      ++s.dropped;
      continue;
    }
    s.baseline.push_back(flags.first);
    s.candidate.push_back(flags.second);
    clusters.push_back(cluster_of[item]);
    (flags.second > 0.5 ? (flags.first > 0.5 ? s.counts.both : s.counts.candidate_only)
                        : (flags.first > 0.5 ? s.counts.baseline_only : s.counts.neither)) += 1;
  }
  s.clusters = stats::number_clusters(clusters);
  s.cluster_count = s.clusters.empty() ? 0 : 1 + *std::max_element(s.clusters.begin(), s.clusters.end());
  s.binary = true;
  std::vector<double> d(s.baseline.size());
  for (std::size_t i = 0; i < d.size(); ++i) d[i] = s.candidate[i] - s.baseline[i];
  s.design_effect = clustered_effect(d, s.clusters);
  return s;
}

}  // namespace

void judge_quality(const Inputs& in, Method method, CriterionResult& out) {
  const Criterion& c = out.criterion;
  out.n_unit = "items";
  const bool degenerate = c.metric == "quality.degenerate_rate";
  const bool flips = method == Method::quality_flips;
  const stats::QualitySeries s =
      degenerate ? degenerate_series(in.m) : scored_series(in.m, flips ? "em_ws" : metric_key(c));
  out.n = s.baseline.size();
  if (out.n == 0) {
    return leave_open(out, "missing", fmt::format("no pair of answers with {}", c.metric),
                      "run the quality pass with a suite that has this score");
  }
  out.candidate = mean_of(s.candidate);
  out.baseline = mean_of(s.baseline);
  if (method == Method::quality_score) {
    judge_paired(s, out);
  } else {
    judge_level(s, method, out);
  }
  refuse_thin_evidence(s, out);
  account_for_dropped(in, s, method, out);
}

}  // namespace abgate::decision
