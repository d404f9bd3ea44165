// Writes a run folder of 100,000 requests of 200 tokens, as `abgate compare` would have: the input
// of the judge's benchmark. Usage: bench_make_run OUT [REQUESTS [TOKENS [ITEMS [LOGPROBS]]]]; prints
// the folder. ITEMS: a quality pass of so many items beside it, both arms' answers of about 1 KiB
// stored; with LOGPROBS most likely tokens at each of their positions.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "config/scenario_file.hpp"
#include "core/manifest.hpp"
#include "core/record.hpp"
#include "core/rng.hpp"
#include "quality/suite.hpp"
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

/// Appended where there is a quality pass.
constexpr const char* kQuality =
    R"(  - {id: quality, metric: quality.em_ws, form: ratio, op: ">", value: 0.95}
  - {id: similarity, metric: quality.edit_similarity, form: ratio, op: ">", value: 0.95, level: target}
quality: {suite: bench-suite.jsonl}
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

/// About `bytes` of text that looks like Python to the scorers, on one line of a JSON file.
std::string code(Rng& rng, std::size_t bytes) {
  static const std::vector<std::string> words{
      "for ",  "item",  " in ",  "range(",  ")",   ":\\n    ", "return ", "total",
      " += ",  "self.", "count", "'text'",  "(",   ", ",       "[",       "]",
      "value", " = ",   "None",  "\\n    ", "if ", "x1"};
  std::string out;
  while (out.size() < bytes) out += words[rng.below(words.size())];
  return out;
}

/// A suite of `items` completions from half as many sources.
Suite make_suite(const std::string& out, std::size_t items) {
  const std::string path = out + "/bench-suite.jsonl";
  std::ofstream file(path);
  file << R"({"suite":"bench","version":1,"licence":"CC0-1.0"})"
       << "\n";
  Rng rng(3);
  for (std::size_t i = 0; i < items; ++i) {
    file << R"({"id":"bench/)" << i << R"(","cluster":"source-)" << i / 2 << R"(","category":"c)"
         << i % 5
         << R"(","language":"python","kind":"completion","prompt":"def f():\n","reference":")"
         << code(rng, 1024) << "\"}\n";
  }
  file.close();
  return quality::load_suite(path);
}

/// The same tokens for every arm, but that a wrong answer leaves them in the middle.
std::vector<ScoredToken> tokens_of(std::uint32_t item, bool wrong, std::size_t tokens,
                                   std::size_t logprobs, Rng& noise) {
  std::vector<ScoredToken> out(tokens);
  Rng rng(derive_seed(item, "tokens"));
  for (std::size_t k = 0; k < tokens; ++k) {
    ScoredToken& token = out[k];
    token.id = static_cast<std::int64_t>(rng.below(150'000));
    token.logprob = std::log(0.5 + 0.4 * rng.uniform()) - 0.01 * noise.uniform();
    double left = 1 - std::exp(token.logprob);
    const auto other = static_cast<std::int64_t>(rng.below(150'000));
    if (wrong && k >= tokens / 2) token.id = other;
    token.top.push_back({token.id, "", token.logprob});
    while (token.top.size() < logprobs)
      token.top.push_back(
          {static_cast<std::int64_t>(rng.below(150'000)), "", std::log(left *= 0.5)});
  }
  return out;
}

CellRecord quality_cell(const Suite& suite, Arm arm, TimePoint begin, std::size_t logprobs) {
  CellRecord c;
  c.point = "quality";
  c.kind = CellKind::quality;
  c.arm = arm;
  c.begin = c.measured_begin = begin;
  Rng rng(derive_seed(11, to_string(arm)));
  TimePoint at = begin;
  for (std::uint32_t i = 0; i < suite.items.size(); ++i) {
    RequestRecord r =
        request(arm, "quality/000-" + std::string(to_string(arm)) + "/" + std::to_string(i), i, at,
                0.01, 200, rng);
    r.prompt_id = suite.items[i].id;
    r.planned.phase = Phase::measured;
    r.text = suite.items[i].reference;
    const bool wrong = rng.uniform() < 0.12;
    if (wrong) {  // but a related answer
      for (int k = 0; k < 60; ++k)
        r.text[rng.below(r.text.size())] = static_cast<char>('a' + rng.below(26));
    }
    Rng noise(derive_seed(i, to_string(arm)));
    if (logprobs > 0) r.tokens = tokens_of(i, wrong, r.stream.events.size(), logprobs, noise);
    at += from_seconds(0.05);
    c.requests.push_back(std::move(r));
  }
  c.end = at + std::chrono::seconds(5);
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

std::string make_run(const std::string& out, std::size_t requests, std::size_t tokens,
                     std::size_t items, std::size_t logprobs) {
  const std::string source = std::string(kScenario) + (items > 0 ? kQuality : "");
  const Scenario scenario =
      config::parse_scenario(source, "bench-judge.yaml", {}, config::Secrets::leave_as_written);
  const auto folder = store::RunFolder::create(out, "20260101T000000Z", scenario.name);
  Manifest manifest;
  manifest.run_id = folder.id();
  manifest.tool_version = "bench";
  manifest.scenario_name = scenario.name;
  manifest.scenario_path = "bench-judge.yaml";
  manifest.scenario_source = source;
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
  const Suite suite = items > 0 ? make_suite(out, items) : Suite{};
  if (items > 0) {
    manifest.suites = {folder.copy_suite("quality", suite)};
    for (const Arm arm : {Arm::baseline, Arm::candidate}) {
      manifest.expected.push_back(
          {"quality/000-" + std::string(to_string(arm)), CellKind::quality, "quality", 0, arm});
    }
  }
  if (logprobs > 0) {
    const int top = static_cast<int>(logprobs);
    manifest.logprobs = LogprobFacts{top, top, true, ""};
  }
  folder.write_manifest(manifest);
  TimePoint begin{std::chrono::seconds(10)};
  for (const Piece& p : pieces()) {
    const CellRecord c =
        cell(scenario.points.front(), p.kind, p.block, p.arm, begin, requests / kCells, tokens);
    folder.write_cell(c);
    begin = c.end + std::chrono::seconds(1);
  }
  if (items > 0) {
    for (const Arm arm : {Arm::baseline, Arm::candidate})
      folder.write_cell(quality_cell(suite, arm, begin, logprobs));
  }
  folder.write_telemetry({}, {});
  folder.finish();
  return folder.path();
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: bench_make_run OUT [REQUESTS [TOKENS [ITEMS [LOGPROBS]]]]\n";
    return 64;
  }
  const std::size_t requests = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100000;
  const std::size_t tokens = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 200;
  const std::size_t items = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 0;
  const std::size_t logprobs = argc > 5 ? std::strtoull(argv[5], nullptr, 10) : 0;
  if (requests < kCells || tokens < 2) {
    std::cerr << "bench_make_run: want at least " << kCells << " requests and 2 tokens\n";
    return 64;
  }
  std::cout << make_run(argv[1], requests, tokens, items, logprobs) << "\n";
}
