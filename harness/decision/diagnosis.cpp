#include "decision/diagnosis.hpp"

#include <algorithm>

namespace abgate::decision {

std::vector<Explanation> diagnose(const Inputs& in, std::span<const CriterionResult> results) {
  Explanations out;
  explain_memory(in, results, out);
  explain_kernel(in, out);
  explain_facts(in, out);
  explain_cache(in, out);
  explain_lengths(in, out);
  explain_crossover(in, out);
  explain_queueing(in, out);
  explain_preemption(in, out);
  explain_client(in, out);
  explain_thermal(in, out);
  explain_chunks(in, out);
  explain_load(in, out);
  explain_batch_cap(in, out);
  explain_definitions(in, out);
  explain_refusals(in, out);
  explain_hardware(in, out);
  explain_quality(in, results, out);
  std::stable_partition(out.begin(), out.end(), [](const Explanation& e) { return e.caveat; });
  return out;
}

}  // namespace abgate::decision
