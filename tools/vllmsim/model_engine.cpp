#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "vllmsim/engine_impl.hpp"
#include "vllmsim/step_time.hpp"

namespace abgate::sim {

namespace {

SchedulerLimits limits_of(const EngineSpec& spec) {
  return {static_cast<std::size_t>(spec.max_num_seqs),
          static_cast<std::size_t>(spec.max_num_batched_tokens)};
}

}  // namespace

ModelEngine::ModelEngine(const Profile& profile, std::uint64_t seed)
    : profile_(profile),
      rng_(seed),
      cache_(static_cast<std::size_t>(num_gpu_blocks(profile)),
             static_cast<std::size_t>(profile.engine.block_size),
             profile.engine.enable_prefix_caching),
      scheduler_(limits_of(profile.engine), cache_) {}

void ModelEngine::submit(Sequence& sequence, TimePoint now) {
  sequence.queued = now;
  scheduler_.add(sequence);
  if (!in_flight_ && !idle_until_) idle_until_ = now;
}

void ModelEngine::remove(Sequence& sequence) {
  if (sequence.state == SequenceState::gone) return;
  for (Slice& slice : step_.slices) {
    if (slice.sequence == &sequence) slice.sequence = nullptr;
  }
  scheduler_.remove(sequence);
}

std::optional<TimePoint> ModelEngine::next_wake() const {
  return in_flight_ ? std::optional(deadline_) : idle_until_;
}

Duration ModelEngine::draw_step_time() {
  double seconds = step_seconds(profile_, shape_of(step_));
  const double cv = profile_.host.jitter_cv;
  const double sigma = std::sqrt(std::log1p(cv * cv));
  // Always the same number of draws a step, so that one parameter does not shift the others'
  // stream.
  const double noise = rng_.normal();
  const double stall = rng_.uniform();
  const double stall_ms = 2 + 8 * rng_.uniform();
  seconds *= std::exp(sigma * noise - sigma * sigma / 2);
  if (stall < profile_.host.stall_probability) seconds += stall_ms * 1e-3;
  return from_seconds(seconds);
}

void ModelEngine::begin_step(TimePoint at) {
  idle_until_.reset();
  step_ = scheduler_.schedule();
  in_flight_ = !step_.slices.empty();
  if (!in_flight_) return;
  for (const Slice& slice : step_.slices) {
    if (!slice.sequence->scheduled)
      slice.sequence->scheduled = std::max(at, slice.sequence->queued);
  }
  const Duration took = draw_step_time();
  deadline_ = at + took;
  state_.busy += took;
  ++state_.steps;
}

void ModelEngine::end_step(TimePoint now, EngineSink& sink) {
  Scheduler::complete(step_);
  std::vector<Emission> emissions;
  for (const Slice& slice : step_.slices) {
    if (slice.sequence == nullptr) continue;
    Sequence& sequence = *slice.sequence;
    if (sequence.computed == sequence.tokens.size()) emissions.push_back(emit_token(sequence, now));
  }
  step_ = {};
  in_flight_ = false;
  for (const Emission& emission : emissions) {
    if (emission.token.finish != Finish::none) scheduler_.remove(*emission.sequence);
  }
  sink.on_step(emissions, now);
}

void ModelEngine::advance(TimePoint now, EngineSink& sink) {
  if (!in_flight_ && idle_until_ && *idle_until_ <= now) begin_step(now);
  while (in_flight_ && deadline_ <= now) {
    const Duration late = now - deadline_;
    state_.worst_lateness = std::max(state_.worst_lateness, late);
    if (late > kMaxCatchUp) ++state_.late_steps;
    end_step(now, sink);
    begin_step(std::max(deadline_, now - kMaxCatchUp));
  }
}

EngineState ModelEngine::state() const {
  EngineState state = state_;
  state.running = scheduler_.running();
  state.waiting = scheduler_.waiting();
  state.kv_usage = cache_.usage();
  state.counters = scheduler_.counters();
  return state;
}

bool ModelEngine::reset_prefix_cache() {
  return cache_.reset_prefix_cache();
}

Emission emit_token(Sequence& sequence, TimePoint now) {
  Emission emission;
  emission.sequence = &sequence;
  emission.token = sequence.generation->next();
  emission.first = sequence.generated == 0;
  if (emission.first) sequence.first_token = now;
  if (!emission.first) emission.since_last = now - sequence.last_token;
  sequence.last_token = now;
  ++sequence.generated;
  sequence.tokens.push_back(emission.token.id);
  return emission;
}

}  // namespace abgate::sim
