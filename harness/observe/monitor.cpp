#include "observe/monitor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>

#include "core/error.hpp"
#include "observe/dcgm.hpp"
#include "observe/nvidia_smi.hpp"
#include "observe/process.hpp"
#include "observe/prometheus.hpp"
#include "observe/server_sample.hpp"

namespace abgate::observe {

namespace {
constexpr Duration kPollInterval = std::chrono::seconds(1);
constexpr Duration kCommandTimeout = std::chrono::seconds(10);

std::string first_line(const std::string& text) {
  return printable(text.substr(0, text.find('\n')), 200);
}
}  // namespace

struct Monitor::Impl {
  std::vector<MonitorTarget> targets;
  FetchText fetch;
  OnScrape on_scrape;
  mutable std::mutex mutex;
  Telemetry seen;
  std::map<std::string, std::size_t> failures;  ///< note -> how often
  std::vector<std::jthread> threads;

  void failed(Arm arm, const std::string& what, const std::string& why) {
    const std::lock_guard lock(mutex);
    ++failures[fmt::format("{}: {}: {}", to_string(arm), what, why)];
  }

  void scrape(const MonitorTarget& target, const std::string& label) {
    if (target.metrics_url.empty()) return;
    try {
      const std::string text = fetch(target.arm, target.metrics_url);
      ServerSample sample = read_server_sample(parse_prometheus(text, target.metrics_url));
      sample.at = now();
      sample.arm = target.arm;
      sample.label = label;
      if (on_scrape && label != "poll") on_scrape(target.arm, label, text);
      const std::lock_guard lock(mutex);
      seen.servers.push_back(std::move(sample));
    } catch (const Error& e) {
      failed(target.arm, "/metrics", e.what());
    }
  }

  std::vector<GpuSample> read_gpus(const MonitorTarget& target, SmiNames& names,
                                   const std::stop_token& stop) const {
    if (target.gpu.kind == GpuSource::Kind::dcgm) {
      return read_gpu_samples(parse_prometheus(fetch(target.arm, target.gpu.url), target.gpu.url),
                              target.gpu.gpu);
    }
    const std::string command = target.gpu.command.empty() ? "nvidia-smi" : target.gpu.command;
    const auto ask = [&] {
      return run_process(command + " " + nvidia_smi_arguments(target.gpu.gpu, names),
                         kCommandTimeout, stop);
    };
    ProcessResult r = ask();
    if (names == SmiNames::current &&
        (r.out + r.err).find("not a valid field") != std::string::npos) {
      names = SmiNames::before_535;
      r = ask();
    }
    if (r.timed_out)
      throw Error(ExitCode::unavailable, "no answer from \"" + command + "\" in 10 s");
    if (r.status != 0) {
      throw Error(ExitCode::unavailable,
                  fmt::format("\"{}\" ended with status {}: {}", command, r.status,
                              first_line(r.err.empty() ? r.out : r.err)));
    }
    return parse_nvidia_smi(r.out, command);
  }

  void sample_gpus(const MonitorTarget& target, SmiNames& names, const std::stop_token& stop) {
    try {
      auto gpus = read_gpus(target, names, stop);
      const TimePoint at = now();
      if (gpus.empty()) {
        failed(target.arm, "GPU",
               target.gpu.gpu.empty() ? "the text has no GPU metrics"
                                      : "no GPU " + target.gpu.gpu + " in the text");
      }
      const std::lock_guard lock(mutex);
      for (auto& gpu : gpus) {
        gpu.at = at;
        gpu.arm = target.arm;
        seen.gpu.push_back(std::move(gpu));
      }
    } catch (const Error& e) {
      if (!stop.stop_requested()) failed(target.arm, "GPU", e.what());
    }
  }

  /// Calls `work` every `interval` until told to stop; late turns are not made up for.
  template <typename Work>
  void every(Duration interval, Work work) {
    threads.emplace_back([this, interval, work](const std::stop_token& stop) mutable {
      std::mutex sleep;
      std::condition_variable_any wake;
      while (!stop.stop_requested()) {
        const TimePoint begin = now();
        work(stop);
        const Duration rest = interval - std::min<Duration>(interval, now() - begin);
        std::unique_lock lock(sleep);
        wake.wait_for(lock, stop, rest, [] { return false; });
      }
    });
  }
};

Monitor::Monitor(std::vector<MonitorTarget> targets, FetchText fetch, OnScrape on_scrape)
    : impl_(std::make_unique<Impl>()) {
  impl_->targets = std::move(targets);
  impl_->fetch = std::move(fetch);
  impl_->on_scrape = std::move(on_scrape);
  Impl* impl = impl_.get();
  for (const auto& target : impl_->targets) {
    if (!target.metrics_url.empty()) {
      impl_->every(kPollInterval,
                   [impl, &target](const std::stop_token&) { impl->scrape(target, "poll"); });
    }
    if (target.gpu.kind != GpuSource::Kind::none) {
      impl_->every(target.gpu.interval,
                   [impl, &target, names = SmiNames::current](const std::stop_token& stop) mutable {
                     impl->sample_gpus(target, names, stop);
                   });
    }
  }
}

Monitor::~Monitor() {
  stop();
}

void Monitor::stop() {
  for (auto& thread : impl_->threads) thread.request_stop();
  impl_->threads.clear();
}

void Monitor::mark(const std::string& label, Arm arm) {
  for (const auto& target : impl_->targets) {
    // The control drives the baseline's server.
    if (target.arm == (arm == Arm::control ? Arm::baseline : arm)) impl_->scrape(target, label);
  }
}

Telemetry Monitor::snapshot() const {
  const std::lock_guard lock(impl_->mutex);
  Telemetry out = impl_->seen;
  for (const auto& [note, count] : impl_->failures) {
    out.notes.push_back(count == 1 ? note : fmt::format("{} ({} times)", note, count));
  }
  const auto by_time = [](const auto& a, const auto& b) { return a.at < b.at; };
  std::stable_sort(out.gpu.begin(), out.gpu.end(), by_time);
  std::stable_sort(out.servers.begin(), out.servers.end(), by_time);
  return out;
}

std::string metrics_url(const ArmConfig& arm) {
  if (arm.metrics_url == "none") return "";
  if (!arm.metrics_url.empty()) return arm.metrics_url;
  std::string root = arm.url;
  while (root.ends_with('/')) root.pop_back();
  if (root.ends_with("/v1")) root.resize(root.size() - 3);
  return root + "/metrics";
}

}  // namespace abgate::observe
