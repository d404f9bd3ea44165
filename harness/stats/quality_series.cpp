// Pairs of quality scores and the statements made of them.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "stats/binomial.hpp"
#include "stats/clustered.hpp"
#include "stats/moments.hpp"
#include "stats/series.hpp"

namespace abgate::stats {

namespace {

bool in_group(const QualityPair& pair, std::string_view dimension, std::string_view name) {
  if (dimension == "category") return pair.category == name;
  if (dimension == "language") return pair.language == name;
  return dimension == "all";
}

bool is_binary(double x) {
  return x == 0 || x == 1;
}

void count(QualitySeries& s) {
  for (std::size_t i = 0; i < s.baseline.size(); ++i) {
    const bool b = s.baseline[i] == 1;
    const bool c = s.candidate[i] == 1;
    (b && c ? s.counts.both
     : b    ? s.counts.baseline_only
     : c    ? s.counts.candidate_only
            : s.counts.neither) += 1;
  }
}

void add_clusters(const Measurements& data, QualitySeries& s) {
  std::vector<std::string> names;
  names.reserve(s.pairs.size());
  for (const std::size_t i : s.pairs) names.push_back(data.quality[i].cluster);
  s.clusters = number_clusters(names);
  // Numbered from 0 without gaps.
  const auto last = std::max_element(s.clusters.begin(), s.clusters.end());
  s.cluster_count = last == s.clusters.end() ? 0 : std::size_t{*last} + 1;
  std::vector<double> difference(s.candidate);
  for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= s.baseline[i];
  if (const auto m = clustered_mean(difference, s.clusters)) s.design_effect = m->design_effect;
}

/// Effective sample size and the warnings that every quality statement carries.
void finish(const QualitySeries& s, Estimate& e) {
  const double n = static_cast<double>(s.baseline.size());
  e.n = s.baseline.size();
  e.n_eff = n / s.design_effect;
  if (s.dropped > 0)
    e.warnings.push_back(fmt::format("{} pairs dropped: an arm did not answer", s.dropped));
  if (!s.binary || s.cluster_count >= kFewClusters) return;
  e.warnings.push_back(fmt::format("{} clusters: below {} the interval is too narrow",
                                   s.cluster_count, kFewClusters));
}

Estimate empty(double level) {
  Estimate e;
  e.level = level;
  e.why = "no scored pairs";
  return e;
}

}  // namespace

QualitySeries quality_series(const Measurements& data, std::string_view metric,
                             std::string_view dimension, std::string_view name) {
  QualitySeries s;
  s.binary = true;
  const std::string key(metric);
  s.pairs.reserve(data.quality.size());
  s.baseline.reserve(data.quality.size());
  s.candidate.reserve(data.quality.size());
  for (std::size_t i = 0; i < data.quality.size(); ++i) {
    const QualityPair& pair = data.quality[i];
    if (!in_group(pair, dimension, name)) continue;
    const auto b = pair.baseline.find(key);
    const auto c = pair.candidate.find(key);
    if (pair.dropped) ++s.dropped;
    if (pair.dropped || b == pair.baseline.end() || c == pair.candidate.end()) continue;
    s.pairs.push_back(i);
    s.baseline.push_back(b->second);
    s.candidate.push_back(c->second);
    s.binary = s.binary && is_binary(b->second) && is_binary(c->second);
  }
  s.binary = s.binary && !s.pairs.empty();
  if (s.binary) count(s);
  add_clusters(data, s);
  return s;
}

std::vector<std::string> quality_metrics(const Measurements& data) {
  std::set<std::string> names;
  for (const QualityPair& pair : data.quality) {
    for (const auto& [metric, score] : pair.baseline) names.insert(metric);
  }
  return {names.begin(), names.end()};
}

Estimate flip_rate(const Measurements& data, std::string_view metric, Arm other, double level) {
  std::size_t n = 0, flips = 0;
  for (const QualityPair& pair : data.quality) {
    const auto& scores = other == Arm::control ? pair.control : pair.candidate;
    const auto b = pair.baseline.find(std::string(metric));
    const auto o = scores.find(std::string(metric));
    if (b == pair.baseline.end() || o == scores.end()) continue;
    ++n;
    flips += b->second != o->second ? 1U : 0U;
  }
  return clopper_pearson(flips, n, level);
}

Estimate degenerate_rate(const Measurements& data, Arm arm, double level) {
  // A length limit or an echoed suffix is reported, but is no sign of a broken model by itself.
  const auto degenerate = [](const std::string& f) {
    return f != "hit_length" && f != "suffix_echo";
  };
  std::size_t n = 0, bad = 0;
  for (const ItemScore& s : data.answers) {
    if (s.arm != arm || !s.answered) continue;
    ++n;
    bad += std::any_of(s.flags.begin(), s.flags.end(), degenerate) ? 1U : 0U;
  }
  return clopper_pearson(bad, n, level);
}

Estimate quality_ratio(const QualitySeries& s, double level) {
  if (s.baseline.empty()) return empty(level);
  Estimate e = s.binary ? tang_ratio(scaled(s.counts, s.design_effect), level)
                        : clustered_ratio(s.baseline, s.candidate, s.clusters, level);
  finish(s, e);
  return e;
}

Estimate quality_difference(const QualitySeries& s, double level) {
  if (s.baseline.empty()) return empty(level);
  Estimate e = s.binary ? tango_difference(scaled(s.counts, s.design_effect), level)
                        : clustered_margin(s.baseline, s.candidate, s.clusters, 1, level);
  finish(s, e);
  return e;
}

Estimate arm_mean(const QualitySeries& s, const std::vector<double>& values, double level) {
  return arm_mean(s, values, level, values);
}

Estimate arm_mean(const QualitySeries& s, const std::vector<double>& values, double level,
                  const std::vector<double>& spread) {
  if (!s.binary) return clustered_t(spread, s.clusters, level);
  const auto raw = clustered_mean(values, s.clusters);
  const auto own = clustered_mean(spread, s.clusters);
  const double iid = raw ? raw->se_iid * raw->se_iid : 0;
  const double effect = own && iid > 0 ? std::max(1.0, own->se * own->se / iid) : 1;
  const double n = std::max(1.0, std::round(static_cast<double>(values.size()) / effect));
  const double p = mean_finite(values);
  Estimate e =
      wilson(static_cast<std::size_t>(std::llround(p * n)), static_cast<std::size_t>(n), level);
  e.value = p;
  e.n = values.size();
  e.n_eff = n;
  return e;
}

}  // namespace abgate::stats
