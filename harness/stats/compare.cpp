#include "stats/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/criterion.hpp"
#include "stats/binomial.hpp"
#include "stats/clustered.hpp"
#include "stats/distributions.hpp"
#include "stats/ks.hpp"
#include "stats/moments.hpp"
#include "stats/multiplicity.hpp"
#include "stats/quantile.hpp"
#include "stats/series.hpp"
#include "stats/t_blocks.hpp"

namespace abgate::stats {

namespace {

constexpr std::string_view kRequestMetrics[] = {
    "ttft", "ttft_service", "tpot", "icg_max", "e2e", "ntpot", "stream_speed", "output_tokens"};
constexpr std::string_view kBlockMetrics[] = {"throughput", "request_rate"};
constexpr std::string_view kStats[] = {"mean", "p50", "p90", "p95", "p99"};
constexpr std::string_view kAaMetrics[] = {"ttft", "tpot", "stream_speed", "e2e", "throughput"};

std::string unit_of(std::string_view metric) {
  const MetricInfo* info = find_metric(metric);
  return info == nullptr ? "" : std::string(info->unit);
}

Estimate absent(double level, const std::string& why) {
  Estimate e;
  e.level = level;
  e.why = why;
  return e;
}

MetricComparison compare_series(const BlockSeries& s, std::string_view metric,
                                std::string_view stat, std::string_view point, double level) {
  MetricComparison m;
  m.metric = metric;
  m.stat = stat;
  m.unit = unit_of(metric);
  m.point = point;
  if (!s.why.empty()) {
    m.baseline = m.candidate = m.ratio = m.difference = absent(level, s.why);
    return m;
  }
  m.baseline_blocks = s.baseline;
  m.candidate_blocks = s.candidate;
  m.baseline = t_mean(s.baseline, level);
  m.candidate = t_mean(s.candidate, level);
  m.ratio = t_log_ratio(s.baseline, s.candidate, level);
  m.difference = t_difference(s.baseline, s.candidate, level);
  return m;
}

/// A share of pooled requests (errors, SLO attainment): exact binomial per arm, no ratio.
MetricComparison compare_share(std::string_view metric, std::string_view point,
                               const Estimate& baseline, const Estimate& candidate) {
  MetricComparison m;
  m.metric = metric;
  m.stat = "mean";
  m.unit = unit_of(metric);
  m.point = point;
  m.baseline = baseline;
  m.candidate = candidate;
  m.ratio = m.difference = absent(baseline.level, "shares are compared by their own bounds");
  if (baseline.value && candidate.value) m.difference.value = *candidate.value - *baseline.value;
  return m;
}

RunCount total(const std::vector<RunCount>& runs) {
  RunCount sum;
  for (const RunCount& r : runs) {
    sum.exceeding += r.exceeding;
    sum.attempted += r.attempted;
  }
  return sum;
}

void add_shares(const Measurements& data, std::string_view point, const CompareOptions& o,
                Comparison& out) {
  const auto share = [&](const RunCount& r, bool good) {
    return clopper_pearson(good ? r.attempted - r.exceeding : r.exceeding, r.attempted, o.level);
  };
  out.metrics.push_back(compare_share("error_rate", point,
                                      share(failures(data, point, Arm::baseline), false),
                                      share(failures(data, point, Arm::candidate), false)));
  if (!o.slo.ttft && !o.slo.tpot && !o.slo.e2e) return;
  out.metrics.push_back(compare_share(
      "slo_attainment", point, share(total(missing_slo(data, o.slo, point, Arm::baseline)), true),
      share(total(missing_slo(data, o.slo, point, Arm::candidate)), true)));
}

void add_point(const Measurements& data, std::string_view point, const CompareOptions& o,
               Comparison& out) {
  const auto add = [&](std::string_view metric, std::string_view stat) {
    out.metrics.push_back(
        compare_series(block_series(data, metric, stat, point), metric, stat, point, o.level));
  };
  for (const auto metric : kRequestMetrics) {
    for (const auto stat : kStats) add(metric, stat);
  }
  for (const auto metric : kBlockMetrics) add(metric, "mean");
  add_shares(data, point, o, out);
}

/// The scores with every category's mean moved to the overall one. Which categories a suite has,
/// and how much of each, is fixed: what lies between them is no chance, and counted as chance it
/// made the intervals of a mixed suite too wide (97 % coverage for 95). Items of one source keep
/// what they have in common, also across categories.
std::vector<double> centred(const Measurements& data, const QualitySeries& s,
                            const std::vector<double>& values) {
  std::map<std::string_view, Moments> by_category;
  const auto category = [&](std::size_t i) -> std::string_view {
    return data.quality[s.pairs[i]].category;
  };
  for (std::size_t i = 0; i < values.size(); ++i) by_category[category(i)].add(values[i]);
  const double mean = mean_finite(values);
  std::vector<double> out(values);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] += mean - by_category[category(i)].mean();
  return out;
}

bool lower_is_better(const std::string& metric, const CompareOptions& o) {
  const MetricInfo* info = find_metric("quality." + metric);
  return (info != nullptr && info->better < 0) ||
         std::find(o.lower_is_better.begin(), o.lower_is_better.end(), metric) !=
             o.lower_is_better.end();
}

QualityGroup compare_group(const Measurements& data, const std::string& metric,
                           std::string_view dimension, const std::string& name,
                           const CompareOptions& o) {
  const double level = o.level;
  const QualitySeries s = quality_series(data, metric, dimension, name);
  QualityGroup g;
  g.metric = metric;
  g.dimension = dimension;
  g.name = name;
  g.n = s.baseline.size();
  g.clusters = s.cluster_count;
  g.binary = s.binary;
  if (s.binary) {
    g.both = static_cast<std::size_t>(s.counts.both);
    g.baseline_only = static_cast<std::size_t>(s.counts.baseline_only);
    g.candidate_only = static_cast<std::size_t>(s.counts.candidate_only);
    g.neither = static_cast<std::size_t>(s.counts.neither);
  }
  g.baseline =
      s.baseline.empty() ? absent(level, "no scored pairs") : arm_mean(s, s.baseline, level, centred(data, s, s.baseline));
  g.candidate =
      s.baseline.empty() ? absent(level, "no scored pairs") : arm_mean(s, s.candidate, level, centred(data, s, s.candidate));
  g.ratio = quality_ratio(s, level);
  g.difference = quality_difference(s, level);
  // One-sided p of "the candidate is worse", before adjustment.
  const auto p_above = s.binary ? tango_p_above(scaled(s.counts, s.design_effect), 0)
                                : clustered_margin_p(s.baseline, s.candidate, s.clusters, 1);
  const bool lower = lower_is_better(metric, o);
  g.p_adjusted = p_above ? (lower ? *p_above : 1 - *p_above) : kUndefined;
  return g;
}

std::vector<std::string> names_of(const Measurements& data, std::string QualityPair::*field) {
  std::vector<std::string> names;
  for (const QualityPair& pair : data.quality) names.push_back(pair.*field);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::erase(names, "");
  return names;
}

void flag(std::span<QualityGroup> groups, double alpha) {
  std::vector<double> p;
  for (const QualityGroup& g : groups) {
    if (g.dimension != "all") p.push_back(g.p_adjusted);
  }
  const std::vector<double> adjusted = holm(p);
  std::size_t i = 0;
  for (QualityGroup& g : groups) {
    if (g.dimension != "all") g.p_adjusted = adjusted[i++];
    if (std::isnan(g.p_adjusted)) g.p_adjusted = 1;
    g.flagged = g.p_adjusted < alpha;
  }
}

void add_quality(const Measurements& data, const CompareOptions& o, Comparison& out) {
  for (const std::string& metric : quality_metrics(data)) {
    const std::size_t first = out.quality.size();
    out.quality.push_back(compare_group(data, metric, "all", "", o));
    for (const std::string& name : names_of(data, &QualityPair::category)) {
      out.quality.push_back(compare_group(data, metric, "category", name, o));
    }
    for (const std::string& name : names_of(data, &QualityPair::language)) {
      out.quality.push_back(compare_group(data, metric, "language", name, o));
    }
    flag(std::span(out.quality).subspan(first), o.holm_alpha);
  }
}

void add_ks(const std::vector<double>& baseline, const std::vector<double>& candidate,
            LengthDrift& d) {
  if (const auto ks = ks_two_sample(baseline, candidate)) {
    d.ks_statistic = ks->statistic;
    d.ks_p = ks->p;
  }
}

void add_lengths(const Measurements& data, std::string_view point, double level, Comparison& out) {
  LengthDrift d;
  d.point = point;
  const BlockSeries s = block_series(data, "output_tokens", "mean", point);
  d.ratio = t_log_ratio(s.baseline, s.candidate, level);
  std::vector<double> lengths[kArmCount];
  for (const BlockArm& b : data.blocks) {
    if (b.kind != CellKind::load || b.point != point) continue;
    const auto values = request_values(b, "output_tokens", false);
    auto& arm = lengths[index_of(b.arm)];
    arm.insert(arm.end(), values.begin(), values.end());
  }
  add_ks(lengths[0], lengths[1], d);
  out.lengths.push_back(std::move(d));
}

/// Lengths of the quality pass, where answers stop naturally; pairs by item, clustered.
void add_quality_lengths(const Measurements& data, double level, Comparison& out) {
  std::map<std::string, std::pair<double, double>> sums[2];
  std::map<std::string, std::string> clusters;
  for (const ItemScore& a : data.answers) {
    if (!a.answered || a.arm == Arm::control || !(a.output_tokens > 0)) continue;
    auto& [sum, n] = sums[index_of(a.arm)][a.item];
    sum += a.output_tokens;
    n += 1;
    clusters[a.item] = a.cluster;
  }
  std::vector<double> values[2];
  std::vector<std::string> names;
  for (const auto& [item, b] : sums[0]) {
    const auto c = sums[1].find(item);
    if (c == sums[1].end()) continue;
    values[0].push_back(b.first / b.second);
    values[1].push_back(c->second.first / c->second.second);
    names.push_back(clusters[item]);
  }
  if (names.empty()) return;
  LengthDrift d;
  d.point = "quality";
  d.ratio = clustered_ratio(values[0], values[1], number_clusters(names), level);
  add_ks(values[0], values[1], d);
  out.lengths.push_back(std::move(d));
}

std::vector<double> finite_log_ratios(const BlockSeries& s) {
  std::vector<double> out;
  for (std::size_t i = 0; i < s.blocks.size(); ++i) {
    const double d = std::log(s.candidate[i] / s.baseline[i]);
    if (std::isfinite(d)) out.push_back(d);
  }
  return out;
}

}  // namespace

Estimate aa_ratio(const Measurements& data, std::string_view metric, std::string_view stat,
                  std::string_view point, double level) {
  Estimate e;
  e.level = level;
  const auto aa = finite_log_ratios(block_series(data, metric, stat, point, CellKind::aa));
  const auto ab = finite_log_ratios(block_series(data, metric, stat, point));
  e.n = aa.size();
  if (aa.empty()) {
    e.why = "no A/A block";
    return e;
  }
  const Moments m = moments(aa);
  const Moments noise = moments(ab);
  const double df = static_cast<double>((aa.size() - 1) + (ab.empty() ? 0 : ab.size() - 1));
  e.value = std::exp(m.mean());
  e.method = fmt::format("t on {} A/A log-ratios, noise pooled with {} candidate blocks", aa.size(),
                         ab.size());
  if (df < 1) {
    e.why = "one A/A block and no other blocks: no spread to judge it by";
    return e;
  }
  const double squares =
      (m.n() > 1 ? m.variance() * static_cast<double>(m.n() - 1) : 0) +
      (noise.n() > 1 ? noise.variance() * static_cast<double>(noise.n() - 1) : 0);
  const double half =
      t_quantile((1 + level) / 2, df) * std::sqrt(squares / df / static_cast<double>(aa.size()));
  e.lo = std::exp(m.mean() - half);
  e.hi = std::exp(m.mean() + half);
  return e;
}

Comparison compare(const Measurements& data, const CompareOptions& options) {
  Comparison out;
  for (const std::string& point : points(data)) {
    add_point(data, point, options, out);
    add_lengths(data, point, options.level, out);
    for (const auto metric : kAaMetrics) {
      AaComparison aa;
      aa.metric = metric;
      aa.point = point;
      aa.ratio = aa_ratio(data, metric, "mean", point, options.level);
      if (aa.ratio.value) out.aa.push_back(std::move(aa));
    }
  }
  add_quality(data, options, out);
  add_quality_lengths(data, options.level, out);
  out.floor = answer_floor(data, options.level);
  out.rates = answer_rates(data.answers, options.level);
  out.likelihood = summarise_likelihood(data.likelihood, options.level);
  return out;
}

const MetricComparison* Comparison::find(std::string_view metric, std::string_view stat,
                                         std::string_view point) const {
  const auto it = std::find_if(metrics.begin(), metrics.end(), [&](const MetricComparison& m) {
    return m.metric == metric && m.stat == stat && m.point == point;
  });
  return it == metrics.end() ? nullptr : &*it;
}

}  // namespace abgate::stats
