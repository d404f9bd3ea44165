#include "stored_run.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <span>
#include <vector>

#include "config/scenario_file.hpp"
#include "core/manifest.hpp"
#include "core/rng.hpp"
#include "quality/suite.hpp"
#include "store/run_folder.hpp"
#include "source_dir.hpp"

namespace abgate::test {

namespace {

constexpr std::size_t kRequests = 36;
constexpr std::size_t kTokens = 16;

constexpr const char* kScenario = R"(name: small-run
blocks: 6
aa_blocks: 2
baseline: {label: FP16, url: "http://127.0.0.1:1"}
candidate: {label: AWQ, url: "http://127.0.0.1:2", gpu: {source: dcgm, url: "http://127.0.0.1:2/dcgm/metrics"}}
sampling: {max_tokens: 16, ignore_eos: true}
workload: {kind: synthetic, input_tokens: 700, output_tokens: 16}
points:
  - {id: c2, concurrency: 2, requests: 36, warmup_requests: 2}
  - {id: c8, concurrency: 8, requests: 36, warmup_requests: 8}
  - {id: c16, concurrency: 16, requests: 36, warmup_requests: 16}
quality: {suite: quality.jsonl}
criteria:
  - {id: speed, metric: stream_speed, point: c2, op: ">=", value: 40 tok/s}
  - {id: speedup, metric: stream_speed, form: ratio, point: c2, op: ">=", value: 2}
  - {id: throughput, metric: throughput, form: ratio, point: c8, op: ">=", value: 1}
  - {id: quality, metric: quality.em_ws, form: ratio, op: ">", value: 0.9}
  - {id: similar, metric: quality.edit_similarity, form: ratio, op: ">", value: 0.95, level: target}
  - {id: errors, metric: errors, op: "==", value: 0}
  - {id: ttft, metric: ttft, stat: p95, point: c8, op: "<", value: 1 s}
)";

/// Time per token of an arm at a concurrency: the candidate is ahead alone and behind at 16
/// streams.
double tpot_of(Arm arm, std::size_t streams) {
  const double n = static_cast<double>(streams);
  return arm == Arm::candidate ? 0.007 * (1 + 0.22 * n) : 0.021 * (1 + 0.01 * n);
}

RequestRecord request(Arm arm, std::string id, std::uint32_t index, std::size_t warm_up,
                      TimePoint start, double tpot, Rng& rng) {
  RequestRecord r;
  r.arm = arm;
  r.request_id = std::move(id);
  r.prompt_id = "synthetic-" + std::to_string(index);
  r.planned.index = index;
  r.planned.phase = index < warm_up ? Phase::warmup : Phase::measured;
  r.planned.item = index;
  r.planned.max_tokens = static_cast<int>(kTokens);
  r.stream.started = r.stream.due = start;
  double at = 0.25 * std::exp(0.2 * rng.normal());
  r.stream.headers = from_seconds(0.9 * at);
  r.stream.first_byte = from_seconds(at);
  for (std::size_t k = 0; k < kTokens; ++k) {
    r.stream.events.push_back({from_seconds(at), static_cast<std::uint32_t>(k + 1), false});
    at += tpot * (0.9 + 0.2 * rng.uniform());
    r.text += "token ";
  }
  r.stream.finish = r.stream.events.back().at;
  r.stream.closed = *r.stream.finish + from_seconds(0.0005);
  r.stream.counts_known = true;
  r.outcome = Completed{"length"};
  r.usage = Usage{700, static_cast<std::int64_t>(kTokens), std::nullopt};
  r.chunks = static_cast<std::uint32_t>(kTokens + 2);
  r.bytes = 230 * kTokens;
  return r;
}

CellRecord header(CellKind kind, const LoadPoint& load, std::uint32_t block, Arm arm,
                  TimePoint begin) {
  CellRecord c;
  c.kind = kind;
  c.point = kind == CellKind::quality ? "quality" : load.id;
  c.block = block;
  c.arm = arm;
  c.load = load;
  c.begin = c.measured_begin = c.end = begin;
  c.health.loop_lag_p99 = from_seconds(100e-6);
  c.health.client_cpu = 0.2;
  return c;
}

std::string name_of(const CellRecord& c) {
  Cell planned;
  planned.kind = c.kind;
  planned.point = c.point;
  planned.block = c.block;
  return cell_name(planned, c.arm);
}

Rng rng_of(const StoredRunOptions& o, const CellRecord& c) {
  return Rng(derive_seed(o.seed, name_of(c)));
}

CellRecord load_cell(const StoredRunOptions& o, const LoadPoint& load, CellKind kind,
                     std::uint32_t block, Arm arm, TimePoint begin) {
  CellRecord c = header(kind, load, block, arm, begin);
  Rng rng = rng_of(o, c);
  const double tpot = tpot_of(arm, load.concurrency) * std::exp(0.01 * rng.normal());
  std::vector<TimePoint> free(load.concurrency, begin);
  for (std::uint32_t i = 0; i < kRequests + load.warmup_requests; ++i) {
    const auto next = std::min_element(free.begin(), free.end());
    if (i == load.warmup_requests) c.measured_begin = *next;
    c.requests.push_back(request(arm, name_of(c) + "/" + std::to_string(i), i, load.warmup_requests,
                                 *next, tpot * std::exp(0.02 * rng.normal()), rng));
    *next += c.requests.back().stream.closed + from_seconds(0.0002);
    c.end = std::max(c.end, *next);
  }
  return c;
}

/// The same tokens for every arm, but that a wrong answer leaves them in the middle.
std::vector<ScoredToken> tokens_of(std::uint32_t item, Arm arm, bool wrong) {
  std::vector<ScoredToken> tokens;
  Rng rng(derive_seed(item, "tokens"));
  for (std::size_t k = 0; k < kTokens; ++k) {
    ScoredToken& token = tokens.emplace_back();
    const double p = 0.6 + 0.3 * rng.uniform() - (arm == Arm::candidate ? 0.05 : 0);
    const std::int64_t first = 100 * static_cast<std::int64_t>(k);
    const bool other = wrong && k >= kTokens / 2;
    token.id = first + (other ? 1 : 0);
    token.logprob = std::log(p);
    token.top = {{token.id, "", std::log(p)},
                 {first + (other ? 0 : 1), "", std::log(0.7 * (1 - p))},
                 {first + 2, "", std::log(0.2 * (1 - p))}};
  }
  return tokens;
}

CellRecord quality_cell(const StoredRunOptions& o, const Suite& suite, const LoadPoint& load,
                        Arm arm, TimePoint begin) {
  CellRecord c = header(CellKind::quality, load, 0, arm, begin);
  Rng rng = rng_of(o, c);
  TimePoint at = begin;
  for (std::uint32_t i = 0; i < suite.items.size(); ++i) {
    RequestRecord r = request(arm, name_of(c) + "/" + std::to_string(i), i, 0, at, 0.01, rng);
    r.prompt_id = suite.items[i].id;
    r.text = suite.items[i].reference;
    const bool wrong = rng.uniform() < 0.1;
    if (wrong) r.text += " + 1";
    r.tokens = tokens_of(i, arm, wrong);
    at += r.stream.closed;
    c.requests.push_back(std::move(r));
  }
  c.end = at;
  return c;
}

}  // namespace

namespace {

/// The small suite as if it were Java, which nothing here parses or executes: these tests are about
/// the verdict, and would else wait for interpreters.
std::string plain_suite(const std::string& folder) {
  std::ifstream from(source_dir() + "/tests/e2e/data/mini.jsonl");
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/plain.jsonl";
  std::ofstream to(path);
  const std::string python = "\"language\": \"python\"";
  for (std::string line; std::getline(from, line);) {
    if (const auto at = line.find(python); at != std::string::npos)
      line.replace(at, python.size(), "\"language\": \"java\"");
    to << line << '\n';
  }
  return path;
}

}  // namespace

std::string store_small_run(const std::string& out, const StoredRunOptions& o) {
  const Scenario scenario =
      config::parse_scenario(kScenario, "small-run.yaml", {}, config::Secrets::leave_as_written);
  const Suite suite = quality::load_suite(plain_suite(out));
  const auto folder = store::RunFolder::create(out, "20260101T000000Z", scenario.name);
  Manifest manifest;
  manifest.run_id = "small-run";
  manifest.tool_version = "test";
  manifest.scenario_name = scenario.name;
  manifest.scenario_path = "small-run.yaml";
  manifest.scenario_source = kScenario;
  manifest.plan_hash = "0123456789abcdef";
  manifest.started = "2026-01-01T00:00:00Z";
  manifest.finished = "2026-01-01T02:00:00Z";
  manifest.logprobs = LogprobFacts{20, 3, true, "candidate gives 3 where 20 are asked"};
  std::vector<CellRecord> cells;
  TimePoint begin{std::chrono::seconds(10)};
  const auto add = [&](CellRecord cell) {
    manifest.expected.push_back({name_of(cell), cell.kind, cell.point, cell.block, cell.arm});
    begin = cell.end + std::chrono::seconds(1);
    if (o.shuffled) {
      Rng rng(derive_seed(99, name_of(cell)));
      shuffle(std::span(cell.requests), rng);
    }
    cells.push_back(std::move(cell));
  };
  for (const LoadPoint& point : scenario.points) {
    for (std::uint32_t k = 0; k < 2; ++k) {
      for (const Arm arm : {Arm::baseline, Arm::control})
        add(load_cell(o, point, CellKind::aa, k, arm, begin));
    }
    for (std::uint32_t k = 0; k < 6; ++k) {
      for (const Arm arm : {Arm::baseline, Arm::candidate})
        add(load_cell(o, point, CellKind::load, k, arm, begin));
    }
  }
  for (const Arm arm : {Arm::baseline, Arm::candidate})
    add(quality_cell(o, suite, scenario.points.front(), arm, begin));
  manifest.suites = {folder.copy_suite("quality", suite)};
  folder.write_manifest(manifest);
  for (const CellRecord& cell : cells) folder.write_cell(cell);
  folder.write_telemetry({}, {});
  folder.finish();
  return folder.path();
}

}  // namespace abgate::test
