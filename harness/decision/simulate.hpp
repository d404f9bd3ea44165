#pragma once
// Experiments with known truth: Measurements as a run would give them, drawn from a stated model.
// The judge is calibrated on them (calibrate.hpp) and tested with them.

#include <cstddef>

#include "core/rng.hpp"
#include "stats/measurements.hpp"

namespace abgate::decision {

/// What is true of the two servers.
struct World {
  double baseline_speed = 25;  ///< tok/s per stream, mean over runs
  double candidate_speed = 60;
  double ttft_limit = 1.0;  ///< seconds
  double baseline_beyond =
      0.005;  ///< share of requests with TTFT at or beyond the limit, over all runs
  double candidate_beyond = 0.005;
  double baseline_quality = 0.87;  ///< share of items answered right
  double quality_ratio = 1.0;      ///< candidate's share / baseline's
  double discordance =
      0.03;  ///< share of items on which the arms differ; raised where the ratio needs more
  double error_rate = 0;  ///< of the candidate's requests, quality pass included
  double baseline_memory_gb = 92.4;
  double candidate_memory_gb = 41.7;
};

/// How runs scatter around it.
struct ScatterModel {
  double block_sd =
      0.02;  ///< sd of a block's log-ratio candidate/baseline of mean speed, everything included
  double run_sd = 0.03;          ///< log scale, shared by both arms of a block (machine, hour)
  double request_sd = 0.03;      ///< log speed of a request around its run
  double autocorrelation = 0.6;  ///< AR(1) between consecutive requests, of speed and of TTFT
  double ttft_run_sd = 0.05;     ///< log TTFT, per run and arm
  double ttft_request_sd = 0.35;
  double cluster_copy =
      0.3;  ///< chance that an item repeats the outcome of its source's first item
};

/// How much is measured.
struct Design {
  std::size_t blocks = 6;
  std::size_t aa_blocks = 1;
  std::size_t requests = 100;  ///< per block and arm
  std::size_t items = 500;
  std::size_t cluster_size = 2;
};

inline constexpr const char* kSimulatedPoint = "c8";
inline constexpr const char* kSimulatedScore = "em_ws";

/// One run. Consumes `rng` only, so equal seeds give equal runs.
stats::Measurements simulate(const World& world, const ScatterModel& scatter, const Design& design,
                             Rng& rng);

/// The same, into the storage of an earlier experiment of the same design (or an empty one): the
/// result does not depend on what was in it.
void simulate(const World& world, const ScatterModel& scatter, const Design& design, Rng& rng,
              stats::Measurements& into);

}  // namespace abgate::decision
