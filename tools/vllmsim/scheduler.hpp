#pragma once
// Iteration-level scheduling as vLLM V1 does it (vllm/v1/core/sched/scheduler.py): running requests
// first, then waiting ones first come first served, within a token budget; prompts in chunks;
// preemption by recompute of the request that came last. Pure: it knows no time.

#include <cstddef>
#include <deque>
#include <vector>

#include "vllmsim/kv_cache.hpp"
#include "vllmsim/sequence.hpp"

namespace abgate::sim {

/// What one step computes for one sequence.
struct Slice {
  Sequence* sequence = nullptr;  ///< null once it was removed while the step ran
  std::size_t start = 0;         ///< tokens computed before
  std::size_t count = 0;
};

struct Step {
  std::vector<Slice> slices;
  std::size_t tokens = 0;
  std::size_t preempted = 0;
};

struct SchedulerLimits {
  std::size_t max_num_seqs = 512;
  std::size_t max_num_batched_tokens = 8192;
};

/// Cumulative, in tokens where it says so.
struct SchedulerCounters {
  std::uint64_t prefix_queries = 0;  ///< tokens looked up
  std::uint64_t prefix_hits = 0;     ///< tokens found
  std::uint64_t preemptions = 0;
};

/// Holds pointers to the sequences between `add` and `remove`. Not thread-safe.
class Scheduler {
 public:
  Scheduler(SchedulerLimits limits, KvCache& cache) : limits_(limits), cache_(cache) {}

  void add(Sequence& sequence);
  /// Finished or aborted: its blocks are free at once.
  void remove(Sequence& sequence);
  /// The next step; no slices if there is nothing to do or nothing fits.
  Step schedule();
  /// The step was computed. A slice's sequence has then computed all its tokens or waits for more.
  static void complete(const Step& step);

  std::size_t running() const { return running_.size(); }
  std::size_t waiting() const { return waiting_.size(); }
  const SchedulerCounters& counters() const { return counters_; }

 private:
  void schedule_running(Step& step, std::size_t& budget);
  void admit_waiting(Step& step, std::size_t& budget);
  bool admit(Sequence& sequence, Step& step, std::size_t& budget);
  void preempt_last(Step& step);
  void place(Sequence& sequence, std::size_t count, Step& step, std::size_t& budget);

  SchedulerLimits limits_;
  KvCache& cache_;
  std::vector<Sequence*> running_;
  std::deque<Sequence*> waiting_;
  SchedulerCounters counters_;
};

}  // namespace abgate::sim
