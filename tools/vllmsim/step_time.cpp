#include "vllmsim/step_time.hpp"

#include <algorithm>
#include <cmath>

namespace abgate::sim {

namespace {

constexpr double kAwqBitsBytes = 0.52;  // bytes per 4-bit parameter with scales and zeros
constexpr double kDequantBytes = 2.52;  // read 0.52, write 2
constexpr double kAwqTileRows = 16;
constexpr double kAwqTileCost = 0.8;  // of the first tile's time: later tiles hit the cache in part
constexpr double kAwqGemmBandwidth = 0.35;
constexpr double kAwqEagerLimit = 256;  // tokens from which eager awq dequantises, too
constexpr double kAttentionEfficiency = 0.5;

double soft_max(double a, double b) {
  return std::cbrt(a * a * a + b * b * b);
}

double dense_gemm(const Profile& p, double bytes_per_param, double bandwidth_efficiency,
                  double ratio, double tokens) {
  const double memory =
      p.model.linear_params * bytes_per_param / (bandwidth_efficiency * p.gpu.bandwidth);
  const double compute =
      2 * p.model.linear_params * tokens / (p.kernel.compute_efficiency * p.gpu.flops * ratio);
  return soft_max(memory, compute);
}

double dequantised_gemm(const Profile& p, double tokens) {
  const double dequantise =
      p.model.linear_params * kDequantBytes / (p.kernel.dequant_efficiency * p.gpu.bandwidth);
  return dequantise + dense_gemm(p, 2, p.kernel.bandwidth_efficiency_16, 1, tokens);
}

double awq_tiles(const Profile& p, double tokens) {
  const double tiles = std::ceil(tokens / kAwqTileRows);
  return std::max(1.0, tiles * kAwqTileCost) * p.model.linear_params * kAwqBitsBytes /
         (kAwqGemmBandwidth * p.gpu.bandwidth);
}

double gemm_seconds(const Profile& p, double tokens) {
  switch (p.kernel.kind) {
    case KernelKind::dense:
    case KernelKind::marlin:
      return dense_gemm(p, p.kernel.bytes_per_param, p.kernel.bandwidth_efficiency,
                        p.kernel.compute_ratio, tokens);
    case KernelKind::awq_compiled:
      return dequantised_gemm(p, tokens);
    case KernelKind::awq_eager:
      return tokens < kAwqEagerLimit ? awq_tiles(p, tokens) : dequantised_gemm(p, tokens);
  }
  return 0;
}

}  // namespace

StepShape shape_of(const Step& step) {
  StepShape shape;
  for (const Slice& slice : step.slices) {
    const auto start = static_cast<double>(slice.start);
    const auto count = static_cast<double>(slice.count);
    shape.tokens += count;
    shape.requests += 1;
    shape.context += start + count;
    if (slice.count > 1) shape.chunk_work += count * (start + count / 2);
  }
  return shape;
}

double step_seconds(const Profile& p, const StepShape& shape) {
  const double lm_head =
      2 * p.model.lm_head_params / (p.kernel.bandwidth_efficiency_16 * p.gpu.bandwidth);
  const double kv =
      shape.context * p.model.kv_bytes_per_token / (p.kernel.kv_efficiency * p.gpu.bandwidth);
  const double attention = 4.0 * p.model.layers * p.model.hidden * shape.chunk_work /
                           (kAttentionEfficiency * p.gpu.flops);
  const double host = p.model.layers * p.host.per_layer_us * 1e-6 + p.host.per_step_ms * 1e-3 +
                      shape.requests * p.host.per_request_us * 1e-6;
  return gemm_seconds(p, shape.tokens) + lm_head + kv + attention + host;
}

}  // namespace abgate::sim
