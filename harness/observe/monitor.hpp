#pragma once
// Watches the servers while load runs: GPU memory and /metrics of every arm, on threads of its own.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/arm.hpp"
#include "core/scenario.hpp"
#include "core/telemetry.hpp"

namespace abgate::observe {

struct MonitorTarget {
  Arm arm = Arm::baseline;
  std::string metrics_url;  ///< empty: no scrape
  GpuSource gpu;
};

/// Text behind a URL; throws abgate::Error. Called from several threads.
using FetchText = std::function<std::string(Arm arm, const std::string& url)>;
/// A scrape as it was read, to be stored. Called from several threads.
using OnScrape = std::function<void(Arm arm, const std::string& label, std::string_view text)>;

/// One thread per arm and source. A source that fails is noted (once per reason, with a count),
/// never fatal: what is missing makes a criterion INCONCLUSIVE later.
class Monitor {
 public:
  Monitor(std::vector<MonitorTarget> targets, FetchText fetch, OnScrape on_scrape);
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  /// Scrapes /metrics of `arms` now, as "<label>", and returns when done: the begin and end of a
  /// cell.
  void mark(const std::string& label, Arm arm);
  /// Everything seen so far, in order of time.
  Telemetry snapshot() const;
  /// Ends the threads; within about a second.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Where an arm's /metrics are: its metrics_url, or /metrics beside the API; "" for "none".
std::string metrics_url(const ArmConfig& arm);

}  // namespace abgate::observe
