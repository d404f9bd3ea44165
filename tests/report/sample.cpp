#include "sample.hpp"

#include <cmath>

#include "core/rng.hpp"

namespace abgate::test {

namespace {
using decision::CriterionResult;
using decision::Result;
using stats::Estimate;

Estimate estimate(double value, double lo, double hi, std::size_t n,
                  std::string method = "t on 6 block log-ratios") {
  Estimate e;
  e.value = value;
  e.lo = lo;
  e.hi = hi;
  e.n = n;
  e.method = std::move(method);
  return e;
}

Criterion criterion(std::string id, std::string title, std::string metric, std::string stat,
                    Form form, Op op, double value, std::string unit) {
  Criterion c;
  c.id = std::move(id);
  c.title = std::move(title);
  c.metric = std::move(metric);
  c.stat = std::move(stat);
  c.form = form;
  c.op = op;
  c.value = value;
  c.unit = std::move(unit);
  return c;
}

CriterionResult result(Criterion c, Result r, double measured, std::optional<double> bound,
                       double candidate, double baseline, std::size_t n, std::string n_unit) {
  CriterionResult out;
  out.criterion = std::move(c);
  out.result = r;
  out.measured = measured;
  out.bound = bound;
  out.candidate = candidate;
  out.baseline = baseline;
  out.n = n;
  out.n_unit = std::move(n_unit);
  out.alpha_fail = 0.01;
  out.code = "bound_holds";
  return out;
}

CriterionResult memory_result() {
  auto c = criterion("gpu_memory", "GPU memory, peak per GPU", "gpu_memory_used", "max",
                     Form::candidate, Op::lt, 60, "GB");
  c.note = "1 GB = 10^9 bytes; what the driver counts, preallocation included";
  auto r = result(c, Result::pass, 41.7, 41.7, 41.7, 71.9, 1846, "samples");
  r.code = "observed";
  r.p_value = 0;
  r.reason = "peak 41.7 GB over 1,846 readings, required < 60 GB";
  r.method = "the largest reading is a fact where no reading is missing";
  r.notes = {"candidate 41.7 GB (38.8 GiB) of 97.9 GB (91.2 GiB)",
             "demand (weights, activations and the KV cache in use): 24.1 GB (22.4 GiB)"};
  return r;
}

std::vector<CriterionResult> speed_results() {
  auto absolute =
      result(criterion("speed", "Output speed per stream", "stream_speed", "mean", Form::candidate,
                       Op::ge, 40, "tok/s"),
             Result::pass, 42.67, 42.0817347051621, 42.67, 20.171666666666667, 6, "blocks");
  absolute.criterion.point = "c8";
  absolute.other_bound = 43.2582652948379;
  absolute.p_value = 0.00013094129628843376;
  absolute.reason = "lower bound 42.1 tok/s ≥ 40 tok/s (6 blocks)";
  absolute.method = "t on the candidate's block values";
  auto ratio = result(criterion("speed_ratio", "Output speed per stream, ratio", "stream_speed",
                                "mean", Form::ratio, Op::ge, 2, ""),
                      Result::pass, 2.1152226573108157, 2.1007288665957025, 42.67,
                      20.171666666666667, 6, "blocks");
  ratio.criterion.point = "c8";
  ratio.other_bound = 2.129816446637189;
  ratio.p_value = 7.65388637613551e-06;
  ratio.reason = "lower bound 2.10× ≥ 2× (6 blocks)";
  ratio.method = "t on the logarithms of candidate/baseline, one per block";
  return {absolute, ratio};
}

CriterionResult quality_result() {
  auto c = criterion("quality", "Quality loss (500 prompts)", "quality.pass1", "mean", Form::ratio,
                     Op::gt, 0.95, "");
  c.note = "5 % is relative to the baseline";
  auto r = result(c, Result::pass, 0.9796839729119639, 0.952249, 0.868, 0.886, 500, "items");
  r.other_bound = 1.0086;
  r.p_value = 0.03807;
  r.reason = "lower bound 0.9522 > 0.95 (500 items)";
  r.method = "Tang score test on paired right and wrong answers";
  r.notes = {"53 answers changed: 22 better, 31 worse"};
  return r;
}

CriterionResult errors_result() {
  auto r = result(
      criterion("errors", "Errors and crashes", "errors", "sum", Form::candidate, Op::eq, 0, "req"),
      Result::pass, 0, std::nullopt, 0, 0, 3000, "requests");
  r.code = "observed";
  r.reason = "0 of 3,000 requests failed";
  r.notes = {"0 of 3,000 proves a failure rate below 0.0998 % at 95 %",
             "0 restarts of the server seen"};
  r.method = "failed requests seen, with what that many of n prove";
  return r;
}

CriterionResult ttft_result() {
  auto r = result(criterion("ttft", "TTFT p95", "ttft", "p95", Form::candidate, Op::lt, 1, "s"),
                  Result::pass, 0.52, 0.87, 0.52, 0.98, 6, "blocks");
  r.criterion.point = "c8";
  r.other_bound = 0.41;
  r.p_value = 4.47879721094858e-06;
  r.reason =
      "not < 1 s: 29 of 1,200 requests (2.42 %), upper bound 3.02 % against 5 % allowed (exact "
      "over requests and t over 6 runs)";
  r.method = "share of requests beyond the threshold: exact binomial and t over runs, both";
  return r;
}

CriterionResult target_result() {
  auto r = result(criterion("ttft_p99", "TTFT p99", "ttft", "p99", Form::candidate, Op::lt, 2, "s"),
                  Result::inconclusive, 1.93, 2.41, 1.93, 2.2, 6, "blocks");
  r.criterion.level = Level::target;
  r.criterion.point = "c8";
  r.code = "straddles";
  r.reason = "not < 2 s: 11 of 1,200 requests (0.917 %), upper bound 1.6 % against 1 % allowed";
  r.next_step = "expected to decide: about 12 more blocks (blocks: 18)";
  return r;
}

void fill_scenario(Scenario& s) {
  s.name = "redfin-fp16-vs-awq";
  s.baseline.label = "FP16";
  s.baseline.url = "http://operator:hunter2@redfin:8000/v1";
  s.baseline.model = "Qwen/Qwen2.5-Coder-32B-Instruct";
  s.baseline.facts.quantization = "fp16";
  s.candidate.label = "AWQ";
  s.candidate.url = "http://redfin:8001/v1";
  s.candidate.model = "Qwen/Qwen2.5-Coder-32B-Instruct-AWQ";
  s.candidate.facts.quantization = "awq_marlin";
  s.candidate.facts.other = {{"gpu_memory_utilization", "0.40"}};
  LoadPoint c8;
  c8.id = "c8";
  LoadPoint c32;
  c32.id = "c32";
  c32.concurrency = 32;
  s.workload.suite = "../prompts/code-basics.jsonl";
  s.points = {c8, c32};
  s.quality.suite = "prompts/core.jsonl";
  s.slo.ttft = std::chrono::seconds(1);
  s.report.rollback =
      "Point the router back at `fp16` (owner: serving on-call, 2 minutes):\n\n```\nsystemctl "
      "start vllm-fp16 && router switch fp16\n```";
}

/// Latencies with the shape of a serving system: a log-normal body and a tail.
stats::RequestMetrics request(Rng& rng, std::uint32_t index, double ttft, double tpot) {
  stats::RequestMetrics r;
  r.index = index;
  r.success = true;
  r.ttft = r.ttft_service = ttft * std::exp(0.35 * rng.normal());
  r.tpot = tpot * std::exp(0.05 * rng.normal());
  r.icg_max = r.tpot * 3;
  r.output_tokens = 128;
  r.prompt_tokens = 735;
  r.e2e = r.ttft + 127 * r.tpot;
  r.ntpot = r.e2e / 128;
  r.chunks = 128;
  return r;
}

/// A server that counts the tokens of each event, and one that does not.
std::shared_ptr<const stats::TokenGaps> gaps_like(bool candidate, double slower) {
  auto gaps = std::make_shared<stats::TokenGaps>();
  for (int i = 0; i < 400; ++i) {
    const double gap = (candidate ? 0.0234 : 0.0496) * slower * (0.9 + 0.0005 * i);
    gaps->icg.add(gap);
    if (candidate) gaps->itl.add(gap / 2, 2);
  }
  gaps->events = 402;
  gaps->batched = candidate ? 0 : 2;
  return gaps;
}

void add_blocks(stats::Measurements& m, const std::string& point, std::size_t streams,
                double slower) {
  Rng rng(streams);
  for (std::uint32_t block = 0; block < 6; ++block) {
    for (const Arm arm : {Arm::baseline, Arm::candidate}) {
      stats::BlockArm b;
      b.point = point;
      b.block = block;
      b.arm = arm;
      const bool candidate = arm == Arm::candidate;
      for (std::uint32_t i = 0; i < 200; ++i) {
        b.requests.push_back(request(rng, i, (candidate ? 0.31 : 0.53) * slower,
                                     (candidate ? 0.0234 : 0.0496) * slower));
      }
      b.attempted = b.requests.size();
      b.window = {2.5, 61.5, true, "MSER-5 cut 5 bins"};
      b.throughput = b.throughput_whole =
          static_cast<double>(streams) * (candidate ? 40.0 : 19.0) / slower;
      b.request_rate = b.throughput / 128;
      b.wall_seconds = 64;
      b.health.loop_lag_p99 = Duration{180'000 + 1000 * static_cast<std::int64_t>(block)};
      b.health.client_cpu = 0.11;
      b.health.wake_lag_p99 = Duration{210'000};
      b.health.receive_queue_p99 = 612;
      b.health.tcp = {52'000, 61'000, 3 + block, 4, true};
      b.gaps = gaps_like(candidate, slower);
      m.blocks.push_back(std::move(b));
    }
  }
}

stats::MetricComparison metric(const std::string& name, const std::string& stat,
                               const std::string& unit, const std::string& point, double baseline,
                               double candidate) {
  stats::MetricComparison m;
  m.metric = name;
  m.stat = stat;
  m.unit = unit;
  m.point = point;
  m.baseline = estimate(baseline, baseline * 0.985, baseline * 1.015, 6, "t on 6 blocks");
  m.candidate = estimate(candidate, candidate * 0.985, candidate * 1.015, 6, "t on 6 blocks");
  const double ratio = candidate / baseline;
  m.ratio = estimate(ratio, ratio * 0.993, ratio * 1.007, 6);
  m.difference =
      estimate(candidate - baseline, candidate - baseline - 0.01, candidate - baseline + 0.01, 6);
  return m;
}

void fill_comparison(stats::Comparison& c) {
  for (const auto& [point, slower] : {std::pair<std::string, double>{"c8", 1}, {"c32", 2.4}}) {
    const double streams = point == "c8" ? 8 : 32;
    c.metrics.push_back(metric("ttft", "mean", "s", point, 0.56 * slower, 0.33 * slower));
    c.metrics.push_back(metric("ttft", "p50", "s", point, 0.53 * slower, 0.31 * slower));
    c.metrics.push_back(metric("ttft", "p95", "s", point, 0.98 * slower, 0.52 * slower));
    c.metrics.push_back(metric("ttft", "p99", "s", point, 1.2 * slower, 0.7 * slower));
    c.metrics.push_back(metric("tpot", "mean", "s", point, 0.0496 * slower, 0.0234 * slower));
    c.metrics.push_back(metric("tpot", "p50", "s", point, 0.0495 * slower, 0.0233 * slower));
    c.metrics.push_back(metric("tpot", "p95", "s", point, 0.054 * slower, 0.0254 * slower));
    c.metrics.push_back(metric("e2e", "mean", "s", point, 6.86 * slower, 3.3 * slower));
    auto speed =
        metric("stream_speed", "mean", "tok/s", point, 20.171666666666667 / slower, 42.67 / slower);
    speed.baseline_blocks = {20.31, 19.88, 20.12, 20.55, 19.97, 20.2};
    speed.candidate_blocks = {43.1, 42.35, 42.02, 43.77, 41.9, 42.88};
    if (point == "c8")
      speed.ratio = estimate(2.1152226573108157, 2.1007288665957025, 2.129816446637189, 6);
    c.metrics.push_back(speed);
    c.metrics.push_back(
        metric("throughput", "mean", "tok/s", point, streams * 19 / slower, streams * 40 / slower));
    c.metrics.push_back(metric("request_rate", "mean", "req/s", point, streams * 19 / slower / 128,
                               streams * 40 / slower / 128));
    c.metrics.push_back(metric("output_tokens", "mean", "tok", point, 128, 128));
    c.metrics.push_back(metric("slo_attainment", "mean", "", point, 0.953, 0.976));
    stats::LengthDrift drift;
    drift.point = point;
    drift.ratio = estimate(1.0, 0.999, 1.001, 6);
    drift.ks_statistic = 0.01;
    drift.ks_p = 0.97;
    c.lengths.push_back(drift);
  }
  c.aa.push_back({"stream_speed", "c8",
                  estimate(1.0005175178208565, 0.9934127975573744, 1.007673049841693, 2)});
}

stats::QualityGroup group(const std::string& dimension, const std::string& name, std::size_t both,
                          std::size_t candidate_only, std::size_t baseline_only,
                          std::size_t neither) {
  stats::QualityGroup g;
  g.metric = "pass1";
  g.dimension = dimension;
  g.name = name;
  g.binary = true;
  g.both = both;
  g.candidate_only = candidate_only;
  g.baseline_only = baseline_only;
  g.neither = neither;
  g.n = both + candidate_only + baseline_only + neither;
  g.clusters = g.n;
  const double n = static_cast<double>(g.n), b = static_cast<double>(both + baseline_only) / n,
               x = static_cast<double>(both + candidate_only) / n;
  const double width = 0.6 / std::sqrt(n);
  g.baseline = estimate(b, b - width, b + width, g.n, "Wilson");
  g.candidate = estimate(x, x - width, x + width, g.n, "Wilson");
  g.ratio = estimate(x / b, x / b - width, x / b + width, g.n, "Tang score");
  g.difference = estimate(x - b, x - b - width, x - b + width, g.n, "Tango score");
  return g;
}

ItemScore answer(Arm arm, const std::string& item, const std::string& completion, double pass) {
  ItemScore a;
  a.arm = arm;
  a.item = item;
  a.category = "algorithm";
  a.language = "python";
  a.answered = true;
  a.scores = {{"pass1", pass}, {"edit_similarity", pass > 0 ? 0.98 : 0.71}};
  a.completion = completion;
  a.reference = "    return sorted(xs)[len(xs) // 2]\n";
  a.context = "def median(xs):\n    \"\"\"Middle value.\"\"\"\n";
  return a;
}

void fill_quality(Sample& s) {
  auto all = group("all", "", 412, 22, 31, 35);
  all.ratio = estimate(0.9796839729119639, 0.952249, 1.0086, 500, "Tang score");
  auto code = group("category", "fim-line", 61, 4, 7, 8);
  code.flagged = true;
  code.p_adjusted = 0.041;
  s.comparison.quality = {all, group("category", "algorithm", 351, 18, 24, 27), code,
                          group("language", "cpp", 120, 6, 10, 14),
                          group("language", "python", 292, 16, 21, 21)};
  s.measurements.quality_attempted[0] = s.measurements.quality_attempted[1] = 500;
  for (int i = 0; i < 3; ++i) {
    stats::QualityPair pair;
    pair.item = "item-" + std::to_string(i);
    pair.category = "algorithm";
    pair.language = "python";
    pair.baseline = {{"pass1", 1}, {"edit_similarity", 0.98}};
    pair.candidate = {{"pass1", i == 2 ? 1.0 : 0.0}, {"edit_similarity", i == 2 ? 0.98 : 0.71}};
    s.measurements.quality.push_back(pair);
    s.measurements.answers.push_back(
        answer(Arm::baseline, pair.item, "    xs = sorted(xs)\n    return xs[len(xs) // 2]\n", 1));
    s.measurements.answers.push_back(answer(Arm::candidate, pair.item,
                                            "    xs = sorted(xs)\n    return xs[len(xs) / 2]\n",
                                            i == 2 ? 1 : 0));
  }
  s.measurements.answers.back().flags = {"hit_length"};
}

void fill_servers(Sample& s) {
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    const bool candidate = arm == Arm::candidate;
    auto& server = s.measurements.server[index_of(arm)];
    server.seen = true;
    server.ttft_mean = candidate ? 0.331 : 0.558;
    server.itl_mean = candidate ? 0.0235 : 0.0497;
    server.prefix_hit_rate = 0.0;
    server.preemptions = 0;
    server.prompt_tokens = 1764000;
    server.generation_tokens = 307200;
    server.kv_usage_max = candidate ? 0.11 : 0.62;
    auto& memory = s.measurements.memory[index_of(arm)];
    memory.gpu = "NVIDIA RTX PRO 6000 Blackwell, GPU-1";
    memory.used_peak_gb = candidate ? 41.7 : 71.9;
    memory.total_gb = 97.9;
    memory.weights_gb = candidate ? 19.3 : 65.5;
    memory.demand_gb = candidate ? 24.1 : 70.2;
    memory.samples = 1846;
    memory.longest_gap_s = 1.02;
    ServerFacts facts;
    facts.arm = arm;
    facts.url = candidate ? "http://redfin:8001/v1" : "http://redfin:8000/v1";
    facts.version = "0.11.2";
    facts.model =
        candidate ? "Qwen/Qwen2.5-Coder-32B-Instruct-AWQ" : "Qwen/Qwen2.5-Coder-32B-Instruct";
    facts.max_model_len = 32000;
    facts.token_ids_hash = "5f0c1b";
    facts.other = {{"enable_prefix_caching", "True"},
                   {"gpu_memory_utilization", candidate ? "0.40" : "0.70"}};
    s.measurements.facts.push_back(facts);
    for (int i = 0; i < 60; ++i) {
      GpuSample gpu;
      gpu.at = TimePoint{std::chrono::seconds(1000 + 10 * i)};
      gpu.arm = arm;
      gpu.gpu = candidate ? "GPU-2" : "GPU-1";
      gpu.memory_used_bytes = (candidate ? 41.2e9 : 71.4e9) + 5e8 * std::min(i, 20) / 20.0;
      s.telemetry.gpu.push_back(gpu);
    }
  }
}

void fill_manifest(Manifest& m) {
  m.run_id = "20260131T021700Z-redfin-fp16-vs-awq";
  m.tool_version = "0.1.0";
  m.scenario_name = "redfin-fp16-vs-awq";
  m.scenario_hash = "0123456789abcdef";
  m.criteria_hash = "fedcba9876543210";
  m.plan_hash = "00ff00ff00ff00ff";
  m.host = {"loadgen-1", "6.1.0-18-amd64", "AMD EPYC 9554", 16, "tsc"};
  m.suites = {{"quality", "core", "suites/quality.jsonl.gz", "abcd", "MIT", 500}};
  m.overrides = {"blocks=6"};
  m.calibration =
      ClientCalibration{64, 3200, 3199.6, 0.031, 0.094, 0.012, 0.058, 0.11, 0.09, 0.06, 0, 25600, true};
  m.started = "2026-01-31T02:17:00Z";
  m.finished = "2026-01-31T02:59:30Z";
  m.clock_zero = TimePoint{std::chrono::seconds(1000)};
}

void fill_verdict(decision::Verdict& v) {
  v.criteria = {memory_result()};
  for (auto& r : speed_results()) v.criteria.push_back(r);
  v.criteria.push_back(quality_result());
  v.criteria.push_back(errors_result());
  v.criteria.push_back(ttft_result());
  v.criteria.push_back(target_result());
  v.decision = decision::Decision::go;
  v.headline = "GO: AWQ meets all 6 must criteria";
  v.scope =
      "AWQ against FP16 at c8 (8 streams at once) and c32 (32 streams at once), 6 paired blocks "
      "each, cache cold; quality on 500 items";
  v.caveats = {"Quality loss (500 prompts) passes narrowly: lower bound 0.9522 > 0.95 (500 items)",
               "category fim-line may have regressed in pass1 (80 items, -3.8 points, "
               "Holm-adjusted p 0.041)",
               "not covered: more than 32 streams at once"};
  v.aa_line =
      "Noise check (FP16 against itself, 2 blocks, 90 %): stream_speed 1.0005× [0.993, 1.008].";
  v.next_step =
      "Promote AWQ within the scope above, keep FP16 ready for rollback, and judge again nightly.";
  v.p_overall = 0.03807;
  v.criteria_hash = "fedcba9876543210";
  v.explanations = {{"crossover", "The candidate's lead shrinks with load",
                     "2.12× at 8 streams, 2.11× at 32 streams", "Do not promote beyond 32 streams.",
                     false}};
}
}  // namespace

Sample go_sample() {
  Sample s;
  fill_manifest(s.manifest);
  fill_scenario(s.scenario);
  add_blocks(s.measurements, "c8", 8, 1);
  add_blocks(s.measurements, "c32", 32, 2.4);
  fill_comparison(s.comparison);
  fill_quality(s);
  fill_servers(s);
  fill_verdict(s.verdict);
  for (const CriterionResult& r : s.verdict.criteria) s.scenario.criteria.push_back(r.criterion);
  return s;
}

Sample no_go_sample() {
  Sample s = go_sample();
  s.verdict.decision = decision::Decision::no_go;
  s.verdict.simulated = s.measurements.simulated = true;
  s.verdict.headline =
      "NO-GO: AWQ does not meet 2 of 6 must criteria (Output speed per stream and Output speed per "
      "stream, ratio)";
  for (const std::size_t i : {1u, 2u}) {
    CriterionResult& r = s.verdict.criteria[i];
    r.result = Result::fail;
    r.code = "bound_violates";
    r.candidate = 7.63;
    r.measured = i == 1 ? 7.63 : 0.378;
    r.bound = i == 1 ? 7.55 : 0.374;
    r.other_bound = i == 1 ? 7.71 : 0.382;
    r.reason = i == 1 ? "even the upper bound 7.71 tok/s < 40 tok/s (6 blocks)"
                      : "even the upper bound 0.382× < 2× (6 blocks)";
  }
  s.verdict.explanations = {
      {"plain_awq_kernel", "The plain AWQ kernel was forced",
       "7.63 tok/s per stream at 8 streams; awq_marlin reaches 5 to 8 times that on this GPU",
       "Start the candidate without --quantization awq.", true}};
  s.verdict.caveats = {
      "The plain AWQ kernel was forced: 7.63 tok/s per stream at 8 streams; awq_marlin reaches 5 "
      "to 8 times that on this GPU"};
  s.verdict.next_step =
      "Keep FP16 in production. Before the next candidate, remove a known cause (The plain AWQ "
      "kernel was forced): Start the candidate without --quantization awq.";
  s.measurements.blocks[1].failures = {{"http_error 500 InternalServerError", 2}};
  s.measurements.blocks[1].failed = 2;
  return s;
}

namespace {
/// The arms' own answers, up to where they part.
stats::LikelihoodSummary answers_summary() {
  stats::LikelihoodSummary s;
  s.task = LikelihoodTask::answer;
  s.texts = 496;
  s.lost = 4;
  s.why_lost = "candidate: 31 tokens with log-probabilities, the server counted 44";
  s.tokens = 18'204;
  s.confidence[index_of(Arm::baseline)] = estimate(-0.1923, -0.2014, -0.1832, 496);
  s.confidence[index_of(Arm::candidate)] = estimate(-0.2087, -0.2185, -0.1989, 496);
  s.confidence[index_of(Arm::control)] = estimate(-0.1921, -0.2012, -0.183, 490);
  s.candidate.positions = 18'204;
  s.candidate.same_top = estimate(0.9871, 0.9852, 0.989, 496);
  s.candidate.kl_lower = estimate(0.0118, 0.0107, 0.0129, 496);
  s.candidate.jsd_lower = 0.0027;
  s.candidate.jsd_upper = 0.0121;
  s.candidate.tail = 0.0131;
  s.candidate.diverged = 241;
  s.candidate.near_ties = 122;
  s.candidate.unclear = 3;
  s.candidate.first_divergence = 31;
  s.candidate.regret = 0.412;
  s.control = s.candidate;
  s.control_texts = 490;
  s.control->positions = 21'077;
  s.control->same_top = estimate(0.9983, 0.9976, 0.999, 490);
  s.control->kl_lower = estimate(0.0003, 0.0002, 0.0004, 490);
  s.control->jsd_lower = 0.0001;
  s.control->jsd_upper = 0.0093;
  s.control->first_divergence = 44;
  s.control->diverged = 37;
  s.control->near_ties = 36;
  s.control->unclear = 0;
  s.control->regret = 0.019;
  return s;
}
}  // namespace

Sample quality_sample() {
  Sample s = go_sample();
  s.scenario.quality.scorer.command = {"score.py"};
  s.scenario.quality.scorer.metric = "house_style";
  s.manifest.grader =
      "tests of core: 420 of 420 references pass, 420 of 420 stubs fail (sandbox A (namespaces))";
  s.measurements.quality_notes = {
      "pass1: the answers to 420 items were executed with their tests in sandbox A (namespaces)",
      "pass1: not measured for 80 items: no tests",
      "syntax_valid: not measured for 24 answers: no parser for rust"};
  stats::QualityGroup own;
  own.metric = "plugin";
  own.dimension = "all";
  own.n = own.clusters = 500;
  own.baseline = estimate(0.8, 0.78, 0.82, 500);
  own.candidate = estimate(0.79, 0.77, 0.81, 500);
  own.ratio = estimate(0.9875, 0.97, 1.005, 500);
  own.difference = estimate(-0.01, -0.024, 0.004, 500);
  s.comparison.quality.push_back(own);
  stats::LengthDrift drift;
  drift.point = "quality";
  drift.ratio = estimate(1.031, 1.004, 1.059, 500);
  s.comparison.lengths.push_back(drift);

  stats::AnswerFloor floor;
  floor.metric = "pass1";
  floor.binary = true;
  floor.n = 420;
  floor.changed = estimate(0.106, 0.083, 0.129, 420);
  floor.floor = estimate(0.062, 0.043, 0.081, 420);
  floor.excess = estimate(0.044, 0.016, 0.072, 420);
  floor.difference = estimate(-0.018, -0.043, 0.007, 420);
  floor.floor_difference = estimate(0.004, -0.015, 0.023, 420);
  floor.unresolved = true;
  s.comparison.floor = {floor};
  floor.metric = "edit_similarity";
  floor.binary = floor.unresolved = false;
  s.comparison.floor.push_back(floor);

  stats::AnswerRate rate;
  rate.name = "dedent";
  rate.n = rate.n_control = 500;
  rate.baseline = estimate(0.12, 0.1, 0.15, 500);
  rate.candidate = estimate(0.31, 0.27, 0.35, 500);
  rate.control = estimate(0.124, 0.1, 0.15, 500);
  rate.difference = estimate(0.19, 0.15, 0.23, 500);
  rate.floor_difference = estimate(0.004, -0.01, 0.018, 500);
  s.comparison.rates = {rate};
  rate.kind = stats::AnswerRate::Kind::flag;
  rate.name = "repetition_loop";
  rate.baseline = rate.control = estimate(0, 0, 0.005, 500);
  rate.candidate = estimate(0.004, 0.001, 0.012, 500);
  rate.difference = estimate(0.004, -0.002, 0.012, 500);
  rate.floor_difference = estimate(0, -0.005, 0.005, 500);
  s.comparison.rates.push_back(rate);

  stats::LikelihoodSummary likelihood;
  likelihood.texts = 420;
  likelihood.lost = 2;
  likelihood.why_lost = "candidate: status 400: the prompt is too long";
  likelihood.tokens = 61'250;
  likelihood.baseline_ppl = 1.9042;
  likelihood.candidate_ppl = 1.9437;
  likelihood.candidate.positions = 60'830;
  likelihood.candidate.ppl_ratio = estimate(1.0207, 1.0162, 1.0253, 420);
  likelihood.candidate.same_top = estimate(0.956, 0.952, 0.96, 420);
  likelihood.candidate.kl_lower = estimate(0.0213, 0.0198, 0.0228, 420);
  likelihood.candidate.jsd_lower = 0.00481;
  likelihood.candidate.jsd_upper = 0.00612;
  likelihood.candidate.tail = 0.0042;
  likelihood.control = likelihood.candidate;
  likelihood.control->ppl_ratio = estimate(1.0001, 0.9996, 1.0006, 418);
  likelihood.control->same_top = estimate(0.9971, 0.9965, 0.9977, 418);
  likelihood.control->kl_lower = estimate(0.0002, 0.0001, 0.0003, 418);
  likelihood.control_texts = 418;
  likelihood.excess_changed_top = estimate(0.0411, 0.0371, 0.0451, 418);
  likelihood.excess_kl = estimate(0.0211, 0.0196, 0.0226, 418);
  s.comparison.likelihood = {likelihood};
  likelihood.task = LikelihoodTask::output;
  likelihood.lost = 0;
  likelihood.candidate.diverged = 131;
  likelihood.candidate.near_ties = 88;
  likelihood.candidate.first_divergence = 27;
  likelihood.candidate.regret = 0.184;
  likelihood.control->diverged = 19;
  likelihood.control->near_ties = 19;
  likelihood.control->first_divergence = 33;
  likelihood.control->regret = 0.011;
  s.comparison.likelihood.push_back(likelihood);
  s.comparison.likelihood.push_back(answers_summary());
  s.manifest.logprobs =
      LogprobFacts{20, 5, true,
                   "candidate refuses 20 (http_error 400 BadRequestError: Requested sample logprobs "
                   "of 20, which is greater than max allowed: 5)"};
  return s;
}

Sample empty_sample() {
  Sample s;
  s.verdict.headline = "INCONCLUSIVE: no must criterion is declared";
  return s;
}

const std::string& hostile_text() {
  static const std::string text =
      "</pre></details><script>alert(1)</script>|`code`|\n# "
      "heading\n```\n~~~\n![x](http://evil.example/p.png) [y](javascript:alert(1)) "
      "http://evil.example "
      "\x1b[31mred\x1b[0m \xe2\x80\xae"
      "desrever \xe2\x80\x8b& <img src=x onerror=alert(1)> ]]> \xff\xfe \"quote\" 'apostrophe' "
      "=HYPERLINK(1) " +
      std::string("nul\0byte", 8);
  return text;
}

Sample hostile_sample() {
  Sample s = go_sample();
  const std::string& evil = hostile_text();
  s.scenario.baseline.label = s.scenario.candidate.label = evil;
  s.scenario.points[0].id = evil;
  for (auto& b : s.measurements.blocks) {
    if (b.point == "c8") b.point = evil;
    b.window.why = evil;
    b.failures = {{evil, 1}};
  }
  for (auto& m : s.comparison.metrics) {
    if (m.point == "c8") m.point = evil;
  }
  for (auto& g : s.comparison.quality) g.name = evil;
  for (auto& a : s.measurements.answers)
    a.completion = a.reference = a.context = a.category = evil, a.flags = {evil};
  for (auto& f : s.measurements.facts) f.model = f.version = evil, f.other = {{evil, evil}};
  for (auto& r : s.verdict.criteria)
    r.criterion.title = r.criterion.id = r.reason = r.method = r.next_step = evil, r.notes = {evil};
  stats::LikelihoodSummary lost;
  lost.lost = 1;
  lost.why_lost = evil;
  s.comparison.likelihood = {lost};
  stats::AnswerFloor floor;
  floor.metric = evil;
  floor.floor.value = 0.06;
  floor.unresolved = true;
  s.comparison.floor = {floor};
  stats::AnswerRate rate;
  rate.name = evil;
  s.comparison.rates = {rate};
  rate.kind = stats::AnswerRate::Kind::flag;
  s.comparison.rates.push_back(rate);
  s.measurements.quality_notes = {evil};
  s.manifest.grader = evil;
  s.manifest.logprobs = LogprobFacts{20, 0, false, evil};
  s.scenario.quality.scorer.metric = evil;
  for (auto& g : s.comparison.quality) {
    if (g.dimension == "language") g.metric = "plugin";
  }
  for (auto& e : s.verdict.explanations) e.title = e.evidence = e.advice = evil;
  s.verdict.validity = {{evil, true, evil, evil}};
  s.verdict.caveats = {evil};
  s.verdict.headline = s.verdict.scope = s.verdict.aa_line = s.verdict.next_step = evil;
  s.manifest.scenario_name = s.manifest.run_id = s.manifest.host.name = evil;
  s.measurements.notes = s.measurements.missing_cells = {evil};
  s.measurements.memory[0].gpu = s.measurements.memory[0].why = evil;
  for (auto& g : s.telemetry.gpu) g.gpu = evil;
  return s;
}

}  // namespace abgate::test
