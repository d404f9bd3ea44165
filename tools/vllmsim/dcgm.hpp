#pragma once
// The card as a DCGM exporter shows it.

#include <string>

#include "core/time.hpp"
#include "vllmsim/engine.hpp"
#include "vllmsim/profile.hpp"

namespace abgate::sim {

/// Derives utilisation and power from how busy the engine was between two looks at it.
class GpuMeter {
 public:
  GpuMeter(const Profile& profile, TimePoint start) : profile_(profile), window_begin_(start) {}

  /// Prometheus text of one exporter scrape. Utilisation covers the time since the last scrape that
  /// was at least a tenth of a second ago.
  std::string render(const EngineState& engine, TimePoint now);

 private:
  const Profile& profile_;
  TimePoint window_begin_;
  Duration window_busy_{0};
  double utilisation_ = 0;  ///< 0..1, of the last window
  double energy_mj_ = 0;    ///< since the start
};

}  // namespace abgate::sim
