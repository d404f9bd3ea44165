#pragma once
// The two engines behind engine.hpp; for their own sources and for tests.

#include <cstdint>
#include <optional>
#include <queue>
#include <unordered_map>
#include <vector>

#include "vllmsim/engine.hpp"

namespace abgate::sim {

/// Iteration-level: one step at a time, all running sequences in it.
class ModelEngine : public Engine {
 public:
  ModelEngine(const Profile& profile, std::uint64_t seed);

  void submit(Sequence& sequence, TimePoint now) override;
  void remove(Sequence& sequence) override;
  std::optional<TimePoint> next_wake() const override;
  void advance(TimePoint now, EngineSink& sink) override;
  EngineState state() const override;
  bool reset_prefix_cache() override;

 private:
  Duration draw_step_time();
  void begin_step(TimePoint at);
  void end_step(TimePoint now, EngineSink& sink);

  const Profile& profile_;
  Rng rng_;
  KvCache cache_;
  Scheduler scheduler_;
  Step step_;  ///< meaningful while in_flight_
  bool in_flight_ = false;
  TimePoint deadline_{};
  std::optional<TimePoint> idle_until_;  ///< work arrived while idle
  EngineState state_;
};

/// No model: every stream has its own clock. For calibration and for benchmarks of clients.
class FixedEngine : public Engine {
 public:
  explicit FixedEngine(const FixedSpec& spec) : spec_(spec) {}

  void submit(Sequence& sequence, TimePoint now) override;
  void remove(Sequence& sequence) override;
  std::optional<TimePoint> next_wake() const override;
  void advance(TimePoint now, EngineSink& sink) override;
  EngineState state() const override;
  bool reset_prefix_cache() override { return true; }

 private:
  struct Due {
    TimePoint at;
    std::uint64_t key;
    bool operator>(const Due& other) const {
      return at != other.at ? at > other.at : key > other.key;
    }
  };

  FixedSpec spec_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::unordered_map<std::uint64_t, Sequence*> live_;  ///< by key; dues of removed keys are skipped
  std::unordered_map<const Sequence*, std::uint64_t> keys_;
  std::uint64_t next_key_ = 1;
  EngineState state_;
};

/// Takes the next token of the sequence's generation and stamps it.
Emission emit_token(Sequence& sequence, TimePoint now);

}  // namespace abgate::sim
