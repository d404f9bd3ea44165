#include "observe/fingerprint.hpp"

#include "catch.hpp"

using namespace abgate;
using namespace abgate::observe;

namespace {

ServerFacts facts(Arm arm = Arm::candidate) {
  ServerFacts f;
  f.arm = arm;
  f.version = "0.11.2";
  f.model = "coder-awq";
  f.model_root = "/models/coder-awq";
  f.max_model_len = 32000;
  f.token_ids_hash = "00ff";
  return f;
}

GpuSample gpu(int second) {
  GpuSample s;
  s.at = TimePoint{std::chrono::seconds(second)};
  s.arm = Arm::candidate;
  s.gpu = "GPU-1";
  s.name = "NVIDIA RTX PRO 6000";
  s.driver = "580.95";
  s.memory_total_bytes = 102.64e9;
  return s;
}

template <typename Change>
std::vector<std::string> after(Change change) {
  ServerFacts now = facts();
  change(now);
  return fingerprint_changes({facts(Arm::baseline), facts()}, {facts(Arm::baseline), now}, {});
}

template <typename Change>
std::vector<std::string> gpu_after(Change change) {
  Telemetry t;
  t.gpu = {gpu(0), gpu(1)};
  change(t);
  return fingerprint_changes({}, {}, t);
}

}  // namespace

TEST_CASE("equal answers before and after are no change", "[fingerprint]") {
  CHECK(after([](ServerFacts&) {}).empty());
  CHECK(gpu_after([](Telemetry&) {}).empty());
  CHECK(fingerprint_gaps({facts()}, {facts()}).empty());
}

TEST_CASE("what a server says of itself is compared before and after", "[fingerprint]") {
  const auto one = [](const std::vector<std::string>& lines, const std::string& wanted) {
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0], ContainsSubstring(wanted));
  };
  one(after([](ServerFacts& f) { f.version = "0.11.3"; }),
      "candidate: the engine's version 0.11.2 became 0.11.3");
  one(after([](ServerFacts& f) { f.model = "coder-gptq"; }),
      "candidate: the served model coder-awq became coder-gptq");
  one(after([](ServerFacts& f) { f.model_root = "/models/other"; }),
      "root /models/coder-awq became /models/other");
  one(after([](ServerFacts& f) { f.max_model_len = 8192; }), "max_model_len 32000 became 8192");
  one(after([](ServerFacts& f) { f.token_ids_hash = "11ee"; }), "other token ids");
}

TEST_CASE("silence after the run is a gap, not a change", "[fingerprint]") {
  ServerFacts silent = facts();
  silent.version.clear();
  silent.token_ids_hash.reset();
  CHECK(fingerprint_changes({facts()}, {silent}, {}).empty());
  const auto gaps = fingerprint_gaps({facts(Arm::baseline), facts()}, {silent});
  REQUIRE(gaps.size() == 2);
  CHECK_THAT(gaps[0], ContainsSubstring("baseline: not asked again"));
  CHECK_THAT(gaps[1], ContainsSubstring("no longer told its version, token ids"));
}

TEST_CASE("another card, driver or size under a server is a change", "[fingerprint]") {
  CHECK_THAT(gpu_after([](Telemetry& t) { t.gpu[1].driver = "590.01"; }).at(0),
             ContainsSubstring("candidate: GPU GPU-1: the driver 580.95 became 590.01"));
  CHECK_THAT(gpu_after([](Telemetry& t) { t.gpu[1].name = "NVIDIA H100"; }).at(0),
             ContainsSubstring("the name NVIDIA RTX PRO 6000 became NVIDIA H100"));
  CHECK_THAT(gpu_after([](Telemetry& t) { t.gpu[1].memory_total_bytes = 80e9; }).at(0),
             ContainsSubstring("the total memory 102.6 GB became 80.0 GB"));
  CHECK_THAT(gpu_after([](Telemetry& t) { t.gpu[1].gpu = "GPU-2"; }).at(0),
             ContainsSubstring("the GPUs read were GPU-1 and became GPU-2"));
  CHECK_THAT(gpu_after([](Telemetry& t) {
               t.gpu.pop_back(), t.gpu.push_back(gpu(0)), t.gpu[1].gpu = "GPU-2",
                                                          t.gpu.push_back(gpu(1));
             }).at(0),
             ContainsSubstring("GPU-1, GPU-2 and became GPU-1"));
  // Not told, or a sum of parts that moved a little: no change. A lasting change is told once.
  CHECK(gpu_after([](Telemetry& t) { t.gpu[1].driver.clear(); }).empty());
  CHECK(gpu_after([](Telemetry& t) { *t.gpu[1].memory_total_bytes *= 1.004; }).empty());
  CHECK(gpu_after([](Telemetry& t) {
          t.gpu.push_back(gpu(2));
          t.gpu[1].driver = t.gpu[2].driver = "590.01";
        }).size() == 1);
}

TEST_CASE("the engine's cache configuration is compared over all scrapes", "[fingerprint]") {
  Telemetry t;
  ServerSample s;
  s.arm = Arm::baseline;
  t.servers = {s};
  s.cache_config = {{"block_size", "16"}, {"num_gpu_blocks", "6000"}};
  t.servers.push_back(s);
  t.servers.push_back(s);
  CHECK(fingerprint_changes({}, {}, t).empty());
  t.servers[2].cache_config["num_gpu_blocks"] = "9000";
  CHECK_THAT(fingerprint_changes({}, {}, t).at(0),
             ContainsSubstring("baseline: the engine's cache configuration changed: num_gpu_blocks "
                               "6000 became 9000"));
}
