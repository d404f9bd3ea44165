#include "stats/clustered.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>
#include <utility>

#include "stats/distributions.hpp"
#include "stats/moments.hpp"
#include "stats/t_blocks.hpp"

namespace abgate::stats {

namespace {

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
}

/// Sum of residuals per cluster, in order of cluster number: the order of the items cannot matter
/// beyond rounding.
std::vector<double> residual_sums(std::span<const double> values,
                                  std::span<const std::uint32_t> clusters, double mean) {
  const std::uint32_t last = *std::max_element(clusters.begin(), clusters.end());
  std::vector<double> sums;
  if (last < 4 * clusters.size()) {  // numbers as number_clusters() gives them: an array will do
    std::vector<double> by_number(std::size_t{last} + 1, 0.0);
    std::vector<bool> seen(by_number.size(), false);
    for (std::size_t i = 0; i < values.size(); ++i) {
      by_number[clusters[i]] += values[i] - mean;
      seen[clusters[i]] = true;
    }
    for (std::size_t c = 0; c < by_number.size(); ++c) {
      if (seen[c]) sums.push_back(by_number[c]);
    }
    return sums;
  }
  std::map<std::uint32_t, double> by_number;
  for (std::size_t i = 0; i < values.size(); ++i) by_number[clusters[i]] += values[i] - mean;
  for (const auto& [number, sum] : by_number) sums.push_back(sum);
  return sums;
}

std::string refusal(std::size_t values, std::span<const double> x,
                    std::span<const std::uint32_t> clusters) {
  if (values != clusters.size()) return "values and clusters differ in number";
  if (values < 2) return "fewer than 2 items";
  if (!all_finite(x)) return "a score is missing or not finite";
  return "fewer than 2 clusters";
}

void warn_few(Estimate& e, std::size_t clusters) {
  if (clusters < kFewClusters) {
    e.warnings.push_back(
        fmt::format("{} clusters: below {} the interval is too narrow", clusters, kFewClusters));
  }
}

std::vector<double> margin_values(std::span<const double> baseline,
                                  std::span<const double> candidate, double ratio) {
  std::vector<double> d(candidate.begin(), candidate.end());
  for (std::size_t i = 0; i < d.size(); ++i) d[i] -= ratio * baseline[i];
  return d;
}

}  // namespace

std::vector<std::uint32_t> number_clusters(std::span<const std::string> names) {
  std::unordered_map<std::string_view, std::uint32_t> numbers(names.size());
  std::vector<std::uint32_t> out;
  out.reserve(names.size());
  std::uint32_t next = 0;
  for (const std::string& name : names) {
    if (name.empty()) {
      out.push_back(next++);
      continue;
    }
    const auto [it, added] = numbers.emplace(name, next);
    if (added) ++next;
    out.push_back(it->second);
  }
  return out;
}

std::optional<ClusteredMean> clustered_mean(std::span<const double> values,
                                            std::span<const std::uint32_t> clusters) {
  if (values.size() != clusters.size() || values.size() < 2 || !all_finite(values))
    return std::nullopt;
  const Moments m = moments(values);
  const auto sums = residual_sums(values, clusters, m.mean());
  if (sums.size() < 2) return std::nullopt;
  double squares = 0;
  for (const double sum : sums) squares += sum * sum;
  ClusteredMean out;
  out.n = values.size();
  out.clusters = sums.size();
  const double n = static_cast<double>(out.n);
  const double g = static_cast<double>(out.clusters);
  out.mean = m.mean();
  out.se_iid = m.sd() / std::sqrt(n);
  out.se_cr0 = std::sqrt(squares) / n;
  out.se = std::sqrt(g / (g - 1)) * out.se_cr0;
  if (out.se_iid > 0) {
    out.design_effect = std::max(1.0, out.se * out.se / (out.se_iid * out.se_iid));
  }
  return out;
}

Estimate clustered_t(std::span<const double> values, std::span<const std::uint32_t> clusters,
                     double level) {
  Estimate e;
  e.level = level;
  e.n = values.size();
  const auto m = clustered_mean(values, clusters);
  if (!m) {
    e.method = "clustered t";
    e.why = refusal(values.size(), values, clusters);
    return e;
  }
  e.method = fmt::format("t on {} clusters", m->clusters);
  e.value = m->mean;
  const double half = t_quantile((1 + level) / 2, static_cast<double>(m->clusters - 1)) * m->se;
  e.lo = m->mean - half;
  e.hi = m->mean + half;
  e.n_eff = static_cast<double>(m->n) / m->design_effect;
  warn_few(e, m->clusters);
  return e;
}

Estimate clustered_margin(std::span<const double> baseline, std::span<const double> candidate,
                          std::span<const std::uint32_t> clusters, double ratio, double level) {
  if (baseline.size() != candidate.size()) {
    Estimate e;
    e.level = level;
    e.method = "clustered t";
    e.why = "the arms differ in number of items";
    return e;
  }
  return clustered_t(margin_values(baseline, candidate, ratio), clusters, level);
}

std::optional<double> clustered_margin_p(std::span<const double> baseline,
                                         std::span<const double> candidate,
                                         std::span<const std::uint32_t> clusters, double ratio) {
  if (baseline.size() != candidate.size()) return std::nullopt;
  const auto m = clustered_mean(margin_values(baseline, candidate, ratio), clusters);
  if (!m) return std::nullopt;
  if (m->se == 0) return m->mean > 0 ? 0.0 : m->mean < 0 ? 1.0 : 0.5;
  return t_cdf(-m->mean / m->se, static_cast<double>(m->clusters - 1));
}

Estimate clustered_ratio(std::span<const double> baseline, std::span<const double> candidate,
                         std::span<const std::uint32_t> clusters, double level) {
  Estimate e;
  e.level = level;
  e.method = "Fieller with clustered variances";
  e.n = candidate.size();
  const auto b = clustered_mean(baseline, clusters);
  const auto c = clustered_mean(candidate, clusters);
  if (!b || !c || b->n != c->n) {
    e.why = !b ? refusal(baseline.size(), baseline, clusters)
               : refusal(candidate.size(), candidate, clusters);
    return e;
  }
  if (!(b->mean > 0)) {
    e.why = "the baseline's mean is not above 0";
    return e;
  }
  // Cov of the means through Var(c - b) = Var c + Var b - 2 Cov.
  const auto d = clustered_mean(margin_values(baseline, candidate, 1), clusters);
  const double cov = (b->se * b->se + c->se * c->se - d->se * d->se) / 2;
  e.value = c->mean / b->mean;
  e.n_eff = static_cast<double>(d->n) / d->design_effect;
  warn_few(e, b->clusters);
  const double t = t_quantile((1 + level) / 2, static_cast<double>(b->clusters - 1));
  const auto bounds = fieller_bounds(b->mean, c->mean, b->se * b->se, c->se * c->se, cov, t);
  if (!bounds) {
    e.why = "the baseline's mean is not clearly above 0";
    return e;
  }
  e.lo = bounds->first;
  e.hi = bounds->second;
  return e;
}

Estimate clustered_total_ratio(std::span<const double> weights, std::span<const double> values,
                               std::span<const std::uint32_t> clusters, double level) {
  Estimate e;
  e.level = level;
  e.n = values.size();
  e.method = "ratio of totals, clustered t";
  double weight = 0, total = 0;
  for (const double w : weights) weight += w;
  for (const double v : values) total += v;
  if (weights.size() != values.size() || values.size() != clusters.size() || values.empty() ||
      !all_finite(values) || !all_finite(weights) || !(weight > 0)) {
    e.why = values.empty() ? "no values" : "a value is missing or not finite, or no weight is above 0";
    return e;
  }
  const double ratio = total / weight;
  e.value = ratio;
  std::vector<double> rest(values.begin(), values.end());
  for (std::size_t i = 0; i < rest.size(); ++i) rest[i] -= ratio * weights[i];
  const auto sums = residual_sums(rest, clusters, 0);
  if (sums.size() < 2) {
    e.why = "fewer than 2 clusters";
    return e;
  }
  double squares = 0;
  for (const double sum : sums) squares += sum * sum;
  const double g = static_cast<double>(sums.size());
  const double half =
      t_quantile((1 + level) / 2, g - 1) * std::sqrt(g / (g - 1) * squares) / weight;
  e.method = fmt::format("ratio of totals, t on {} clusters", sums.size());
  e.lo = ratio - half;
  e.hi = ratio + half;
  warn_few(e, sums.size());
  return e;
}

Estimate stratified_t(std::span<const Stratum> strata, double level) {
  Estimate e;
  e.level = level;
  e.method = "stratified mean with fixed weights, clustered t";
  double total = 0;
  for (const Stratum& s : strata) total += s.weight;
  if (strata.empty() || !(total > 0)) {
    e.why = "no stratum with a weight";
    return e;
  }
  double mean = 0, variance = 0, satterthwaite = 0;
  for (const Stratum& s : strata) {
    const auto m = clustered_mean(s.values, s.clusters);
    if (!m || s.weight < 0) {
      e.why =
          s.weight < 0 ? "a weight is negative" : refusal(s.values.size(), s.values, s.clusters);
      return e;
    }
    const double w = s.weight / total;
    const double part = w * w * m->se * m->se;
    e.n += m->n;
    mean += w * m->mean;
    variance += part;
    satterthwaite += part * part / static_cast<double>(m->clusters - 1);
  }
  e.value = mean;
  const double df = satterthwaite > 0 ? variance * variance / satterthwaite : 1;
  const double half = t_quantile((1 + level) / 2, df) * std::sqrt(variance);
  e.lo = mean - half;
  e.hi = mean + half;
  return e;
}

}  // namespace abgate::stats
