#include <algorithm>

#include "vllmsim/engine_impl.hpp"

namespace abgate::sim {

void FixedEngine::submit(Sequence& sequence, TimePoint now) {
  sequence.state = SequenceState::running;
  sequence.queued = now;
  sequence.scheduled = now;
  sequence.cached_tokens = 0;
  const std::uint64_t key = next_key_++;
  live_.emplace(key, &sequence);
  keys_.emplace(&sequence, key);
  due_.push({now + spec_.ttft, key});
}

void FixedEngine::remove(Sequence& sequence) {
  const auto found = keys_.find(&sequence);
  if (found == keys_.end()) return;
  live_.erase(found->second);
  keys_.erase(found);
  sequence.state = SequenceState::gone;
}

std::optional<TimePoint> FixedEngine::next_wake() const {
  if (live_.empty()) return std::nullopt;
  return due_.empty() ? std::nullopt : std::optional(due_.top().at);
}

void FixedEngine::advance(TimePoint now, EngineSink& sink) {
  std::vector<Emission> emissions;
  while (!due_.empty() && due_.top().at <= now) {
    const Due due = due_.top();
    due_.pop();
    const auto found = live_.find(due.key);
    if (found == live_.end()) continue;
    const Duration late = now - due.at;
    state_.worst_lateness = std::max(state_.worst_lateness, late);
    if (late > kMaxCatchUp) ++state_.late_steps;
    ++state_.steps;
    Sequence& sequence = *found->second;
    emissions.push_back(emit_token(sequence, now));
    if (emissions.back().token.finish != Finish::none) {
      remove(sequence);
    } else {
      due_.push({std::max(due.at, now - kMaxCatchUp) + spec_.itl, due.key});
    }
    // With an interval of zero a stream would never end this loop.
    if (emissions.size() >= 4096) break;
  }
  if (!emissions.empty()) sink.on_step(emissions, now);
}

EngineState FixedEngine::state() const {
  EngineState state = state_;
  state.running = live_.size();
  return state;
}

std::unique_ptr<Engine> make_engine(const Profile& profile, std::uint64_t seed) {
  if (profile.fixed) return std::make_unique<FixedEngine>(*profile.fixed);
  return std::make_unique<ModelEngine>(profile, seed);
}

}  // namespace abgate::sim
