#pragma once
// The engine: turns submitted sequences into tokens over time. Sans-I/O: the caller passes `now`
// and sleeps until next_wake().

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/rng.hpp"
#include "vllmsim/generation.hpp"
#include "vllmsim/profile.hpp"
#include "vllmsim/scheduler.hpp"

namespace abgate::sim {

/// A token that came out of a step.
struct Emission {
  Sequence* sequence = nullptr;
  GeneratedToken token;
  bool first = false;
  Duration since_last{0};  ///< not for the first
};

struct EngineState {
  std::size_t running = 0;
  std::size_t waiting = 0;
  double kv_usage = 0;
  SchedulerCounters counters;
  Duration busy{0};  ///< time in steps since the start
  std::uint64_t steps = 0;
  std::uint64_t late_steps = 0;  ///< ended more than kMaxCatchUp after their deadline
  Duration worst_lateness{0};
};

/// Takes what a step emitted. It may call Engine::remove for any sequence but must not destroy one
/// before advance() has returned.
class EngineSink {
 public:
  virtual ~EngineSink() = default;
  virtual void on_step(std::span<const Emission> emissions, TimePoint now) = 0;
};

/// Not thread-safe. Holds pointers to sequences from submit() until it emitted their finish or
/// remove().
class Engine {
 public:
  virtual ~Engine() = default;
  virtual void submit(Sequence& sequence, TimePoint now) = 0;
  virtual void remove(Sequence& sequence) = 0;
  /// When advance() wants to be called next; nothing while idle.
  virtual std::optional<TimePoint> next_wake() const = 0;
  virtual void advance(TimePoint now, EngineSink& sink) = 0;
  virtual EngineState state() const = 0;
  /// False while any block is in use.
  virtual bool reset_prefix_cache() = 0;
};

/// Lateness that the next step makes up for, so that timer jitter does not add up. More is not made
/// up: a card does not run faster after its host paused.
inline constexpr Duration kMaxCatchUp = std::chrono::milliseconds(5);

/// The scheduler and the step times of the profile, or its fixed timings. `seed` is of the jitter.
std::unique_ptr<Engine> make_engine(const Profile& profile, std::uint64_t seed);

}  // namespace abgate::sim
