#pragma once
// Watches both arms' servers and GPUs while they are driven.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/scenario.hpp"
#include "core/telemetry.hpp"
#include "observe/command.hpp"
#include "observe/fetch.hpp"
#include "observe/poller.hpp"

namespace abgate::observe {

/// Per watched arm one thread reads the GPU at the scenario's interval, and one scrapes /metrics,
/// at `scrape_interval` and at every mark. A source that fails is noted, never fatal. The fetcher
/// and the runner must outlive the monitor. All methods may be called from any one thread.
class Monitor {
 public:
  Monitor(Fetcher& fetcher, CommandRunner& runner,
          Duration scrape_interval = std::chrono::seconds(1));
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  /// Starts to watch one arm. An arm without metrics URL or GPU source is watched as far as it can
  /// be.
  void watch(Arm arm, const ArmConfig& config);
  /// Asks for a scrape now, labelled e.g. "begin c8/003-candidate". Does not wait.
  void mark(Arm arm, const std::string& label);
  /// Waits until all marks so far are scraped; false if that took longer than `timeout`.
  bool settle(Duration timeout);
  /// Ends all threads, promptly, and returns what they collected, in order of time. Once.
  Telemetry stop();

 private:
  struct Source;

  void add(std::unique_ptr<Source> source, Duration interval, bool marked);
  void read_gpu(Source& source, const std::stop_token& stop);
  void scrape(Source& source, const std::string& label, const std::stop_token& stop);
  std::vector<GpuSample> gpu_samples(Source& source, const std::stop_token& stop);
  std::vector<GpuSample> smi_samples(Source& source, const std::stop_token& stop);

  Fetcher& fetcher_;
  CommandRunner& runner_;
  Duration scrape_interval_;
  std::mutex mutex_;  ///< guards telemetry_ and the counts in sources_
  Telemetry telemetry_;
  std::vector<std::unique_ptr<Source>> sources_;
};

}  // namespace abgate::observe
