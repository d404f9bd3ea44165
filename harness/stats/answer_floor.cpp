#include "stats/answer_floor.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "stats/clustered.hpp"
#include "stats/series.hpp"

namespace abgate::stats {

namespace {

struct Columns {
  std::vector<double> baseline, candidate, control;
  std::vector<double> changed, floor, excess, difference, floor_difference;
  std::vector<std::string> clusters;
  bool binary = true;
};

bool is_binary(double x) {
  return x == 0 || x == 1;
}

Columns columns_of(const Measurements& data, const std::string& metric) {
  Columns c;
  for (const QualityPair& pair : data.quality) {
    const auto a = pair.baseline.find(metric), b = pair.candidate.find(metric),
               again = pair.control.find(metric);
    if (pair.dropped || a == pair.baseline.end() || b == pair.candidate.end() ||
        again == pair.control.end())
      continue;
    const double ab = b->second - a->second, aa = again->second - a->second;
    c.baseline.push_back(a->second);
    c.candidate.push_back(b->second);
    c.control.push_back(again->second);
    c.changed.push_back(std::fabs(ab));
    c.floor.push_back(std::fabs(aa));
    c.excess.push_back(std::fabs(ab) - std::fabs(aa));
    c.difference.push_back(ab);
    c.floor_difference.push_back(aa);
    c.clusters.push_back(pair.cluster);
    c.binary = c.binary && is_binary(a->second) && is_binary(b->second) && is_binary(again->second);
  }
  return c;
}

/// Two columns of 0/1 as a series of pairs, for the score tests: a t interval of a column of zeros
/// would have no width, as if never were proven.
QualitySeries pairs_of(const std::vector<double>& first, const std::vector<double>& second,
                       const std::vector<std::string>& clusters) {
  Measurements m;
  m.quality.resize(first.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    m.quality[i].cluster = clusters[i];
    m.quality[i].baseline["x"] = first[i];
    m.quality[i].candidate["x"] = second[i];
  }
  return quality_series(m, "x");
}

void fill_binary(const Columns& c, double level, AnswerFloor& f) {
  const QualitySeries flips = pairs_of(c.floor, c.changed, c.clusters);
  f.changed = arm_mean(flips, flips.candidate, level);
  f.floor = arm_mean(flips, flips.baseline, level);
  f.excess = quality_difference(flips, level);
  f.difference = quality_difference(pairs_of(c.baseline, c.candidate, c.clusters), level);
  f.floor_difference = quality_difference(pairs_of(c.baseline, c.control, c.clusters), level);
}

void fill_continuous(const Columns& c, double level, AnswerFloor& f) {
  const auto clusters = number_clusters(c.clusters);
  f.changed = clustered_t(c.changed, clusters, level);
  f.floor = clustered_t(c.floor, clusters, level);
  f.excess = clustered_t(c.excess, clusters, level);
  f.difference = clustered_t(c.difference, clusters, level);
  f.floor_difference = clustered_t(c.floor_difference, clusters, level);
}

}  // namespace

std::vector<AnswerFloor> answer_floor(const Measurements& data, double level) {
  std::set<std::string> metrics;
  for (const QualityPair& pair : data.quality) {
    for (const auto& [metric, score] : pair.control) metrics.insert(metric);
  }
  std::vector<AnswerFloor> out;
  for (const std::string& metric : metrics) {
    const Columns c = columns_of(data, metric);
    if (c.changed.empty()) continue;
    AnswerFloor f;
    f.metric = metric;
    f.binary = c.binary;
    f.n = c.changed.size();
    if (f.binary) {
      fill_binary(c, level, f);
    } else {
      fill_continuous(c, level, f);
    }
    f.unresolved = f.binary && f.floor.value && *f.floor.value > kFloorLimit;
    out.push_back(std::move(f));
  }
  return out;
}

}  // namespace abgate::stats
