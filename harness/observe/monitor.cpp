#include "observe/monitor.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "observe/gpu.hpp"
#include "observe/prometheus.hpp"
#include "observe/server_metrics.hpp"

namespace abgate::observe {

/// One thing that is read again and again, and how often that failed.
struct Monitor::Source {
  Arm arm = Arm::baseline;
  ArmConfig config;
  std::string what;  ///< for notes: "nvidia-smi", a URL
  std::size_t readings = 0;
  std::size_t failures = 0;
  std::string first_failure;
  SmiNames smi_names = SmiNames::current;
  std::unique_ptr<Poller> poller;
  bool marked = false;  ///< marks go here
};

Monitor::Monitor(Fetcher& fetcher, CommandRunner& runner, Duration scrape_interval)
    : fetcher_(fetcher), runner_(runner), scrape_interval_(scrape_interval) {}

Monitor::~Monitor() {
  stop();
}

void Monitor::add(std::unique_ptr<Source> source, Duration interval, bool marked) {
  Source& s = *source;
  s.marked = marked;
  sources_.push_back(std::move(source));
  s.poller = std::make_unique<Poller>(
      interval, [this, &s, marked](const std::string& label, const std::stop_token& stop) {
        try {
          if (marked) {
            scrape(s, label, stop);
          } else {
            read_gpu(s, stop);
          }
          const std::lock_guard lock(mutex_);
          ++s.readings;
        } catch (const std::exception& e) {
          if (stop.stop_requested()) return;  // an interrupted reading is nobody's failure
          const std::lock_guard lock(mutex_);
          ++s.readings;
          if (s.failures++ == 0) s.first_failure = e.what();
        }
      });
}

void Monitor::watch(Arm arm, const ArmConfig& config) {
  if (const std::string url = metrics_url(config); !url.empty()) {
    auto source = std::make_unique<Source>();
    source->arm = arm;
    source->config = config;
    source->what = url;
    add(std::move(source), scrape_interval_, true);
  }
  if (config.gpu.kind == GpuSource::Kind::none) return;
  auto source = std::make_unique<Source>();
  source->arm = arm;
  source->config = config;
  source->what = config.gpu.kind == GpuSource::Kind::dcgm ? config.gpu.url : "nvidia-smi";
  add(std::move(source), config.gpu.interval, false);
}

void Monitor::mark(Arm arm, const std::string& label) {
  for (const auto& source : sources_) {
    if (source->arm == arm && source->marked) source->poller->poke(label);
  }
}

bool Monitor::settle(Duration timeout) {
  const TimePoint deadline = now() + timeout;
  bool all = true;
  for (const auto& source : sources_) all = source->poller->settle(deadline) && all;
  return all;
}

Telemetry Monitor::stop() {
  for (const auto& source : sources_) source->poller->stop();
  for (const auto& source : sources_) {
    if (source->failures == 0) continue;
    telemetry_.notes.push_back(std::string(to_string(source->arm)) + ": " + source->what + ": " +
                               std::to_string(source->failures) + " of " +
                               std::to_string(source->readings) +
                               " readings failed, first: " + source->first_failure);
  }
  sources_.clear();
  const auto earlier = [](const auto& a, const auto& b) { return a.at < b.at; };
  std::stable_sort(telemetry_.gpu.begin(), telemetry_.gpu.end(), earlier);
  std::stable_sort(telemetry_.servers.begin(), telemetry_.servers.end(), earlier);
  return std::move(telemetry_);
}

void Monitor::scrape(Source& source, const std::string& label, const std::stop_token& stop) {
  const FetchResult result = fetcher_.get(request_to(source.config, source.what), stop);
  if (!result.ok()) throw Error(ExitCode::unavailable, failure(result));
  ServerSample sample = read_server(parse_prometheus(result.body, source.what));
  sample.at = now();
  sample.arm = source.arm;
  sample.label = label;
  if (label == "poll") sample.cache_config.clear();  // does not change; the marks carry it
  const std::lock_guard lock(mutex_);
  telemetry_.servers.push_back(std::move(sample));
}

void Monitor::read_gpu(Source& source, const std::stop_token& stop) {
  auto samples = gpu_samples(source, stop);
  const TimePoint at = now();
  const std::lock_guard lock(mutex_);
  for (GpuSample& sample : samples) {
    sample.at = at;
    sample.arm = source.arm;
    telemetry_.gpu.push_back(std::move(sample));
  }
}

std::vector<GpuSample> Monitor::gpu_samples(Source& source, const std::stop_token& stop) {
  const GpuSource& gpu = source.config.gpu;
  if (gpu.kind == GpuSource::Kind::nvidia_smi) return smi_samples(source, stop);
  FetchRequest request;  // the exporter is another server: the model's key does not go there
  request.url = gpu.url;
  request.tls = source.config.tls;
  const FetchResult result = fetcher_.get(request, stop);
  if (!result.ok()) throw Error(ExitCode::unavailable, failure(result));
  return read_dcgm(parse_prometheus(result.body, gpu.url), gpu.gpu, gpu.url);
}

std::vector<GpuSample> Monitor::smi_samples(Source& source, const std::stop_token& stop) {
  const GpuSource& gpu = source.config.gpu;
  const Duration timeout =
      std::clamp<Duration>(gpu.max_gap, std::chrono::seconds(2), std::chrono::seconds(10));
  const auto ask = [&] {
    return runner_.run(command_line(gpu.command, nvidia_smi_arguments(gpu.gpu, source.smi_names)),
                       timeout, stop);
  };
  CommandResult result = ask();
  const bool unknown_field =
      (result.output + result.error_output).find("not a valid field") != std::string::npos;
  if (unknown_field && source.smi_names == SmiNames::current) {
    source.smi_names = SmiNames::before_535;
    result = ask();
  }
  if (!result.ok()) throw Error(ExitCode::unavailable, failure(result));
  return parse_nvidia_smi(result.output, source.what);
}

}  // namespace abgate::observe
