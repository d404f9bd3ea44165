#pragma once

#include <vector>

#include "core/telemetry.hpp"
#include "observe/prometheus.hpp"

namespace abgate::observe {

/// GPUs and MIG instances out of the text of a DCGM exporter, or of nvidia_gpu_exporter; of one
/// `device` (index or UUID), or all if it is empty. `at` and `arm` are left to the caller. Empty if
/// the text has neither's metrics, or not that GPU's.
std::vector<GpuSample> read_gpu_samples(const MetricsText& text, const std::string& device = "");

}  // namespace abgate::observe
