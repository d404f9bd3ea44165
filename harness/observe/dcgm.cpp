#include <fmt/format.h>

#include <map>

#include "core/error.hpp"
#include "observe/gpu.hpp"
#include "observe/text.hpp"

namespace abgate::observe {
namespace {

constexpr double kMiB = 1048576.0;
constexpr double kUnsupported = 9.2e18;  ///< DCGM's marks for "blank" and "not supported" lie above

std::string label_or(const Sample& sample, const char* name, const std::string& otherwise) {
  const std::string* label = sample.label(name);
  return label == nullptr || label->empty() ? otherwise : *label;
}

/// UUID, with the MIG instance where there is one; the index where the exporter gives no UUID.
std::string gpu_of(const Sample& sample) {
  const std::string gpu = label_or(sample, "UUID", label_or(sample, "gpu", "0"));
  const std::string instance = label_or(sample, "GPU_I_ID", "");
  return instance.empty() ? gpu : gpu + "/MIG-" + instance;
}

bool wanted(const Sample& sample, const std::string& device) {
  return device.empty() || label_or(sample, "UUID", "") == device ||
         label_or(sample, "gpu", "") == device || gpu_of(sample) == device;
}

/// Values of one field by GPU.
std::map<std::string, double> field(const Exposition& m, const char* name, double scale) {
  std::map<std::string, double> out;
  for (const Sample* sample : m.find(name)) {
    if (sample->value >= 0 && sample->value < kUnsupported)
      out[gpu_of(*sample)] = sample->value * scale;
  }
  return out;
}

std::optional<double> at(const std::map<std::string, double>& values, const std::string& gpu) {
  const auto found = values.find(gpu);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

std::optional<double> total(const Exposition& m, const std::string& gpu) {
  if (const auto all = at(field(m, "DCGM_FI_DEV_FB_TOTAL", kMiB), gpu)) return all;
  const auto used = at(field(m, "DCGM_FI_DEV_FB_USED", kMiB), gpu);
  const auto free = at(field(m, "DCGM_FI_DEV_FB_FREE", kMiB), gpu);
  if (!used || !free) return std::nullopt;
  return *used + *free + at(field(m, "DCGM_FI_DEV_FB_RESERVED", kMiB), gpu).value_or(0);
}

std::string throttle(const Exposition& m, const std::string& gpu) {
  for (const char* name :
       {"DCGM_FI_DEV_CLOCKS_EVENT_REASONS", "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS"}) {
    if (const auto mask = at(field(m, name, 1), gpu))
      return fmt::format("{:#018x}", static_cast<std::uint64_t>(*mask));
  }
  return "";
}

}  // namespace

std::vector<GpuSample> read_dcgm(const Exposition& m, const std::string& device,
                                 const std::string& source) {
  const auto used = m.find("DCGM_FI_DEV_FB_USED");
  if (used.empty()) {
    throw DataError({source, 0, 0}, "", "no DCGM_FI_DEV_FB_USED", "the text of a DCGM exporter");
  }
  std::vector<GpuSample> out;
  for (const Sample* sample : used) {
    if (!wanted(*sample, device)) continue;
    GpuSample gpu;
    gpu.gpu = gpu_of(*sample);
    gpu.name = label_or(*sample, "modelName", "");
    gpu.memory_used_bytes = at(field(m, "DCGM_FI_DEV_FB_USED", kMiB), gpu.gpu);
    gpu.memory_total_bytes = total(m, gpu.gpu);
    gpu.utilization = at(field(m, "DCGM_FI_DEV_GPU_UTIL", 0.01), gpu.gpu);
    gpu.power_w = at(field(m, "DCGM_FI_DEV_POWER_USAGE", 1), gpu.gpu);
    gpu.temperature_c = at(field(m, "DCGM_FI_DEV_GPU_TEMP", 1), gpu.gpu);
    gpu.sm_clock_mhz = at(field(m, "DCGM_FI_DEV_SM_CLOCK", 1), gpu.gpu);
    gpu.throttle_reasons = throttle(m, gpu.gpu);
    out.push_back(std::move(gpu));
  }
  if (out.empty())
    throw DataError({source, 0, 0}, "gpu.device", device, "a GPU that the exporter knows");
  return out;
}

}  // namespace abgate::observe
