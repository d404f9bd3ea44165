#include "vllmsim/scheduler.hpp"

#include <deque>
#include <numeric>

#include "catch.hpp"
#include "core/rng.hpp"

using namespace abgate::sim;

namespace {

/// A scheduler with its cache, and sequences that generate when their prompt is computed.
struct Bench {
  explicit Bench(std::size_t blocks = 1000, SchedulerLimits limits = {})
      : cache(blocks + 1, 16, true), scheduler(limits, cache) {}

  Sequence& add(std::size_t prompt, TokenId from = -1) {
    Sequence& sequence = all.emplace_back();
    sequence.tokens.resize(prompt);
    const TokenId first = from >= 0 ? from : static_cast<TokenId>(all.size() * 10000);
    std::iota(sequence.tokens.begin(), sequence.tokens.end(), first);
    sequence.prompt_tokens = prompt;
    scheduler.add(sequence);
    return sequence;
  }
  /// One step; every sequence that computed all its tokens gets one more.
  Step step() {
    Step done = scheduler.schedule();
    Scheduler::complete(done);
    for (const Slice& slice : done.slices) {
      Sequence& sequence = *slice.sequence;
      if (sequence.computed == sequence.tokens.size()) {
        sequence.tokens.push_back(1);
        ++sequence.generated;
      }
    }
    return done;
  }

  KvCache cache;
  Scheduler scheduler;
  std::deque<Sequence> all;
};

std::vector<std::size_t> counts(const Step& step) {
  std::vector<std::size_t> out;
  for (const Slice& slice : step.slices) out.push_back(slice.count);
  return out;
}

using Counts = std::vector<std::size_t>;

}  // namespace

TEST_CASE("a prompt is computed in one step and then one token a step") {
  Bench bench;
  Sequence& one = bench.add(100);
  REQUIRE(counts(bench.step()) == Counts{100});
  REQUIRE(one.generated == 1);
  REQUIRE(counts(bench.step()) == Counts{1});
  REQUIRE(counts(bench.step()) == Counts{1});
  REQUIRE(one.generated == 3);
}

TEST_CASE("long prompts are cut into chunks and give no token before the last") {
  Bench bench(2000, {16, 8192});
  Sequence& one = bench.add(20000);
  REQUIRE(counts(bench.step()) == Counts{8192});
  REQUIRE(counts(bench.step()) == Counts{8192});
  REQUIRE(one.generated == 0);
  REQUIRE(counts(bench.step()) == Counts{3616});
  REQUIRE(one.generated == 1);
}

TEST_CASE("running requests come first and the rest of the budget goes to waiting ones in order") {
  Bench bench(1000, {16, 100});
  bench.add(10);
  bench.step();
  bench.add(60);
  bench.add(60);
  REQUIRE(counts(bench.step()) == Counts{1, 60, 39});
  REQUIRE(counts(bench.step()) == Counts{1, 1, 21});
  REQUIRE(counts(bench.step()) == Counts{1, 1, 1});
}

TEST_CASE("no more than max_num_seqs run") {
  Bench bench(1000, {2, 8192});
  Sequence& first = bench.add(10);
  bench.add(10);
  Sequence& third = bench.add(10);
  REQUIRE(counts(bench.step()) == Counts{10, 10});
  REQUIRE(bench.scheduler.waiting() == 1);
  bench.scheduler.remove(first);
  REQUIRE(counts(bench.step()) == Counts{1, 10});
  REQUIRE(third.generated == 1);
}

TEST_CASE("a repeated prompt computes only what the cache lacks, at least its last token") {
  Bench bench;
  Sequence& first = bench.add(320, 5);
  bench.step();
  Sequence& second = bench.add(320, 5);
  REQUIRE(counts(bench.step()) == Counts{1, 16});
  REQUIRE(first.cached_tokens == 0);
  REQUIRE(second.cached_tokens == 304);
  REQUIRE(bench.scheduler.counters().prefix_queries == 640);
  REQUIRE(bench.scheduler.counters().prefix_hits == 304);
}

TEST_CASE("blocks are found from the moment they are scheduled, within one step too") {
  Bench bench;
  bench.add(320, 5);
  bench.add(320, 5);
  REQUIRE(counts(bench.step()) == Counts{320, 16});
}

TEST_CASE("requests for prompt log-probabilities neither read the cache nor count") {
  Bench bench;
  bench.add(320, 5);
  bench.step();
  Sequence& scored = bench.add(320, 5);
  scored.read_prefix_cache = false;
  REQUIRE(counts(bench.step()) == Counts{1, 320});
  REQUIRE(bench.scheduler.counters().prefix_queries == 320);
}

TEST_CASE("when blocks run out the last request is preempted, computed again and loses no token") {
  Bench bench(8);  // 128 tokens
  Sequence& a = bench.add(60);
  Sequence& b = bench.add(60);
  bench.step();
  while (b.preemptions == 0) bench.step();
  REQUIRE(a.preemptions == 0);
  REQUIRE(bench.scheduler.running() == 1);
  REQUIRE(bench.scheduler.waiting() == 1);
  REQUIRE(bench.scheduler.counters().preemptions == 1);
  const std::size_t had = b.generated;
  REQUIRE(had > 0);
  bench.scheduler.remove(a);
  bench.step();
  REQUIRE(b.generated == had + 1);
  REQUIRE(b.tokens.size() == 60 + had + 1);
}

TEST_CASE("nothing is admitted in a step that preempts") {
  Bench bench(8);
  bench.add(60);
  bench.add(60);
  bench.step();
  bench.add(5);
  for (int i = 0; i < 40; ++i) {
    const Step step = bench.step();
    if (step.preempted == 0) continue;
    REQUIRE(step.slices.size() == 1);
    return;
  }
  FAIL("never preempted");
}

TEST_CASE("a preempted request goes to the front and is not counted as a query again") {
  Bench bench(8);
  bench.add(60);
  Sequence& b = bench.add(60);
  bench.step();
  while (b.preemptions == 0) bench.step();
  const auto queries = bench.scheduler.counters().prefix_queries;
  bench.add(8);
  bench.scheduler.remove(bench.all[0]);
  const Step step = bench.step();
  REQUIRE(step.slices[0].sequence == &b);
  REQUIRE(bench.scheduler.counters().prefix_queries == queries + 8);
}

TEST_CASE("a waiting request that does not fit is counted in every step, as in 0.11.2") {
  Bench bench(8);
  bench.add(100);
  bench.step();
  bench.add(64);
  bench.step();
  bench.step();
  REQUIRE(bench.scheduler.counters().prefix_queries == 100 + 2 * 64);
}

TEST_CASE("removing requests in any state gives all blocks back") {
  Bench bench(100, {2, 64});
  for (int i = 0; i < 5; ++i) bench.add(50);
  bench.step();
  for (Sequence& sequence : bench.all) bench.scheduler.remove(sequence);
  REQUIRE(bench.cache.free_blocks() == 100);
  REQUIRE(bench.scheduler.running() + bench.scheduler.waiting() == 0);
  REQUIRE(bench.step().slices.empty());
}

TEST_CASE("under pressure every request still ends with all its tokens") {
  Bench bench(40, {8, 256});
  abgate::Rng rng(3);
  for (int i = 0; i < 30; ++i)
    bench.add(20 + rng.below(200), static_cast<TokenId>(rng.below(3) * 5000));
  std::size_t done = 0;
  for (int i = 0; i < 20000 && done < 30; ++i) {
    bench.step();
    done = 0;
    for (Sequence& sequence : bench.all) {
      if (sequence.generated >= 100) bench.scheduler.remove(sequence);
      done += sequence.generated >= 100 ? 1 : 0;
    }
  }
  REQUIRE(done == 30);
  REQUIRE(bench.scheduler.counters().preemptions > 0);
  REQUIRE(bench.cache.free_blocks() == 40);
}
