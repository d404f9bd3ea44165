#pragma once

#include <vector>

#include "core/telemetry.hpp"
#include "observe/prometheus.hpp"

namespace abgate::observe {

/// GPUs out of the text of a DCGM exporter, or of nvidia_gpu_exporter. `at` and `arm` are left to
/// the caller. Empty if the text has neither's metrics.
std::vector<GpuSample> read_gpu_samples(const MetricsText& text);

}  // namespace abgate::observe
