#pragma once
// GPU telemetry as nvidia-smi and the DCGM exporter write it.

#include <string>
#include <string_view>
#include <vector>

#include "core/telemetry.hpp"
#include "observe/prometheus.hpp"

namespace abgate::observe {

/// The names of two fields changed with driver 535.
enum class SmiNames { current, before_535 };

/// Arguments that make nvidia-smi print what parse_nvidia_smi reads; `device` is an index, a UUID
/// or empty for all GPUs.
std::vector<std::string> nvidia_smi_arguments(const std::string& device,
                                              SmiNames names = SmiNames::current);

/// Reads `--query-gpu=… --format=csv[,nounits]`: canonical or aliased field names in the header,
/// units there or beside the values, one row per GPU; columns that are not known are ignored,
/// "[N/A]" and its kind are absent values. `at` and `arm` are left to the caller. Throws DataError
/// for anything else.
std::vector<GpuSample> parse_nvidia_smi(std::string_view csv, const std::string& source);

/// Reads the DCGM exporter's samples, one per GPU or MIG instance; `device` is a GPU index, a UUID
/// or empty for all. Throws DataError if there is no frame buffer figure, or no such GPU.
std::vector<GpuSample> read_dcgm(const Exposition& metrics, const std::string& device,
                                 const std::string& source);

}  // namespace abgate::observe
