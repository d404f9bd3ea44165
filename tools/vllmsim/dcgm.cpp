#include "vllmsim/dcgm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace abgate::sim {

namespace {

constexpr double kBusyPowerShare = 0.85;  // of the limit while a step runs

struct Field {
  const char* name;
  const char* type;
  const char* help;
  double value;
};

}  // namespace

std::string GpuMeter::render(const EngineState& engine, TimePoint now) {
  const Duration elapsed = now - window_begin_;
  const GpuSpec& gpu = profile_.gpu;
  const auto power = [&] {
    return gpu.idle_w + utilisation_ * (gpu.limit_w * kBusyPowerShare - gpu.idle_w);
  };
  if (elapsed >= std::chrono::milliseconds(100)) {
    const double busy = to_seconds(engine.busy - window_busy_);
    utilisation_ = std::clamp(busy / to_seconds(elapsed), 0.0, 1.0);
    energy_mj_ += power() * to_seconds(elapsed) * 1e3;
    window_begin_ = now;
    window_busy_ = engine.busy;
  }
  const double used = memory_used_mib(profile_);
  const Field fields[] = {
      {"DCGM_FI_DEV_SM_CLOCK", "gauge", "SM clock frequency (in MHz).",
       utilisation_ > 0 ? 2422.0 : 180.0},
      {"DCGM_FI_DEV_MEM_CLOCK", "gauge", "Memory clock frequency (in MHz).", 14001},
      {"DCGM_FI_DEV_MEMORY_TEMP", "gauge", "Memory temperature (in C).", 40 + 20 * utilisation_},
      {"DCGM_FI_DEV_GPU_TEMP", "gauge", "GPU temperature (in C).",
       std::round(35 + 30 * utilisation_)},
      {"DCGM_FI_DEV_POWER_USAGE", "gauge", "Power draw (in W).", power()},
      {"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "counter",
       "Total energy consumption since boot (in mJ).", std::round(energy_mj_)},
      {"DCGM_FI_DEV_GPU_UTIL", "gauge", "GPU utilization (in %).", std::round(100 * utilisation_)},
      {"DCGM_FI_DEV_MEM_COPY_UTIL", "gauge", "Memory utilization (in %).",
       std::round(80 * utilisation_)},
      {"DCGM_FI_DEV_XID_ERRORS", "gauge", "Value of the last XID error encountered.", 0},
      {"DCGM_FI_DEV_FB_FREE", "gauge", "Framebuffer memory free (in MiB).",
       gpu.memory_mib - gpu.reserved_mib - used},
      {"DCGM_FI_DEV_FB_USED", "gauge", "Framebuffer memory used (in MiB).", used},
      {"DCGM_FI_DEV_FB_RESERVED", "gauge", "Framebuffer memory reserved (in MiB).",
       gpu.reserved_mib}};
  std::string out;
  for (const Field& field : fields) {
    fmt::format_to(
        std::back_inserter(out),
        "# HELP {0} {1}\n# TYPE {0} {2}\n{0}{{gpu=\"0\",UUID=\"{3}\",pci_bus_id=\"00000000:01:"
        "00.0\",device=\"nvidia0\",modelName=\"{4}\",Hostname=\"simulated\"}} {5}\n",
        field.name, field.help, field.type, gpu.uuid, gpu.name, field.value);
  }
  return out;
}

}  // namespace abgate::sim
