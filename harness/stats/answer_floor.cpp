#include "stats/answer_floor.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "stats/clustered.hpp"

namespace abgate::stats {

namespace {

struct Columns {
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
    const auto clusters = number_clusters(c.clusters);
    AnswerFloor f;
    f.metric = metric;
    f.binary = c.binary;
    f.n = c.changed.size();
    f.changed = clustered_t(c.changed, clusters, level);
    f.floor = clustered_t(c.floor, clusters, level);
    f.excess = clustered_t(c.excess, clusters, level);
    f.difference = clustered_t(c.difference, clusters, level);
    f.floor_difference = clustered_t(c.floor_difference, clusters, level);
    f.unresolved = f.binary && f.floor.value && *f.floor.value > kFloorLimit;
    out.push_back(std::move(f));
  }
  return out;
}

}  // namespace abgate::stats
