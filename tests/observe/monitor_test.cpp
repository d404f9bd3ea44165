#include "observe/monitor.hpp"

#include <atomic>

#include "catch.hpp"
#include "core/error.hpp"

using namespace abgate;
using namespace abgate::observe;
using namespace std::chrono_literals;

TEST_CASE("Marks scrape at once; the control is the baseline's server", "[observe]") {
  std::atomic<int> scrapes{0}, stored{0};
  Monitor monitor(
      {{Arm::baseline, "http://b/metrics", {}}, {Arm::candidate, "", {}}},
      [&](Arm, const std::string&) {
        ++scrapes;
        return std::string("vllm:generation_tokens_total 7\n");
      },
      [&](Arm, const std::string&, std::string_view) { ++stored; });
  monitor.mark("begin c1/000-baseline", Arm::baseline);
  monitor.mark("begin c1/aa000-control", Arm::control);
  monitor.mark("begin c1/000-candidate", Arm::candidate);
  monitor.stop();
  const Telemetry t = monitor.snapshot();
  int marks = 0;
  for (const auto& s : t.servers) {
    REQUIRE(s.generation_tokens == 7.0);
    marks += s.label.starts_with("begin") ? 1 : 0;
  }
  REQUIRE(marks == 2);
  REQUIRE(stored == 2);
  REQUIRE(t.notes.empty());
}

TEST_CASE("A source that fails is noted once with its count and stops nothing", "[observe]") {
  GpuSource gpu;
  gpu.kind = GpuSource::Kind::nvidia_smi;
  gpu.command = "sh -c 'echo no devices >&2; exit 6' #";
  gpu.interval = 10ms;
  Monitor monitor({{Arm::candidate, "http://c/metrics", gpu}},
                  [](Arm, const std::string&) -> std::string {
                    throw Error(ExitCode::unavailable, "connection refused");
                  },
                  {});
  for (int i = 0; i < 3; ++i) monitor.mark("begin x", Arm::candidate);
  while (monitor.snapshot().notes.size() < 2) monitor.mark("more", Arm::candidate);
  monitor.stop();
  const Telemetry t = monitor.snapshot();
  REQUIRE(t.servers.empty());
  REQUIRE(t.gpu.empty());
  REQUIRE_THAT(t.notes[0] + t.notes[1],
               ContainsSubstring("candidate: /metrics: connection refused ("));
  REQUIRE_THAT(t.notes[0] + t.notes[1], ContainsSubstring("status 6: no devices"));
}

TEST_CASE("GPU samples carry arm and time and keep to the chosen GPU", "[observe]") {
  GpuSource gpu;
  gpu.kind = GpuSource::Kind::dcgm;
  gpu.url = "http://d/metrics";
  gpu.gpu = "GPU-2";
  gpu.interval = 5ms;
  Monitor monitor(
      {{Arm::baseline, "", gpu}},
      [](Arm, const std::string&) {
        return std::string(
            "DCGM_FI_DEV_FB_USED{UUID=\"GPU-1\"} 1\nDCGM_FI_DEV_FB_USED{UUID=\"GPU-2\"} 2\n");
      },
      {});
  while (monitor.snapshot().gpu.size() < 3) {
    monitor.mark("", Arm::baseline);
  }
  monitor.stop();
  for (const auto& s : monitor.snapshot().gpu) {
    REQUIRE(s.gpu == "GPU-2");
    REQUIRE(s.arm == Arm::baseline);
    REQUIRE(s.at > TimePoint{});
  }
}

TEST_CASE("Metrics lie beside the API unless the scenario says otherwise", "[observe]") {
  ArmConfig arm;
  arm.url = "http://a:8000/v1/";
  REQUIRE(metrics_url(arm) == "http://a:8000/metrics");
  arm.metrics_url = "none";
  REQUIRE(metrics_url(arm).empty());
  arm.metrics_url = "http://b/m";
  REQUIRE(metrics_url(arm) == "http://b/m");
}

TEST_CASE("A device given by index is asked for by index, and its samples carry the UUID",
          "[observe]") {
  GpuSource gpu;
  gpu.kind = GpuSource::Kind::nvidia_smi;
  // Answers only to -i 1, and on an old driver only to the old field name.
  gpu.command =
      "sh -c 'case \"$*\" in *clocks_event*) echo Field is not a valid field to query.; exit 2;; "
      "*\"-i 1\") echo uuid, memory.used [MiB]; echo GPU-b, 7 MiB;; *) exit 6;; esac' smi";
  gpu.gpu = "1";
  gpu.interval = 5ms;
  Monitor monitor({{Arm::candidate, "", gpu}},
                  [](Arm, const std::string&) { return std::string(); }, {});
  while (monitor.snapshot().gpu.size() < 2 && monitor.snapshot().notes.empty()) {
    monitor.mark("", Arm::candidate);
  }
  monitor.stop();
  REQUIRE(monitor.snapshot().notes.empty());
  REQUIRE(monitor.snapshot().gpu.at(0).gpu == "GPU-b");
}

TEST_CASE("A device that the exporter does not know is noted", "[observe]") {
  GpuSource gpu;
  gpu.kind = GpuSource::Kind::dcgm;
  gpu.url = "http://d/metrics";
  gpu.gpu = "7";
  gpu.interval = 5ms;
  Monitor monitor({{Arm::baseline, "", gpu}},
                  [](Arm, const std::string&) {
                    return std::string("DCGM_FI_DEV_FB_USED{gpu=\"0\",UUID=\"GPU-1\"} 1\n");
                  },
                  {});
  while (monitor.snapshot().notes.empty()) monitor.mark("", Arm::baseline);
  monitor.stop();
  REQUIRE_THAT(monitor.snapshot().notes.at(0), ContainsSubstring("no GPU 7 in the text"));
}
