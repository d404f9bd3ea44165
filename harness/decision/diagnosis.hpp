#pragma once
// Known traps and causes, recognised in the data and said in words. An explanation never changes a
// result; it says why a number is what it is and what to do about it.

#include <span>
#include <vector>

#include "decision/inputs.hpp"
#include "decision/verdict.hpp"

namespace abgate::decision {

/// Every recognised trap, first-screen ones first. Thresholds: at each rule.
std::vector<Explanation> diagnose(const Inputs& in, std::span<const CriterionResult> results);

/// Which trap has which rule (the table of traps that comparisons of quantised models fall into):
///   preallocation read as need            preallocated_memory
///   plain awq kernel, eager, fallback     plain_awq_kernel, slow_kernel, unequal_deployments
///   warm cache on one side, KV pools      cache_asymmetry, cache_not_cold
///   batch limits                          unequal_deployments, batch_cap
///   context limits                        unequal_deployments, refused_prompts
///   speculation, KV dtype, dtype, TP      unequal_deployments, merged_chunks
///   lengths differ                        length_drift
///   one side preempts                     preemption
///   card, power, heat                     unequal_hardware, throttling
///   first token is queueing               queueing
///   definitions of time per token         definitions
///   warm-up in the sample                 warm_up_measured
///   overload quoted as latency            saturated
///   client bound                          client_bound (and the gates of validity.hpp)
///   chunks counted as tokens              merged_chunks
///   slower above a concurrency            crossover
/// Not recognised: sampling defaults (every parameter is sent explicitly, so they cannot differ)
/// and a card shared with other processes (no source lists processes; A/A blocks show it).
///
/// The rules, by subject. Each appends what it recognises.
using Explanations = std::vector<Explanation>;
void explain_memory(const Inputs& in, std::span<const CriterionResult> results, Explanations& out);
void explain_kernel(const Inputs& in, Explanations& out);
void explain_facts(const Inputs& in, Explanations& out);
void explain_cache(const Inputs& in, Explanations& out);
void explain_lengths(const Inputs& in, Explanations& out);
void explain_chunks(const Inputs& in, Explanations& out);
void explain_crossover(const Inputs& in, Explanations& out);
void explain_queueing(const Inputs& in, Explanations& out);
void explain_preemption(const Inputs& in, Explanations& out);
void explain_client(const Inputs& in, Explanations& out);
void explain_thermal(const Inputs& in, Explanations& out);
void explain_load(const Inputs& in, Explanations& out);
void explain_batch_cap(const Inputs& in, Explanations& out);
void explain_definitions(const Inputs& in, Explanations& out);
void explain_refusals(const Inputs& in, Explanations& out);
void explain_hardware(const Inputs& in, Explanations& out);
void explain_quality(const Inputs& in, std::span<const CriterionResult> results, Explanations& out);

/// What CUDA graphs and the context take on top of vLLM's preallocation, in GB: the upper end seen.
inline constexpr double kGraphsGb = 2.6;
/// Largest utilisation, in steps of 0.01, at which preallocation and graphs stay below `limit_gb`;
/// 0: none.
double utilisation_below(double limit_gb, double total_gb);

}  // namespace abgate::decision
