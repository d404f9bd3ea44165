#pragma once
// How long one engine step takes: a soft maximum of reading the weights and multiplying with them,
// plus lm_head, KV reads, attention of prompt chunks and host work.

#include "vllmsim/profile.hpp"
#include "vllmsim/scheduler.hpp"

namespace abgate::sim {

/// What the formula needs to know of a step.
struct StepShape {
  double tokens = 0;      ///< M
  double requests = 0;    ///< B
  double context = 0;     ///< C: tokens whose KV is read, summed over requests
  double chunk_work = 0;  ///< sum over prompt chunks of n * (start + n/2)
};

StepShape shape_of(const Step& step);

/// Seconds, without jitter. t = gemm + lm_head + KV + attention + L * layer + c0 + c1 * B, with
/// gemm = (memory^3 + compute^3)^(1/3).
double step_seconds(const Profile& profile, const StepShape& shape);

}  // namespace abgate::sim
