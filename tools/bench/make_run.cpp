// Writes a run folder of 100,000 requests of 200 tokens, as `abgate compare` would have: the input
// of the judge's benchmark. Usage: bench_make_run OUT [REQUESTS [TOKENS]]; prints the folder.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "config/scenario_file.hpp"
#include "core/manifest.hpp"
#include "core/record.hpp"
#include "core/rng.hpp"
#include "store/run_folder.hpp"

namespace {
using namespace abgate;

constexpr std::uint32_t kBlocks = 6, kAaBlocks = 2, kCells = 2 * (kBlocks + kAaBlocks);
constexpr std::size_t kStreams = 64, kWarmup = 64;
constexpr const char* kPoint = "c64";

constexpr const char* kScenario = R"(name: bench-judge
blocks: 6
aa_blocks: 2
baseline: {label: FP16, url: "http://127.0.0.1:1"}
candidate: {label: AWQ, url: "http://127.0.0.1:2"}
sampling: {max_tokens: 200, ignore_eos: true}
workload: {kind: synthetic, input_tokens: 700, output_tokens: 200}
points:
  - {id: c64, concurrency: 64, requests: 6250, warmup_requests: 64}
criteria:
  - {id: speed, metric: stream_speed, op: ">=", value: 40 tok/s}
  - {id: speedup, metric: stream_speed, form: ratio, op: ">=", value: 2}
  - {id: throughput, metric: throughput, form: ratio, op: ">=", value: 1.9}
  - {id: errors, metric: errors, op: "==", value: 0}
  - {id: ttft, metric: ttft, stat: p95, op: "<", value: 1 s}
)";

Duration seconds(double s) {
  return from_seconds(s);
}

RequestRecord request(Arm arm, std::string id, std::uint32_t index, TimePoint start, double tpot,
                      std::size_t tokens, Rng& rng) {
  RequestRecord r;
  r.arm = arm;
  r.request_id = std::move(id);
  r.prompt_id = "synthetic-" + std::to_string(index % 500);
  r.planned.index = index;
  r.planned.phase = index < kWarmup ? Phase::warmup : Phase::measured;
  r.planned.item = index % 500;
  r.planned.max_tokens = static_cast<int>(tokens);
  r.planned.ignore_eos = true;
  r.planned.salt = rng.next() | 1;
  r.stream.started = r.stream.due = start;
  const double first = 0.25 * std::exp(0.3 * rng.normal());
  r.stream.headers = seconds(0.9 * first);
  r.stream.first_byte = seconds(first);
  double at = first;
  r.stream.events.reserve(tokens);
  for (std::size_t k = 0; k < tokens; ++k) {
    r.stream.events.push_back({seconds(at), static_cast<std::uint32_t>(k + 1), false});
    at += tpot * (0.9 + 0.2 * rng.uniform());
    r.text += "token ";
  }
  r.stream.finish = r.stream.events.back().at;
  r.stream.closed = *r.stream.finish + seconds(0.0005);
  r.stream.reused_connection = index >= kStreams;
  r.stream.counts_known = true;
  r.outcome = Completed{"length"};
  r.usage = Usage{700, static_cast<std::int64_t>(tokens), std::nullopt};
  r.chunks = static_cast<std::uint32_t>(tokens + 2);
  r.bytes = 230 * tokens;
  return r;
}

CellRecord cell(const LoadPoint& load, CellKind kind, std::uint32_t block, Arm arm, TimePoint begin,
                std::size_t requests, std::size_t tokens) {
  CellRecord c;
  c.point = kPoint;
  c.kind = kind;
  c.block = block;
  c.arm = arm;
  c.load = load;
  c.load.requests = requests;
  c.begin = begin;
  Rng rng(derive_seed(derive_seed(7, block), std::string(to_string(kind)).append(to_string(arm))));
  const double tpot = (arm == Arm::candidate ? 0.010 : 0.022) * std::exp(0.01 * rng.normal());
  Cell planned;
  planned.kind = kind;
  planned.point = kPoint;
  planned.block = block;
  const std::string name = cell_name(planned, arm);
  std::vector<TimePoint> free(kStreams, begin);  // when each stream sends its next request
  for (std::uint32_t i = 0; i < requests + kWarmup; ++i) {
    const auto next = std::min_element(free.begin(), free.end());
    if (i == kWarmup) c.measured_begin = *next;
    c.requests.push_back(request(arm, name + "/" + std::to_string(i), i, *next,
                                 tpot * std::exp(0.02 * rng.normal()), tokens, rng));
    *next += c.requests.back().stream.closed + seconds(0.0002);
    c.end = std::max(c.end, *next);
  }
  c.health.loop_turns = requests * tokens;
  c.health.loop_lag_p50 = seconds(20e-6);
  c.health.loop_lag_p99 = seconds(100e-6);
  c.health.loop_lag_max = seconds(500e-6);
  c.health.client_cpu = 0.2;
  return c;
}

struct Piece {
  CellKind kind;
  std::uint32_t block;
  Arm arm;
};

std::vector<Piece> pieces() {
  std::vector<Piece> out;
  for (std::uint32_t k = 0; k < kBlocks; ++k) {
    for (const Arm arm : {Arm::baseline, Arm::candidate}) out.push_back({CellKind::load, k, arm});
  }
  for (std::uint32_t k = 0; k < kAaBlocks; ++k) {
    for (const Arm arm : {Arm::baseline, Arm::control}) out.push_back({CellKind::aa, k, arm});
  }
  return out;
}

std::string make_run(const std::string& out, std::size_t requests, std::size_t tokens) {
  const Scenario scenario =
      config::parse_scenario(kScenario, "bench-judge.yaml", {}, config::Secrets::leave_as_written);
  const auto folder = store::RunFolder::create(out, "20260101T000000Z", scenario.name);
  Manifest manifest;
  manifest.run_id = folder.id();
  manifest.tool_version = "bench";
  manifest.scenario_name = scenario.name;
  manifest.scenario_path = "bench-judge.yaml";
  manifest.scenario_source = kScenario;
  manifest.plan_hash = "0123456789abcdef";
  manifest.started = "2026-01-01T00:00:00Z";
  manifest.finished = "2026-01-01T02:00:00Z";
  for (const Piece& p : pieces()) {
    Cell planned;
    planned.kind = p.kind;
    planned.point = kPoint;
    planned.block = p.block;
    manifest.expected.push_back({cell_name(planned, p.arm), p.kind, kPoint, p.block, p.arm});
  }
  folder.write_manifest(manifest);
  TimePoint begin{std::chrono::seconds(10)};
  for (const Piece& p : pieces()) {
    const CellRecord c =
        cell(scenario.points.front(), p.kind, p.block, p.arm, begin, requests / kCells, tokens);
    folder.write_cell(c);
    begin = c.end + std::chrono::seconds(1);
  }
  folder.write_telemetry({}, {});
  folder.finish();
  return folder.path();
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: bench_make_run OUT [REQUESTS [TOKENS]]\n";
    return 64;
  }
  const std::size_t requests = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100000;
  const std::size_t tokens = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 200;
  if (requests < kCells || tokens < 2) {
    std::cerr << "bench_make_run: want at least " << kCells << " requests and 2 tokens\n";
    return 64;
  }
  std::cout << make_run(argv[1], requests, tokens) << "\n";
}
