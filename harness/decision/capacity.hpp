#pragma once
// Capacity at the objectives: the highest load at which the declared share of requests meets every
// objective of the scenario's `slo`. What a probe of one arm at one load has shown, and what the
// brackets of two arms say about their ratio. Pure.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/arm.hpp"
#include "core/scenario.hpp"
#include "decision/bracket_search.hpp"
#include "decision/verdict.hpp"
#include "stats/measurements.hpp"

namespace abgate::decision {

enum class Axis { rate, concurrency };
std::string_view to_string(Axis axis);
/// "2.83 req/s", "12 streams".
std::string load_words(Axis axis, double value);

/// How much evidence an answer needs, and how much is asked for at most.
struct ProbeRules {
  double alpha = 0.05;           ///< one-sided error of "holds" and of "does not hold", all looks
  std::size_t first_blocks = 2;  ///< blocks before the first look; doubled where it does not decide
  std::size_t max_blocks = 8;
  /// Looks at 2, 4, 8, … blocks; each is made at alpha over their number.
  std::size_t looks() const;
  double alpha_a_look() const { return alpha / static_cast<double>(looks()); }
};

/// Requests that meet everything without a miss and that the first look needs to say "holds":
/// attainment^n <= alpha a look. 80 for 95 % and three looks.
std::size_t requests_to_hold(double attainment, const ProbeRules& rules);

/// One arm at one load. Shares are of attempted requests: a failed one met nothing.
struct SloProbe {
  Arm arm = Arm::baseline;
  std::string point;  ///< folder of its raw records below raw/
  double value = 0;   ///< requests per second, or streams
  ProbeAnswer answer = ProbeAnswer::undecided;
  std::string why;  ///< of an answer other than "holds"; one clause
  std::size_t blocks = 0, attempted = 0, met = 0, failed = 0;
  std::size_t settling = 0;       ///< open loop: sent first, to a server not yet under load; no part
  std::optional<double> lo, hi;   ///< attainment, one-sided bounds at alpha a look
  std::optional<double> met_ttft, met_tpot, met_e2e;  ///< by objective; absent where there is none
  /// The quantile of the latencies at the attainment asked for (p95 for 95 %), failures as
  /// infinite; seconds. Absent where it is infinite.
  std::optional<double> ttft, tpot, e2e;
  std::optional<double> served;  ///< completed requests per second, mean of the blocks
  bool growing = false;          ///< open loop: more and more requests in flight until the end

  double attainment() const;
  /// "TTFT", "TPOT", "failures", …: what most requests missed; empty where none missed.
  std::string missed_most() const;
};

/// Judges the blocks of one probe, all that were run so far. "holds" and "does not hold" are
/// stats::exceedance (exact binomial on all requests, and t over the blocks where they differ) at
/// alpha a look; a probe in which the number of requests in flight kept growing never holds.
SloProbe judge_slo_probe(std::span<const stats::BlockArm> blocks, const Slo& slo,
                         const ProbeRules& rules);

/// Open loop: without the requests that started before the first answers were complete (within one
/// median end-to-end time, at most half the block), because they met an emptier server. Closed
/// loops come back as they are.
stats::BlockArm settled(const stats::BlockArm& block);

/// Mean requests in flight in the middle and in the last third of the time in which requests
/// arrived.
struct InFlight {
  double middle = 0, last = 0;
};
InFlight in_flight_of(const stats::BlockArm& block);

/// What the search found about one arm.
struct ArmCapacity {
  Arm arm = Arm::baseline;
  Bracket bracket;
  std::vector<SloProbe> probes;  ///< in order of probing
  std::string limit;             ///< what requests missed at the lowest load that failed
};

/// An interval of positive numbers; an end that is not known is absent.
struct OpenInterval {
  std::optional<double> lo, hi;
};
/// candidate / baseline from the brackets alone: [held_c / failed_b, failed_c / held_b].
OpenInterval capacity_ratio(const Bracket& baseline, const Bracket& candidate);

/// Why a search ended before it had its answer.
enum class SearchEnd {
  complete,
  client_limited,
  interrupted,
  gone,     ///< an endpoint cannot be reached any more
  changed,  ///< a deployment is not the one that it was at the beginning
};
/// Of a search that ended early; nullopt: complete, its answer decides.
std::optional<ExitCode> exit_code(SearchEnd end);
/// What to do about it; nullopt: complete. `findings`: why the client was the limit, what changed.
std::optional<std::string> next_step(SearchEnd end, const std::vector<ValidityFinding>& findings);

struct SloSearch {
  Axis axis = Axis::rate;
  Slo slo;
  BracketOptions range;
  ProbeRules rules;
  std::vector<ArmCapacity> arms;  ///< those searched, baseline first
  SearchEnd end = SearchEnd::complete;
  double end_value = 0;                   ///< load at which it ended early
  Arm end_arm = Arm::baseline;
  std::vector<ValidityFinding> findings;  ///< why the client was the limit, what changed
  bool simulated = false;

  const ArmCapacity* find(Arm arm) const;
  /// Every arm has a load that held and one that failed, without contradictions between. The
  /// bracket may be wider than asked: see precise().
  bool found() const;
  bool precise() const;
};

/// 0 found, 20 not found within the range or the evidence, 30 the client was the limit, 69 an
/// endpoint is gone, 130 interrupted.
ExitCode exit_code(const SloSearch& search);

/// "FP16 holds the objectives up to 2.83 req/s and no longer at 2.97 req/s". One sentence an arm.
std::string capacity_sentence(const SloSearch& search, const ArmCapacity& arm,
                              const std::string& label);
/// "AWQ carries 1.9 to 2.1 times the load of FP16"; empty where nothing can be said.
std::string ratio_sentence(const SloSearch& search, const std::string& baseline,
                           const std::string& candidate);
/// What to do where the search did not find, or not precisely; empty where it did.
std::string next_step(const SloSearch& search);
/// "95 % of requests with TTFT at most 1 s and TPOT at most 50 ms".
std::string objective_words(const Slo& slo);

/// Rules of validity that void a block because of this machine, not the server.
std::vector<ValidityFinding> client_findings(const Scenario& scenario,
                                             std::span<const stats::BlockArm> blocks);

}  // namespace abgate::decision
