#include "vllmsim/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace abgate::sim {

namespace {
constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
constexpr double kMib = 1024.0 * 1024.0;
}  // namespace

double kv_pool_bytes(const Profile& profile) {
  const double budget = profile.gpu.memory_mib * kMib * profile.engine.gpu_memory_utilization;
  return budget - (profile.model.weights_gib + profile.engine.activation_gib) * kGib;
}

std::int64_t num_gpu_blocks(const Profile& profile) {
  const double block = profile.model.kv_bytes_per_token * profile.engine.block_size;
  return std::max<std::int64_t>(0, static_cast<std::int64_t>(kv_pool_bytes(profile) / block));
}

double memory_used_mib(const Profile& profile) {
  const double outside = profile.engine.graphs_gib * 1024.0 + profile.gpu.context_mib;
  const double budget = profile.gpu.memory_mib * profile.engine.gpu_memory_utilization;
  return std::min(std::round(budget + outside), profile.gpu.memory_mib - profile.gpu.reserved_mib);
}

void check_memory(const Profile& profile) {
  if (profile.fixed) return;
  const double total = profile.gpu.memory_mib / 1024.0;
  const double needed =
      static_cast<double>(profile.model.max_model_len) * profile.model.kv_bytes_per_token / kGib;
  const double available = kv_pool_bytes(profile) / kGib;
  if (available >= needed) return;
  const double least = (profile.model.weights_gib + profile.engine.activation_gib + needed) / total;
  throw ScenarioError(
      {profile.path, 0, 0}, "engine.gpu_memory_utilization",
      fmt::format("{:g}, which leaves {:.2f} GiB for the KV cache",
                  profile.engine.gpu_memory_utilization, available),
      fmt::format("at least {:.2f}: one request of max_model_len {} needs {:.2f} GiB",
                  std::ceil(least * 100.0) / 100.0, profile.model.max_model_len, needed));
}

}  // namespace abgate::sim
