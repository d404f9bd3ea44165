// A whole run: pairs of answers, the servers' counters, memory, what is missing.

#include <algorithm>
#include <cmath>

#include "oracles.hpp"
#include "records.hpp"
#include "stats/measure.hpp"

using namespace abgate;
using namespace abgate::stats;
using namespace abgate::stats::test;

namespace {

ItemScore score(Arm arm, const std::string& item, double em, bool answered = true,
                std::uint32_t repeat = 0) {
  ItemScore s;
  s.arm = arm;
  s.item = item;
  s.cluster = "file-" + item.substr(0, 1);
  s.category = "fim";
  s.language = "cpp";
  s.repeat = repeat;
  s.answered = answered;
  if (answered) s.scores["em_ws"] = em;
  return s;
}

ServerSample scrape(Arm arm, double seconds, const std::string& label, double tokens,
                    double start_time = 1000) {
  ServerSample s;
  s.at = at(seconds);
  s.arm = arm;
  s.label = label;
  s.process_start_time = start_time;
  s.generation_tokens = tokens;
  s.ttft_sum = tokens / 10;
  s.ttft_count = tokens / 20;
  s.prefix_queries = 2 * tokens;
  s.prefix_hits = tokens;
  return s;
}

GpuSample gpu(Arm arm, double seconds, double gb, const std::string& id = "GPU-0") {
  GpuSample s;
  s.at = at(seconds);
  s.arm = arm;
  s.gpu = id;
  s.name = "RTX PRO 6000";
  s.memory_used_bytes = gb * 1e9;
  s.memory_total_bytes = 102.6e9;
  return s;
}

Telemetry sampled(double from, double to, double step) {
  Telemetry t;
  for (double s = from; s <= to; s += step) t.gpu.push_back(gpu(Arm::candidate, s, 41 + 0.001 * s));
  return t;
}

}  // namespace

TEST_CASE("answers are paired by item and a missing answer drops the pair") {
  const auto pairs = pair_quality(
      {score(Arm::baseline, "b", 1), score(Arm::candidate, "b", 0), score(Arm::baseline, "a", 1),
       score(Arm::candidate, "a", 1), score(Arm::control, "a", 0), score(Arm::baseline, "c", 1),
       score(Arm::candidate, "c", 0, false), score(Arm::baseline, "d", 1)});
  REQUIRE(pairs.size() == 4);
  CHECK(pairs[0].item == "a");
  CHECK(pairs[0].control.at("em_ws") == 0);
  CHECK(pairs[0].cluster == "file-a");
  CHECK(pairs[1].candidate.at("em_ws") == 0);
  CHECK(!pairs[1].dropped);
  CHECK(pairs[2].dropped);
  CHECK(pairs[3].dropped);
  CHECK(pairs[3].baseline.empty());
}

TEST_CASE("repeats are averaged over those that both arms answered") {
  const auto pairs = pair_quality(
      {score(Arm::baseline, "a", 1, true, 0), score(Arm::baseline, "a", 0, true, 1),
       score(Arm::baseline, "a", 0, true, 2), score(Arm::candidate, "a", 1, true, 0),
       score(Arm::candidate, "a", 1, true, 1), score(Arm::candidate, "a", 0, false, 2)});
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].baseline.at("em_ws") == 0.5);
  CHECK(pairs[0].candidate.at("em_ws") == 1);
}

TEST_CASE("server counters are summed over load cells only") {
  Telemetry t;
  t.servers = {scrape(Arm::candidate, 0, "begin quality/000-candidate", 0),
               scrape(Arm::candidate, 9, "end quality/000-candidate", 500),
               scrape(Arm::candidate, 10, "begin c8/000-candidate", 500),
               scrape(Arm::candidate, 15, "poll", 800),
               scrape(Arm::candidate, 20, "end c8/000-candidate", 1500),
               scrape(Arm::candidate, 30, "begin c8/001-candidate", 1700),
               scrape(Arm::candidate, 40, "end c8/001-candidate", 2700),
               scrape(Arm::baseline, 41, "poll", 9)};
  t.servers[3].kv_usage = 0.25;
  t.servers[2].kv_usage = 0.10;
  t.servers[0].cache_config = {{"num_gpu_blocks", "1001"}, {"block_size", "16"}};
  std::reverse(t.servers.begin(), t.servers.end());
  const ServerDelta d = server_delta(t, Arm::candidate, Mode::concurrent);
  CHECK(*d.generation_tokens == 2000);
  CHECK(near(*d.ttft_mean, 2.0, 1e-12));
  CHECK(near(*d.prefix_hit_rate, 0.5, 1e-12));
  CHECK(*d.kv_usage_max == 0.25);
  CHECK(*d.kv_pool_tokens == 16016);
  CHECK(*d.kv_block_size == 16);
  CHECK(d.restarts == 0);
  CHECK(!d.preemptions);
  CHECK(!server_delta(t, Arm::control, Mode::concurrent).seen);
}

TEST_CASE("without labels the first and the last sample bound the counters") {
  Telemetry t;
  t.servers = {scrape(Arm::baseline, 0, "poll", 100), scrape(Arm::baseline, 5, "poll", 300),
               scrape(Arm::baseline, 9, "poll", 1100)};
  CHECK(*server_delta(t, Arm::baseline, Mode::interleaved).generation_tokens == 1000);
  t.servers.resize(1);
  CHECK(!server_delta(t, Arm::baseline, Mode::interleaved).generation_tokens);
}

TEST_CASE("a restart is a new start time or a counter that fell") {
  Telemetry t;
  t.servers = {scrape(Arm::candidate, 0, "begin c8/000-candidate", 100),
               scrape(Arm::candidate, 5, "poll", 300, 2000),
               scrape(Arm::candidate, 6, "poll", 200, 2000),
               scrape(Arm::candidate, 9, "end c8/000-candidate", 400, 2000)};
  const ServerDelta d = server_delta(t, Arm::candidate, Mode::concurrent);
  CHECK(d.restarts == 2);
  CHECK(!d.generation_tokens);  // unknown across a restart, not negative and not too small
}

TEST_CASE("swapped servers restart between cells on purpose, and only there") {
  Telemetry t;
  t.servers = {scrape(Arm::candidate, 0, "begin c8/000-candidate", 0, 1),
               scrape(Arm::candidate, 9, "end c8/000-candidate", 400, 1),
               scrape(Arm::candidate, 20, "begin c8/001-candidate", 0, 2),
               scrape(Arm::candidate, 29, "end c8/001-candidate", 300, 2)};
  CHECK(server_delta(t, Arm::candidate, Mode::swapped).restarts == 0);
  CHECK(server_delta(t, Arm::candidate, Mode::concurrent).restarts == 1);
  CHECK(*server_delta(t, Arm::candidate, Mode::swapped).generation_tokens == 700);
  t.servers[3].process_start_time = 3;
  CHECK(server_delta(t, Arm::candidate, Mode::swapped).restarts == 1);
}

TEST_CASE("the memory peak is the largest GPU's, in units of 10^9 bytes") {
  Telemetry t = sampled(0, 60, 1);
  t.gpu.push_back(gpu(Arm::candidate, 30.5, 47.25, "GPU-1"));
  for (double s = 0; s <= 60; ++s) t.gpu.push_back(gpu(Arm::candidate, s, 20, "GPU-1"));
  t.gpu.push_back(gpu(Arm::baseline, 30, 97));
  ArmConfig config;
  const MemoryUse m = memory_use(t, Arm::candidate, {{at(2), at(55)}}, config, {});
  CHECK(near(*m.used_peak_gb, 47.25, 1e-12));
  CHECK(near(*m.total_gb, 102.6, 1e-12));
  CHECK(m.gpu == "RTX PRO 6000 (GPU-1)");
  CHECK(!m.throttled);
}

TEST_CASE("a gap under load makes the memory peak unknown; a gap outside does not") {
  Telemetry t = sampled(0, 20, 1);
  for (const GpuSample& s : sampled(40, 60, 1).gpu) t.gpu.push_back(s);
  ArmConfig config;
  const MemoryUse idle =
      memory_use(t, Arm::candidate, {{at(1), at(19)}, {at(41), at(59)}}, config, {});
  CHECK(idle.used_peak_gb);
  const MemoryUse busy = memory_use(t, Arm::candidate, {{at(1), at(59)}}, config, {});
  CHECK(!busy.used_peak_gb);
  CHECK(near(busy.longest_gap_s, 20, 1e-9));
  CHECK_THAT(busy.why, ContainsSubstring("20.0 s without a sample"));
  CHECK_THAT(memory_use(t, Arm::candidate, {{at(10), at(30)}}, config, {}).why,
             ContainsSubstring("peak unknown"));
  CHECK_THAT(memory_use({}, Arm::candidate, {{at(0), at(1)}}, config, {}).why,
             ContainsSubstring("no sample"));
  CHECK(!memory_use({}, Arm::candidate, {}, config, {}).used_peak_gb);
}

TEST_CASE("memory demand is weights, activations and the peak of the KV cache in use") {
  ArmConfig config;
  config.facts.weights_gb = 18.1;
  config.facts.activation_gb = 1.4;
  config.facts.kv_bytes_per_token = 262144;
  ServerDelta server;
  server.kv_usage_max = 0.5;
  server.kv_pool_tokens = 16016;
  server.kv_block_size = 16;
  const MemoryUse m = memory_use(sampled(0, 9, 1), Arm::candidate, {}, config, server);
  CHECK(near(*m.kv_peak_gb, 0.5 * 16000 * 262144 / 1e9, 1e-12));
  CHECK(near(*m.demand_gb, 18.1 + 1.4 + *m.kv_peak_gb, 1e-12));
  CHECK(m.why.empty());
  config.facts.activation_gb.reset();
  server.kv_usage_max.reset();
  const MemoryUse n = memory_use(sampled(0, 9, 1), Arm::candidate, {}, config, server);
  CHECK(!n.demand_gb);
  CHECK(n.why == "demand unknown without activation_gb, the server's KV usage");
}

TEST_CASE("heat and power supply throttle; a power cap and an idle clock do not") {
  const auto throttled = [](const std::string& reasons) {
    Telemetry t;
    t.gpu.push_back(gpu(Arm::candidate, 1, 40));
    t.gpu[0].throttle_reasons = reasons;
    return memory_use(t, Arm::candidate, {}, {}, {}).throttled;
  };
  CHECK(throttled("0x0000000000000020"));
  CHECK(throttled("0x0000000000000048"));
  CHECK(!throttled("0x0000000000000004"));
  CHECK(!throttled("0x0000000000000001"));
  CHECK(!throttled(""));
  CHECK(!throttled("[N/A]"));
}

TEST_CASE("a run is assembled whatever the order of its cells, and says what is missing") {
  Scenario scenario;
  std::vector<CellRecord> cells;
  const CellRecord cell = closed_cell(4, 4, 40, 20, {});
  for (std::uint32_t block = 0; block < 3; ++block) {
    cells.push_back(as(cell, Arm::candidate, block));
    cells.push_back(as(cell, Arm::baseline, block));
  }
  cells.push_back(as(cell, Arm::control, 0, CellKind::aa));
  cells.push_back(as(cell, Arm::baseline, 0, CellKind::prime));
  CellRecord quality = as(cell, Arm::candidate, 0, CellKind::quality);
  quality.point = "quality";
  quality.requests[10].outcome = HttpError{500, "", ""};
  cells.push_back(quality);
  MeasureInput input;
  for (const CellRecord& c : cells) input.cells.push_back(measure_cell(c));
  std::reverse(input.cells.begin(), input.cells.end());
  input.expected = {"c4/000-baseline", "c4/002-candidate", "c4/aa000-control", "c4/003-baseline"};
  input.telemetry.notes = {"candidate: one scrape failed"};
  ServerFacts facts;
  facts.simulated = true;
  input.telemetry.facts.push_back(facts);
  const Measurements m = measure(std::move(input), scenario);
  CHECK(m.blocks.size() == 7);
  CHECK(m.missing_cells == std::vector<std::string>{"c4/003-baseline"});
  CHECK(m.quality_attempted[index_of(Arm::candidate)] == 40);
  CHECK(m.quality_failed[index_of(Arm::candidate)] == 1);
  CHECK(m.quality_failures[index_of(Arm::candidate)].at("http_error 500") == 1);
  CHECK(m.notes.size() == 1);
  CHECK(m.simulated);
  CHECK(!m.interrupted);
  const Measurements same = measure(cells, {}, {}, scenario);
  REQUIRE(same.blocks.size() == m.blocks.size());
  for (std::size_t i = 0; i < m.blocks.size(); ++i) {
    CHECK(m.blocks[i].arm == same.blocks[i].arm);
    CHECK(m.blocks[i].block == same.blocks[i].block);
    CHECK(m.blocks[i].throughput == same.blocks[i].throughput);
  }
}

TEST_CASE("swapped arms share a GPU: each owns the samples of its own cells") {
  Scenario scenario;
  scenario.mode = Mode::swapped;
  CellRecord a = as(closed_cell(4, 4, 40, 20, {}), Arm::candidate, 0);
  const double length = to_seconds(a.end - a.begin);
  Telemetry t;
  for (double s = 0; s <= length; s += 0.5) t.gpu.push_back(gpu(Arm::candidate, s, 41));
  t.gpu.push_back(gpu(Arm::candidate, length + 5, 97));  // the other server by then
  const Measurements m = measure(std::vector<CellRecord>{a}, {}, t, scenario);
  CHECK(near(*m.memory[index_of(Arm::candidate)].used_peak_gb, 41, 1e-12));
  scenario.mode = Mode::concurrent;
  const Measurements n = measure(std::vector<CellRecord>{a}, {}, t, scenario);
  CHECK(near(*n.memory[index_of(Arm::candidate)].used_peak_gb, 97, 1e-12));
}
