#include "observe/dcgm.hpp"

#include <map>

namespace abgate::observe {

namespace {

constexpr double kMiB = 1024.0 * 1024.0;
constexpr double kUnsupported = 9.2e18;  // DCGM's "blank" for 64-bit fields is 9223372036854775794

std::string label(const MetricSample& s, const char* name) {
  const auto it = s.labels.find(name);
  return it == s.labels.end() ? std::string() : it->second;
}

void put(std::optional<double>& field, double value, double scale) {
  if (value < kUnsupported) field = value * scale;
}

void add(std::optional<double>& field, double value, double scale) {
  if (value < kUnsupported) field = field.value_or(0) + value * scale;
}

}  // namespace

std::vector<GpuSample> read_gpu_samples(const MetricsText& text, const std::string& device) {
  std::map<std::string, GpuSample> gpus;
  std::map<std::string, std::optional<double>> free_bytes;  ///< free and reserved
  for (const auto& s : text.samples()) {
    const bool dcgm = s.name.starts_with("DCGM_FI_");
    const bool exporter = s.name.starts_with("nvidia_smi_");
    if (!dcgm && !exporter) continue;
    std::string id = label(s, dcgm ? "UUID" : "uuid");
    if (id.empty()) id = label(s, "gpu");
    if (id.empty()) continue;
    if (!device.empty() && device != id && device != label(s, "gpu")) continue;
    if (const auto instance = label(s, "GPU_I_ID"); !instance.empty()) id += "/MIG-" + instance;
    GpuSample& gpu = gpus[id];
    gpu.gpu = id;
    if (const auto name = label(s, dcgm ? "modelName" : "name"); !name.empty()) gpu.name = name;
    if (const auto driver = label(s, "DCGM_FI_DRIVER_VERSION"); !driver.empty())
      gpu.driver = driver;
    if (s.name == "DCGM_FI_DEV_FB_USED") {
      put(gpu.memory_used_bytes, s.value, kMiB);
    } else if (s.name == "DCGM_FI_DEV_FB_FREE" || s.name == "DCGM_FI_DEV_FB_RESERVED") {
      add(free_bytes[id], s.value, kMiB);
    } else if (s.name == "DCGM_FI_DEV_GPU_UTIL") {
      put(gpu.utilization, s.value, 0.01);
    } else if (s.name == "DCGM_FI_DEV_POWER_USAGE" || s.name == "nvidia_smi_power_draw_watts") {
      put(gpu.power_w, s.value, 1);
    } else if (s.name == "DCGM_FI_DEV_GPU_TEMP" || s.name == "nvidia_smi_temperature_gpu") {
      put(gpu.temperature_c, s.value, 1);
    } else if (s.name == "DCGM_FI_DEV_SM_CLOCK") {
      put(gpu.sm_clock_mhz, s.value, 1);
    } else if (s.name == "nvidia_smi_memory_used_bytes") {
      put(gpu.memory_used_bytes, s.value, 1);
    } else if (s.name == "nvidia_smi_memory_total_bytes") {
      put(gpu.memory_total_bytes, s.value, 1);
    } else if (s.name == "nvidia_smi_utilization_gpu_ratio") {
      put(gpu.utilization, s.value, 1);
    }
  }
  std::vector<GpuSample> out;
  for (auto& [id, gpu] : gpus) {
    // DCGM has no total; without the free part it is unknown, not equal to the used one.
    const auto free = free_bytes.find(id);
    if (free != free_bytes.end() && free->second && gpu.memory_used_bytes) {
      gpu.memory_total_bytes = *free->second + *gpu.memory_used_bytes;
    }
    out.push_back(std::move(gpu));
  }
  return out;
}

}  // namespace abgate::observe
