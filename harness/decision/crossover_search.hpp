#pragma once
// The load at which the candidate stops winning, from paired blocks at loads that a bracket search
// chose. Pure.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "decision/bracket_search.hpp"
#include "decision/capacity.hpp"
#include "stats/estimate.hpp"
#include "stats/measurements.hpp"
#include "stats/usl.hpp"

namespace abgate::decision {

/// Both arms at one concurrency.
struct RatioProbe {
  std::string point;
  double value = 0;  ///< streams
  ProbeAnswer answer = ProbeAnswer::undecided;  ///< holds: the candidate wins
  stats::Estimate ratio;  ///< of advantage: above 1 is better for the candidate; t on block
                          ///< log-ratios, interval at alpha a look
  std::vector<double> baseline, candidate;  ///< the metric, by block; NaN where missing
  std::size_t failed[2] = {0, 0};           ///< requests, by arm
  std::size_t attempted[2] = {0, 0};
  std::size_t unsteady = 0;  ///< cells without a steady window
  std::string why;           ///< of "cannot tell"
};

/// `threshold`: the advantage that counts as winning, 1 for any. `metric`: a catalogue id that has
/// one value a block ("throughput") or a mean over requests ("ttft"); where less is better the
/// ratio is turned round. Blocks in which an arm had no success at all lose for that arm.
RatioProbe judge_ratio_probe(std::span<const stats::BlockArm> blocks, const std::string& metric,
                             double threshold, const ProbeRules& rules);

enum class CrossoverAnswer {
  crosses,          ///< wins up to, loses from
  wins_everywhere,  ///< at both ends of the range, and nowhere seen to lose
  loses_everywhere,
  starts_winning,  ///< loses at the low end and wins at the high end
  cannot_tell,
};
std::string_view to_string(CrossoverAnswer answer);

struct CrossoverSearch {
  std::string metric = "throughput";
  double threshold = 1;
  BracketOptions range;
  ProbeRules rules;
  Bracket bracket;
  std::vector<RatioProbe> probes;  ///< in order of probing
  std::optional<stats::Crossover> fit;  ///< throughput at 3 or more loads; no part of the answer
  SearchEnd end = SearchEnd::complete;
  double end_value = 0;
  std::vector<ValidityFinding> findings;
  bool simulated = false;

  CrossoverAnswer answer() const;
};

/// Fits the Universal Scalability Law to every probe; see stats::crossover().
std::optional<stats::Crossover> fit_probes(std::span<const RatioProbe> probes, double level,
                                           std::uint64_t seed);

/// 0 answered, whichever way; 20 cannot tell; 30, 69, 130 as for SloSearch.
ExitCode exit_code(const CrossoverSearch& search);

/// "AWQ wins up to 24 streams and loses from 28 streams on".
std::string crossover_sentence(const CrossoverSearch& search, const std::string& baseline,
                               const std::string& candidate);
/// "a scalability law fitted to 8 loads crosses at 26 [24, 29]"; empty without a fit.
std::string fit_sentence(const CrossoverSearch& search);
std::string next_step(const CrossoverSearch& search);

}  // namespace abgate::decision
