#pragma once
// Expands a scenario and its seeds into the deterministic list of requests. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "core/scenario.hpp"

namespace abgate::load {

/// Rendered prompts and what is special to each.
struct PromptSet {
  std::vector<PlannedPrompt> prompts;
  std::vector<int> max_tokens;  ///< by prompt; empty, or 0 for one: the scenario's
  bool ignore_eos = false;  ///< output lengths are forced (synthetic), whatever the scenario says
};

/// How many prompts the load cells of the scenario can use without sending one twice: what a
/// synthetic workload should make, and what a suite is compared with to tell the user that prompts
/// repeat.
std::size_t prompts_wanted(const Scenario& scenario);

/// The plan. `Plan::prompts` holds the load prompts, then the quality prompts.
///
/// Cells: for each point and block one load cell; aa_blocks cells for the A/A noise floor at each
/// point; under cache policy `warm` prime cells that send every load prompt once; one quality cell
/// for each repeat. Load and A/A cells draw prompts from one seeded deck, so no prompt comes twice
/// before all came once. Each cell has its own seeds of schedule and prompts, shared by its arms.
///
/// Steps, block by block over all points: concurrent, both arms at once; interleaved, one after the
/// other in an order that is balanced over the blocks of a point and shuffled; swapped, all points
/// of one arm, then of the other (orders balanced as before), so that the servers change once a
/// block; recorded, baseline then candidate. A/A steps never run at once: both arms are the same
/// server. They lie between the blocks. Quality comes last.
///
/// Throws ScenarioError if a load point needs prompts and there are none, or has neither requests
/// nor duration, or an open loop has no rate.
Plan make_plan(const Scenario& scenario, PromptSet load, PromptSet quality);

/// Hash of prompts, cells and steps, 16 hex digits: what make_plan stores in Plan::hash.
std::string plan_hash(const Plan& plan);

}  // namespace abgate::load
