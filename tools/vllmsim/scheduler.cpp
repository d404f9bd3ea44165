#include "vllmsim/scheduler.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace abgate::sim {

void Scheduler::add(Sequence& sequence) {
  sequence.state = SequenceState::waiting;
  extend_hashes(sequence.hashes, sequence.tokens, cache_.block_size(), sequence.cache_salt);
  waiting_.push_back(&sequence);
}

void Scheduler::remove(Sequence& sequence) {
  if (sequence.state == SequenceState::running) std::erase(running_, &sequence);
  if (sequence.state == SequenceState::waiting) std::erase(waiting_, &sequence);
  sequence.state = SequenceState::gone;
  cache_.release(sequence.blocks);
}

Step Scheduler::schedule() {
  Step step;
  std::size_t budget = limits_.max_num_batched_tokens;
  schedule_running(step, budget);
  if (step.preempted == 0) admit_waiting(step, budget);
  return step;
}

void Scheduler::schedule_running(Step& step, std::size_t& budget) {
  for (std::size_t i = 0; i < running_.size() && budget > 0; ++i) {
    Sequence& sequence = *running_[i];
    const std::size_t count = std::min(sequence.tokens.size() - sequence.computed, budget);
    bool fits = cache_.allocate(sequence.blocks, {}, sequence.computed + count);
    while (!fits) {
      const bool itself = running_.back() == &sequence;
      preempt_last(step);
      if (itself) return;
      fits = cache_.allocate(sequence.blocks, {}, sequence.computed + count);
    }
    place(sequence, count, step, budget);
  }
}

void Scheduler::preempt_last(Step& step) {
  Sequence& victim = *running_.back();
  running_.pop_back();
  cache_.release(victim.blocks);
  victim.computed = 0;
  victim.committed = 0;
  victim.state = SequenceState::waiting;
  ++victim.preemptions;
  ++step.preempted;
  ++counters_.preemptions;
  waiting_.push_front(&victim);
}

void Scheduler::admit_waiting(Step& step, std::size_t& budget) {
  while (!waiting_.empty() && budget > 0 && running_.size() < limits_.max_num_seqs) {
    if (!admit(*waiting_.front(), step, budget)) return;
    waiting_.pop_front();
  }
}

bool Scheduler::admit(Sequence& sequence, Step& step, std::size_t& budget) {
  extend_hashes(sequence.hashes, sequence.tokens, cache_.block_size(), sequence.cache_salt);
  std::vector<BlockId> cached;
  if (sequence.read_prefix_cache) {
    cached = cache_.find_prefix(sequence.hashes, sequence.tokens.size());
  }
  const std::size_t hit = cached.size() * cache_.block_size();
  // 0.11.2 counts a request again in every step in which it does not fit; preempted ones never.
  if (sequence.read_prefix_cache && sequence.preemptions == 0) {
    counters_.prefix_queries += sequence.tokens.size();
    counters_.prefix_hits += hit;
  }
  const std::size_t count = std::min(sequence.tokens.size() - hit, budget);
  if (!cache_.allocate(sequence.blocks, cached, hit + count)) return false;
  sequence.computed = hit;
  if (!sequence.cached_tokens) sequence.cached_tokens = hit;
  sequence.state = SequenceState::running;
  running_.push_back(&sequence);
  place(sequence, count, step, budget);
  return true;
}

void Scheduler::place(Sequence& sequence, std::size_t count, Step& step, std::size_t& budget) {
  step.slices.push_back({&sequence, sequence.computed, count});
  step.tokens += count;
  budget -= count;
  extend_hashes(sequence.hashes, sequence.tokens, cache_.block_size(), sequence.cache_salt);
  cache_.commit(sequence.blocks, sequence.hashes, sequence.computed + count, sequence.committed);
}

void Scheduler::complete(const Step& step) {
  for (const Slice& slice : step.slices) {
    if (slice.sequence == nullptr) continue;
    slice.sequence->computed = slice.start + slice.count;
    ABGATE_ASSERT(slice.sequence->computed <= slice.sequence->tokens.size());
  }
}

}  // namespace abgate::sim
