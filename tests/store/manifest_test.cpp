#include "catch.hpp"
#include "core/error.hpp"
#include "samples.hpp"
#include "store/manifest_codec.hpp"

using namespace abgate;
using namespace abgate::store;

namespace {
Manifest sample() {
  Manifest m;
  m.run_id = "20260131T021700Z-redfin";
  m.tool_version = "0.1.0";
  m.scenario_name = "redfin \"FP16\" vs AWQ";
  m.scenario_path = "scenarios/redfin-fp16-vs-awq.yaml";
  m.scenario_source = "name: redfin\nbaseline:\n  api_key: ${KEY}\n";
  m.overrides = {"blocks=8", "candidate.url=http://127.0.0.1:8001"};
  m.scenario_hash = "0123456789abcdef";
  m.criteria_hash = "fedcba9876543210";
  m.plan_hash = "00ff00ff00ff00ff";
  m.mode = Mode::interleaved;
  m.seeds = {1, 18446744073709551615u, 3, 4, 5};
  m.host = {"redfin", "6.1.0-18-amd64", "AMD EPYC 9554", 64, "tsc"};
  m.expected = {{"c8/000-baseline", CellKind::load, "c8", 0, Arm::baseline},
                {"quality/000-candidate", CellKind::quality, "quality", 0, Arm::candidate}};
  m.suites = {{"quality", "core", "suites/quality.jsonl.gz", "abcd", "MIT", 64}};
  ServerFacts facts;
  facts.arm = Arm::candidate;
  facts.url = "http://127.0.0.1:8001/v1";
  facts.version = "0.11.2";
  facts.max_model_len = 32000;
  facts.token_ids_hash = "77";
  facts.prompt_tokens_mean = 735.25;
  facts.other = {{"gpu_memory_utilization", "0.9"}};
  m.servers = {facts};
  facts.version = "0.11.3";
  m.servers_after = {facts};
  m.started = "2026-01-31T02:17:00Z";
  m.clock_zero = TimePoint{Duration{123456789012345}};
  m.calibration = ClientCalibration{64, 3200, 3199.5, 0.03, 0.1, 0.01, 0.05, 0.2,
                                    0.08, 0.06, 1,    25600, true};
  m.attempt = 3;
  m.look = 2;
  m.logprobs = LogprobFacts{20, 5, true, "candidate refuses 20 (status 400)"};
  m.merged_from = {"a", "b"};
  return m;
}
}  // namespace

TEST_CASE("a manifest comes back") {
  const Manifest m = sample();
  const Manifest back = decode_manifest(encode_manifest(m), "manifest.json");
  REQUIRE(encode_manifest(back) == encode_manifest(m));
  REQUIRE(back.scenario_source == m.scenario_source);
  REQUIRE(back.overrides == m.overrides);
  REQUIRE(back.expected == m.expected);
  REQUIRE(back.suites == m.suites);
  REQUIRE(back.host == m.host);
  REQUIRE(back.seeds.prompts == m.seeds.prompts);
  REQUIRE(back.mode == m.mode);
  REQUIRE(back.logprobs == m.logprobs);
  REQUIRE(back.clock_zero == m.clock_zero);
  REQUIRE(back.servers.at(0).max_model_len == 32000);
  REQUIRE(back.servers.at(0).other == m.servers[0].other);
  REQUIRE(back.servers_after.at(0).version == "0.11.3");
  REQUIRE(back.merged_from == m.merged_from);
  REQUIRE(back.calibration == m.calibration);
}

TEST_CASE("no key reaches a manifest") {
  Manifest m = sample();
  m.scenario_source =
      "baseline:\n  api_key: literal-key-1\n  headers: {X-Tenant: tenant-token-42}\n";
  m.overrides = {"candidate.api_key=literal-key-2"};
  const std::string text = encode_manifest(m, Redactor({"tenant-token-42"}));
  for (const char* secret : {"literal-key-1", "literal-key-2", "tenant-token-42"})
    REQUIRE(text.find(secret) == std::string::npos);
}

TEST_CASE("another format names the command that records the run again") {
  std::string text = encode_manifest(sample());
  text.replace(text.find("\"format\": 1"), 11, "\"format\": 0");
  REQUIRE_THROWS_WITH(decode_manifest(text, "m.json"),
                      ContainsSubstring("m.json: format: saw 0, want 1") &&
                          ContainsSubstring("abgate 0.1.0") &&
                          ContainsSubstring("`abgate compare scenarios/redfin-fp16-vs-awq.yaml`"));
}

TEST_CASE("a broken manifest is refused in one line") {
  for (const char* text :
       {"", "{", "[]", "null", "\xff\xfe", "{}", "{\"format\":1}", "{\"format\":\"x\"}"}) {
    try {
      decode_manifest(text, "m.json");
      FAIL("accepted " << text);
    } catch (const DataError& error) {
      REQUIRE_THAT(error.what(), ContainsSubstring("m.json"));
      REQUIRE(std::string(error.what()).find('\n') == std::string::npos);
    }
  }
  std::string text = encode_manifest(sample());
  text.replace(text.find("\"interleaved\""), 13, "\"sideways\"");
  REQUIRE_THROWS_WITH(decode_manifest(text, "m.json"), ContainsSubstring("saw sideways"));
}

TEST_CASE("telemetry comes back") {
  Telemetry t;
  GpuSample gpu;
  gpu.at = TimePoint{Duration{5'000'000'000}};
  gpu.arm = Arm::candidate;
  gpu.gpu = "GPU-1";
  gpu.name = "NVIDIA RTX PRO 6000, Blackwell";
  gpu.driver = "580.95";
  gpu.memory_used_bytes = 41.7e9;
  gpu.throttle_reasons = "0x0000000000000000";
  t.gpu = {gpu};
  ServerSample server;
  server.at = gpu.at;
  server.label = "begin c8/000-baseline";
  server.ttft_sum = 47.4;
  server.spec_accepted_tokens = 0;
  server.cache_config = {{"block_size", "16"}};
  server.simulated = true;
  t.servers = {server};
  t.notes = {"candidate: nvidia-smi failed 3 times"};
  const std::string text = encode_telemetry(t);
  const Telemetry back = decode_telemetry(text, "telemetry.json");
  REQUIRE(encode_telemetry(back) == text);
  REQUIRE(back.gpu.at(0).driver == "580.95");
  REQUIRE(*back.gpu.at(0).memory_used_bytes == 41.7e9);
  REQUIRE_FALSE(back.gpu[0].power_w);
  REQUIRE(*back.servers.at(0).ttft_sum == 47.4);
  REQUIRE(*back.servers[0].spec_accepted_tokens == 0);
  REQUIRE(back.servers[0].simulated);
  REQUIRE(back.notes == t.notes);
  REQUIRE(gpu_csv(t, TimePoint{Duration{1'000'000'000}}) ==
          "seconds,arm,gpu,name,memory_used_bytes,memory_total_bytes,utilization,power_w,"
          "temperature_c,sm_clock_mhz,throttle\n"
          "4.000,candidate,GPU-1,\"NVIDIA RTX PRO 6000, "
          "Blackwell\",41700000000,,,,,,0x0000000000000000\n");
}

TEST_CASE("broken telemetry is refused in one line") {
  REQUIRE_THROWS_WITH(decode_telemetry("{\"gpu\":[{}]}", "telemetry.json"),
                      ContainsSubstring("telemetry.json: saw key 'at' not found"));
}
