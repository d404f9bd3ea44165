#include "decision/quality_statements.hpp"

#include <algorithm>
#include <cmath>

#include "decision/algebra.hpp"
#include "stats/binomial.hpp"
#include "stats/clustered.hpp"
#include "stats/moments.hpp"
#include "stats/paired_binary.hpp"
#include "stats/t_blocks.hpp"

namespace abgate::decision {
namespace {

/// Pairs of which one arm has the score and the other has not: as lost as an unanswered one.
std::size_t half_scored(const stats::Measurements& m, const std::string& metric) {
  return static_cast<std::size_t>(
      std::count_if(m.quality.begin(), m.quality.end(), [&](const stats::QualityPair& p) {
        return !p.dropped && p.baseline.count(metric) != p.candidate.count(metric);
      }));
}

QualityStatement from(const stats::Estimate& at_pass, const stats::Estimate& at_fail, bool upper,
                      std::optional<double> p_above) {
  QualityStatement s;
  s.value = at_pass.value;
  s.pass = upper ? at_pass.hi : at_pass.lo;
  s.fail = upper ? at_fail.lo : at_fail.hi;
  if (p_above) s.p = upper ? 1 - *p_above : *p_above;
  return s;
}

QualityStatement binary_statement(const stats::PairedCounts& counts, const CriterionResult& r) {
  const Criterion& c = r.criterion;
  const double wide = stats::level_for(r.alpha_pass), wider = stats::level_for(r.alpha_fail);
  if (c.form == Form::ratio) {
    return from(stats::tang_ratio(counts, wide), stats::tang_ratio(counts, wider),
                upper_limit(c.op), stats::tang_p_above(counts, c.value));
  }
  return from(stats::tango_difference(counts, wide), stats::tango_difference(counts, wider),
              upper_limit(c.op), stats::tango_p_above(counts, c.value));
}

QualityStatement continuous_statement(const stats::QualitySeries& s, const CriterionResult& r) {
  const Criterion& c = r.criterion;
  const double wide = stats::level_for(r.alpha_pass), wider = stats::level_for(r.alpha_fail);
  if (c.form == Form::ratio) {
    return from(stats::clustered_ratio(s.baseline, s.candidate, s.clusters, wide),
                stats::clustered_ratio(s.baseline, s.candidate, s.clusters, wider),
                upper_limit(c.op),
                stats::clustered_margin_p(s.baseline, s.candidate, s.clusters, c.value));
  }
  std::vector<double> difference(s.baseline.size());
  for (std::size_t i = 0; i < difference.size(); ++i)
    difference[i] = s.candidate[i] - s.baseline[i];
  return from(stats::clustered_t(difference, s.clusters, wide),
              stats::clustered_t(difference, s.clusters, wider), upper_limit(c.op), std::nullopt);
}

double clustered_effect(const std::vector<double>& values,
                        const std::vector<std::uint32_t>& clusters) {
  const auto mean = stats::clustered_mean(values, clusters);
  return mean ? mean->design_effect : 1.0;
}

/// A share of n items with design effect: exact bounds on counts divided by it (rounded to the safe
/// side).
QualityStatement share_statement(double hits, double n, double deff, const CriterionResult& r) {
  const bool upper = upper_limit(r.criterion.op);
  const double small = std::max(1.0, std::floor(n / deff));
  const double scaled_hits = hits / n * small;
  const auto low_k = static_cast<std::size_t>(std::floor(scaled_hits + 1e-9));
  const auto high_k = static_cast<std::size_t>(std::ceil(scaled_hits - 1e-9));
  const auto size = static_cast<std::size_t>(small);
  const auto bound = [&](double alpha, bool up) {
    const stats::Estimate e =
        stats::clopper_pearson(up ? high_k : low_k, size, stats::level_for(alpha));
    return up ? e.hi : e.lo;
  };
  return {hits / n, bound(r.alpha_pass, upper), bound(r.alpha_fail, !upper), std::nullopt};
}

/// The candidate's own score, or the share of items that changed sides.
QualityStatement level_statement(const stats::QualitySeries& s, bool flips,
                                 const CriterionResult& r) {
  std::vector<double> values(s.candidate.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool flipped = std::fabs(s.candidate[i] - s.baseline[i]) > 0;
    values[i] = flips ? (flipped ? 1.0 : 0.0) : s.candidate[i];
  }
  if (flips || s.binary) {
    const auto n = static_cast<double>(values.size());
    return share_statement(stats::mean_finite(values) * n, n, clustered_effect(values, s.clusters),
                           r);
  }
  return from(stats::clustered_t(values, s.clusters, stats::level_for(r.alpha_pass)),
              stats::clustered_t(values, s.clusters, stats::level_for(r.alpha_fail)),
              upper_limit(r.criterion.op), std::nullopt);
}

}  // namespace

stats::QualitySeries scored_series(const stats::Measurements& m, const std::string& score) {
  stats::QualitySeries s = stats::quality_series(m, score);
  s.dropped += half_scored(m, score);
  return s;
}

QualityStatement state_quality(const stats::QualitySeries& s, Method method,
                               const CriterionResult& r) {
  if (method != Method::quality_score)
    return level_statement(s, method == Method::quality_flips, r);
  return s.binary ? binary_statement(stats::scaled(s.counts, s.design_effect), r)
                  : continuous_statement(s, r);
}

stats::QualitySeries at_worst(stats::QualitySeries s, Op op) {
  const double candidate = upper_limit(op) ? 1 : 0;
  (upper_limit(op) ? s.counts.candidate_only : s.counts.baseline_only) +=
      static_cast<double>(s.dropped);
  std::uint32_t next =
      s.clusters.empty() ? 0 : *std::max_element(s.clusters.begin(), s.clusters.end()) + 1;
  for (std::size_t i = 0; i < s.dropped; ++i) {
    s.baseline.push_back(1 - candidate);
    s.candidate.push_back(candidate);
    s.clusters.push_back(next++);
  }
  return s;
}

}  // namespace abgate::decision
