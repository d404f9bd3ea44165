#pragma once
// Expands a scenario and its seeds into the deterministic list of requests. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "core/scenario.hpp"

namespace abgate::load {

/// What is dealt as one piece: a single request, or the turns of a session.
struct PromptUnit {
  std::uint32_t first = 0;  ///< position in PromptSet::prompts; the turns follow one another there
  std::uint32_t turns = 1;
  Duration at{0};  ///< trace: offset from the start of the window, in time of the trace
};

/// Units that are dealt together: a whole workload, or one traffic class of it.
struct PromptClass {
  std::string name;  ///< empty: the only one
  double weight = 1;
  std::uint32_t first = 0;  ///< position in PromptSet::units
  std::uint32_t units = 0;
  bool in_order = false;   ///< every block deals them from the first on (traces); else shuffled
  Duration think_time{0};  ///< sessions: before each further turn
};

/// Rendered prompts and what is special to each.
struct PromptSet {
  std::vector<PlannedPrompt> prompts;
  std::vector<int> max_tokens;  ///< by prompt; empty, or 0 for one: the scenario's
  std::vector<std::uint8_t> exact;  ///< by prompt: its length is forced; empty: `ignore_eos`
  bool ignore_eos = false;  ///< output lengths are forced (synthetic), whatever the scenario says
  std::vector<PromptUnit> units;     ///< empty: every prompt by itself
  std::vector<PromptClass> classes;  ///< empty: one class of all units
};

/// The units of several sets as the classes of one, in their order. REQUIRES: as many names and
/// weights as sets; each set has at most one class.
PromptSet merge_classes(std::vector<PromptSet> sets, const std::vector<WorkloadClass>& classes);

/// How many prompts the load cells of the scenario can use without sending one twice: what a
/// synthetic workload should make, and what a suite is compared with to tell the user that prompts
/// repeat. Of a trace or a ramp without a bound of its own: what falls due.
std::size_t prompts_wanted(const Scenario& scenario);

/// The plan. `Plan::prompts` holds the load prompts, then the quality prompts.
///
/// Cells: for each point and block one load cell; aa_blocks cells for the A/A noise floor at each
/// point; under cache policy `warm` prime cells that send every load prompt once; one quality cell
/// for each repeat. Load and A/A cells draw prompts from one seeded deck, so no prompt comes twice
/// before all came once. Each cell has its own seeds of schedule and prompts, shared by its arms.
/// Sessions are dealt whole: their turns stand together, all but the first marked as following.
/// A trace is replayed from its first row in every block. Classes are drawn by their weights.
///
/// Steps, block by block over all points: concurrent, both arms at once; interleaved, one after the
/// other in an order that is balanced over the blocks of a point and shuffled; swapped, all points
/// of one arm, then of the other (orders balanced as before), so that the servers change once a
/// block; recorded, baseline then candidate. A/A steps never run at once: both arms are the same
/// server. They lie between the blocks. Quality comes last.
///
/// Throws ScenarioError if a load point needs prompts and there are none, or has no bound, or an
/// open loop has no rate, or arrivals of a trace have no trace.
Plan make_plan(const Scenario& scenario, PromptSet load, PromptSet quality);

/// Hash of prompts, cells and steps, 16 hex digits: what make_plan stores in Plan::hash.
std::string plan_hash(const Plan& plan);

}  // namespace abgate::load
