#pragma once
// The production baseline, read from a server's own counters: the table that a comparison starts
// from.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/telemetry.hpp"

namespace abgate::observe {

/// How many of a histogram's samples lie at or below the bucket bound next above its mean.
struct WithinBound {
  double bound = 0;
  double within = 0;
  double count = 0;
};

struct Snapshot {
  std::string source;
  std::vector<std::string> models;
  ServerSample sample;
  std::vector<std::pair<std::string, double>> finish_reasons;  ///< reason to requests
  std::optional<WithinBound> ttft_within, itl_within;
  std::optional<double> e2e_mean;  ///< seconds

  std::optional<double> ttft_mean() const;     ///< seconds
  std::optional<double> tpot_mean() const;     ///< seconds between tokens, token-weighted
  std::optional<double> stream_speed() const;  ///< tok/s of one stream, 1/tpot_mean
  std::optional<double> prefix_hit_rate() const;
};

/// Throws DataError for a text that is no Prometheus text, is cut, or has no inference server's
/// metrics.
Snapshot make_snapshot(std::string_view metrics_text, const std::string& source = "metrics");

std::string to_markdown(const Snapshot& snapshot);
std::string to_json(const Snapshot& snapshot);

}  // namespace abgate::observe
