#include "observe/monitor.hpp"

#include <algorithm>
#include <atomic>

#include "catch.hpp"
#include "core/error.hpp"
#include "observe/fakes.hpp"

using namespace abgate;
using namespace abgate::observe;
using namespace std::chrono_literals;

namespace {

const char* const kMetrics =
    "vllm:generation_tokens_total 5\nvllm:cache_config_info{block_size=\"16\"} 1\n";

ArmConfig arm_at(const std::string& url) {
  ArmConfig arm;
  arm.url = url;
  return arm;
}

/// Gives the threads time until `done` holds; false after a generous while.
template <class Done>
bool eventually(const Done& done) {
  const TimePoint deadline = now() + 20s;
  while (!done() && now() < deadline) std::this_thread::yield();
  return done();
}

std::size_t count_label(const Telemetry& t, const std::string& label) {
  return static_cast<std::size_t>(std::count_if(
      t.servers.begin(), t.servers.end(), [&](const ServerSample& s) { return s.label == label; }));
}

}  // namespace

TEST_CASE("Marks are scraped with their label, in order, for the arm that they name", "[observe]") {
  FakeFetcher fetcher;
  FakeRunner runner;
  fetcher.answers["http://a/metrics"] = {200, kMetrics, "", ""};
  fetcher.answers["http://b/metrics"] = {200, kMetrics, "", ""};
  Monitor monitor(fetcher, runner, 1h);
  monitor.watch(Arm::baseline, arm_at("http://a/v1"));
  monitor.watch(Arm::candidate, arm_at("http://b"));
  monitor.mark(Arm::candidate, "begin c8/000-candidate");
  monitor.mark(Arm::candidate, "end c8/000-candidate");
  REQUIRE(monitor.settle(20s));
  const Telemetry t = monitor.stop();
  REQUIRE(count_label(t, "begin c8/000-candidate") == 1);
  REQUIRE(count_label(t, "end c8/000-candidate") == 1);
  for (const ServerSample& s : t.servers) {
    REQUIRE(s.generation_tokens == 5.0);
    if (s.label != "poll")
      REQUIRE((s.arm == Arm::candidate && s.cache_config.at("block_size") == "16"));
  }
  REQUIRE(std::is_sorted(t.servers.begin(), t.servers.end(),
                         [](const auto& a, const auto& b) { return a.at < b.at; }));
  REQUIRE(t.notes.empty());
}

TEST_CASE("The GPU is read again and again through the command of the scenario", "[observe]") {
  FakeFetcher fetcher;
  FakeRunner runner;
  runner.answer = [](const auto&) {
    return CommandResult{"uuid, memory.used [MiB]\nGPU-a, 100 MiB\n", "", 0, ""};
  };
  ArmConfig arm = arm_at("http://a");
  arm.metrics_url = "none";
  arm.gpu.kind = GpuSource::Kind::nvidia_smi;
  arm.gpu.command = "ssh host nvidia-smi";
  arm.gpu.gpu = "0";
  arm.gpu.interval = 1ms;
  Monitor monitor(fetcher, runner);
  monitor.watch(Arm::candidate, arm);
  REQUIRE(eventually([&] { return runner.asked().size() >= 3; }));
  const Telemetry t = monitor.stop();
  REQUIRE(t.gpu.size() >= 2);
  REQUIRE((t.gpu[0].arm == Arm::candidate && t.gpu[0].gpu == "GPU-a" &&
           t.gpu[0].memory_used_bytes == 100 * 1048576.0));
  REQUIRE(t.gpu[0].at < t.gpu[1].at);
  const auto argv = runner.asked()[0];
  REQUIRE((argv[0] == "ssh" && argv[1] == "host" && argv.back() == "0"));
  REQUIRE(fetcher.asked().empty());
}

TEST_CASE("An old driver is asked again with the names that it knows", "[observe]") {
  FakeFetcher fetcher;
  FakeRunner runner;
  runner.answer = [](const std::vector<std::string>& argv) {
    const bool old = argv[1].find("clocks_throttle_reasons.active") != std::string::npos;
    if (!old)
      return CommandResult{"Field \"clocks_event_reasons.active\" is not a valid field to query.\n",
                           "", 2, ""};
    return CommandResult{"memory.used [MiB]\n7 MiB\n", "", 0, ""};
  };
  ArmConfig arm = arm_at("http://a");
  arm.metrics_url = "none";
  arm.gpu.kind = GpuSource::Kind::nvidia_smi;
  arm.gpu.command = "nvidia-smi";
  arm.gpu.interval = 1ms;
  Monitor monitor(fetcher, runner);
  monitor.watch(Arm::baseline, arm);
  REQUIRE(eventually([&] { return runner.asked().size() >= 4; }));
  const Telemetry t = monitor.stop();
  REQUIRE(t.notes.empty());
  REQUIRE(t.gpu.size() >= 2);
}

TEST_CASE("A DCGM exporter is asked without the model's key", "[observe]") {
  FakeFetcher fetcher;
  FakeRunner runner;
  fetcher.answers["http://gpu:9400/metrics"] = {
      200, "DCGM_FI_DEV_FB_USED{gpu=\"0\",UUID=\"GPU-a\"} 50\n", "", ""};
  ArmConfig arm = arm_at("http://a");
  arm.metrics_url = "none";
  arm.api_key = "key";
  arm.gpu.kind = GpuSource::Kind::dcgm;
  arm.gpu.url = "http://gpu:9400/metrics";
  arm.gpu.interval = 1ms;
  Monitor monitor(fetcher, runner);
  monitor.watch(Arm::baseline, arm);
  REQUIRE(eventually([&] { return fetcher.asked().size() >= 2; }));
  const Telemetry t = monitor.stop();
  REQUIRE_FALSE(t.gpu.empty());
  for (const FetchRequest& request : fetcher.asked()) REQUIRE(request.headers.empty());
}

TEST_CASE("A source that fails is noted once, with how often, and stops nothing", "[observe]") {
  FakeFetcher fetcher;  // refuses every connection
  FakeRunner runner;
  runner.answer = [](const auto&) { return CommandResult{"", "NVIDIA-SMI has failed\n", 9, ""}; };
  ArmConfig arm = arm_at("http://a");
  arm.gpu.kind = GpuSource::Kind::nvidia_smi;
  arm.gpu.command = "nvidia-smi";
  arm.gpu.interval = 1ms;
  Monitor monitor(fetcher, runner, 1ms);
  monitor.watch(Arm::candidate, arm);
  REQUIRE(eventually([&] { return runner.asked().size() >= 2 && fetcher.asked().size() >= 2; }));
  monitor.mark(Arm::candidate, "begin x");
  REQUIRE(monitor.settle(20s));
  const Telemetry t = monitor.stop();
  REQUIRE((t.gpu.empty() && t.servers.empty()));
  REQUIRE(t.notes.size() == 2);
  REQUIRE_THAT(t.notes[0], ContainsSubstring("candidate: http://a/metrics: "));
  REQUIRE_THAT(t.notes[0], ContainsSubstring("readings failed, first: connection refused"));
  REQUIRE_THAT(t.notes[1], ContainsSubstring("first: exit 9: NVIDIA-SMI has failed"));
}

TEST_CASE("Garbage from a source is noted with what was wrong in it", "[observe]") {
  FakeFetcher fetcher;
  FakeRunner runner;
  fetcher.answers["http://a/metrics"] = {200, "<html>login</html>", "", ""};
  Monitor monitor(fetcher, runner, 1h);
  monitor.watch(Arm::baseline, arm_at("http://a"));
  monitor.mark(Arm::baseline, "begin x");
  REQUIRE(monitor.settle(20s));
  REQUIRE_THAT(monitor.stop().notes.at(0), ContainsSubstring("saw HTML, want Prometheus text"));
}

TEST_CASE("Stopping ends a command that would run for minutes", "[observe]") {
  FakeFetcher fetcher;
  ProcessRunner runner;
  ArmConfig arm = arm_at("http://a");
  arm.metrics_url = "none";
  arm.gpu.kind = GpuSource::Kind::nvidia_smi;
  arm.gpu.command = "sleep 300;";
  arm.gpu.max_gap = 1h;
  const TimePoint begin = now();
  {
    Monitor monitor(fetcher, runner);
    monitor.watch(Arm::baseline, arm);
  }
  REQUIRE(now() - begin < 250s);
}

TEST_CASE("A poller serves pokes in order and stops while it waits", "[observe]") {
  std::mutex mutex;
  std::vector<std::string> labels;
  Poller poller(1h, [&](const std::string& label, std::stop_token) {
    const std::lock_guard lock(mutex);
    labels.push_back(label);
  });
  for (int i = 0; i < 20; ++i) poller.poke(std::to_string(i));
  REQUIRE(poller.settle(now() + 20s));
  poller.stop();
  poller.stop();
  std::erase(labels, "poll");
  REQUIRE(labels.size() == 20);
  for (int i = 0; i < 20; ++i) REQUIRE(labels[static_cast<std::size_t>(i)] == std::to_string(i));
}

TEST_CASE("Settling gives up when the thread does not come to the poke", "[observe]") {
  std::atomic<bool> release{false};
  Poller poller(1h, [&](const std::string&, const std::stop_token& stop) {
    while (!release && !stop.stop_requested()) std::this_thread::yield();
  });
  poller.poke("x");
  REQUIRE_FALSE(poller.settle(now()));
  release = true;
  REQUIRE(poller.settle(now() + 20s));
}
