#include "decision/diagnosis.hpp"
#include "catch.hpp"
#include "fixture.hpp"

using namespace abgate;
using namespace abgate::decision;
using namespace abgate::decision::testing;

namespace {

/// Criteria of the redfin case on its card, both arms at utilisation 0.90.
Scenario redfin() {
  Scenario s = scenario();
  for (ArmConfig* arm : {&s.baseline, &s.candidate}) {
    arm->facts.gpu_memory_utilization = 0.90;
    arm->facts.gpu_total_gb = 102.64;
  }
  s.baseline.facts.weights_gb = 65.5;
  s.candidate.facts.weights_gb = 19.3;
  return s;
}

void set_memory(stats::Measurements& m, double used) {
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    m.memory[index_of(arm)].used_peak_gb = used;
    m.memory[index_of(arm)].total_gb = 102.64;
  }
}

}  // namespace

TEST_CASE("memory that vLLM took in advance is recognised, with the flag that would do",
          "[diagnosis]") {
  stats::Measurements m = healthy_run();
  set_memory(m, 93.7);
  m.memory[1].demand_gb = 31.2;
  const Verdict v = judge(redfin(), m, {});
  CHECK(result(v, "memory").result == Result::fail);
  const Explanation* e = explanation(v, "preallocated_memory");
  REQUIRE(e != nullptr);
  CHECK(e->caveat);
  CHECK_THAT(e->evidence, ContainsSubstring("0.90 × 103 GB = 92.4 GB"));
  CHECK_THAT(e->evidence, ContainsSubstring("cannot pass for any model"));
  CHECK_THAT(e->evidence, ContainsSubstring("31.2 GB"));
  CHECK_THAT(e->advice, ContainsSubstring("--gpu-memory-utilization 0.55"));
  CHECK_THAT(v.next_step, ContainsSubstring("0.55"));
}

TEST_CASE("memory below the preallocation is not called preallocated", "[diagnosis]") {
  stats::Measurements m = healthy_run();
  set_memory(m, 41.7);
  CHECK(explanation(judge(redfin(), m, {}), "preallocated_memory") == nullptr);
}

TEST_CASE("the utilisation that fits leaves room for graphs and context", "[diagnosis]") {
  CHECK(utilisation_below(60, 102.64) == Approx(0.55));
  CHECK(utilisation_below(1, 102.64) == 0);
}

TEST_CASE("the plain awq kernel is recognised by declaration and by its pace", "[diagnosis]") {
  Scenario s = redfin();
  s.candidate.facts.quantization = "awq";
  stats::Measurements m = healthy_run();
  set_speeds(m, Arm::candidate, {7.6, 7.7, 7.6, 7.5, 7.6, 7.7});
  Verdict v = judge(s, m, {});
  CHECK(v.decision == Decision::no_go);
  const Explanation* e = explanation(v, "plain_awq_kernel");
  REQUIRE(e != nullptr);
  CHECK(e->caveat);
  CHECK_THAT(e->evidence, ContainsSubstring("--quantization awq"));
  CHECK_THAT(e->evidence, ContainsSubstring("its weights (19.3 GB against 65.5 GB)"));
  CHECK_THAT(e->advice, ContainsSubstring("awq_marlin"));
  CHECK_THAT(v.next_step, ContainsSubstring("awq_marlin"));

  s.candidate.facts.quantization.clear();
  s.candidate.model = "Qwen2.5-Coder-32B-Instruct-AWQ";
  CHECK(explanation(judge(s, m, {}), "plain_awq_kernel") != nullptr);
  s.candidate.facts.quantization = "awq_marlin";
  v = judge(s, m, {});
  CHECK(explanation(v, "plain_awq_kernel") == nullptr);
  CHECK(explanation(v, "slow_kernel") != nullptr);
}

TEST_CASE("a fast awq_marlin candidate is not suspected", "[diagnosis]") {
  Scenario s = redfin();
  s.candidate.facts.quantization = "awq_marlin";
  const Verdict v = judge(s, healthy_run(), {});
  CHECK(explanation(v, "plain_awq_kernel") == nullptr);
  CHECK(explanation(v, "slow_kernel") == nullptr);
}

TEST_CASE("settings that differ beside the quantisation are listed", "[diagnosis]") {
  Scenario s = scenario();
  s.baseline.facts.other = {
      {"enforce_eager", "False"}, {"max_num_seqs", "1024"}, {"kv_cache_dtype", "auto"}};
  s.candidate.facts.other = {
      {"enforce_eager", "True"}, {"max_num_seqs", "512"}, {"kv_cache_dtype", "auto"}};
  const Explanation* e = nullptr;
  const Verdict v = judge(s, healthy_run(), {});
  e = explanation(v, "unequal_deployments");
  REQUIRE(e != nullptr);
  CHECK_THAT(e->evidence,
             ContainsSubstring("enforce_eager is False on the baseline and True on the candidate"));
  CHECK_THAT(e->evidence, ContainsSubstring("max_num_seqs is 1024"));
  CHECK_THAT(e->evidence, !ContainsSubstring("kv_cache_dtype"));
  CHECK(any_contains(v.caveats, "differ in more than the quantisation"));
}

TEST_CASE("answers of unequal length are explained", "[diagnosis]") {
  stats::Measurements m = healthy_run();
  for (stats::BlockArm& b : m.blocks) {
    for (stats::RequestMetrics& r : b.requests)
      r.output_tokens = b.arm == Arm::candidate ? 150 : 128;
  }
  CHECK(explanation(judge(scenario(), m, {}), "length_drift") != nullptr);
  stats::Comparison c;
  stats::LengthDrift drift;
  drift.point = kSimulatedPoint;
  drift.ratio.value = 1.17;
  drift.ratio.lo = 1.15;
  drift.ratio.hi = 1.19;
  c.lengths.push_back(drift);
  const Verdict v = judge(scenario(), m, c);
  REQUIRE(explanation(v, "length_drift") != nullptr);
  CHECK_THAT(explanation(v, "length_drift")->evidence,
             ContainsSubstring("1.17× as long [1.15, 1.19]"));
}

TEST_CASE("end-to-end times are told at natural and at matched lengths", "[diagnosis]") {
  stats::Measurements m = healthy_run();
  std::size_t pairs = 0;
  for (stats::BlockArm& b : m.blocks) {
    for (stats::RequestMetrics& r : b.requests) {
      const bool long_answer = b.arm == Arm::candidate && r.index % 2 == 1;
      r.output_tokens = long_answer ? 200 : 100;
      r.e2e = b.arm == Arm::candidate ? (long_answer ? 2.0 : 1.0) : 2.0;
    }
    if (b.kind == CellKind::load && b.arm == Arm::candidate) pairs += b.requests.size();
  }
  REQUIRE(pairs % 4 == 0);
  Verdict v = judge(scenario(), m, {});
  REQUIRE(explanation(v, "length_drift") != nullptr);
  // Half of the pairs at 2/2, half at 1/2: 0.75 in all, 0.5 where the lengths match.
  CHECK_THAT(explanation(v, "length_drift")->evidence,
             ContainsSubstring("0.750× the time at natural lengths and 0.500× over the 300 of 600 ") &&
                 ContainsSubstring("pairs of equal length"));

  for (stats::BlockArm& b : m.blocks) {
    for (stats::RequestMetrics& r : b.requests)
      if (b.arm == Arm::candidate) r.output_tokens = 200;
  }
  v = judge(scenario(), m, {});
  CHECK_THAT(explanation(v, "length_drift")->evidence,
             ContainsSubstring("no pair of answers is of equal length"));
}

TEST_CASE("merged chunks and speculative decoding are told from tokens", "[diagnosis]") {
  stats::Measurements m = healthy_run();
  for (stats::BlockArm& b : m.blocks) {
    if (b.arm != Arm::candidate) continue;
    for (stats::RequestMetrics& r : b.requests) r.chunks = 50;
  }
  const Verdict v = judge(scenario(), m, {});
  REQUIRE(explanation(v, "merged_chunks") != nullptr);
  CHECK(explanation(v, "merged_chunks")->caveat);
  CHECK_THAT(explanation(v, "merged_chunks")->evidence, ContainsSubstring("2.56 on the candidate"));
}

TEST_CASE("waiting in the queue is told from prefill", "[diagnosis]") {
  stats::Measurements m = healthy_run();
  m.server[0].ttft_mean = 0.532;
  m.server[0].queue_mean = 0.41;
  m.server[1].ttft_mean = 0.09;
  m.server[1].queue_mean = 0.001;
  const Verdict v = judge(scenario(), m, {});
  REQUIRE(explanation(v, "queueing") != nullptr);
  CHECK_THAT(explanation(v, "queueing")->title, ContainsSubstring("FP16"));
  CHECK_THAT(explanation(v, "queueing")->evidence, ContainsSubstring("77.1 %"));
}

TEST_CASE("preemption on one side, throttling and a busy client are named", "[diagnosis]") {
  stats::Measurements m = healthy_run();
  m.server[0].preemptions = 460;
  m.server[1].preemptions = 0;
  m.memory[1].throttled = true;
  m.blocks[0].health.client_cpu = 0.8;
  const Verdict v = judge(scenario(), m, {});
  CHECK(v.decision == Decision::go);
  REQUIRE(explanation(v, "preemption") != nullptr);
  CHECK_THAT(explanation(v, "preemption")->evidence,
             ContainsSubstring("FP16 preempted requests 460 times"));
  CHECK(explanation(v, "throttling") != nullptr);
  CHECK(explanation(v, "client_bound") != nullptr);
}

TEST_CASE("the concurrency where the candidate stops winning is found", "[diagnosis]") {
  Scenario s = scenario();
  s.points.clear();
  stats::Measurements m = healthy_run();
  const stats::Measurements one = m;
  m.blocks.clear();
  // parity near 150 streams, as predicted for the card
  const std::vector<std::pair<std::size_t, double>> ladder{{1, 2.78},   {8, 2.59},  {32, 2.01},
                                                           {64, 1.46},  {96, 1.2},  {128, 1.06},
                                                           {192, 0.93}, {256, 0.89}};
  for (const auto& [streams, ratio] : ladder) {
    LoadPoint p;
    p.id = "c" + std::to_string(streams);
    p.concurrency = streams;
    s.points.push_back(p);
    const double n = static_cast<double>(streams), base = 23 * n / (1 + 0.01 * n);
    for (stats::BlockArm b : one.blocks) {
      if (b.kind != CellKind::load) continue;
      b.point = p.id;
      b.requests.clear();
      const double jitter =
          1 + 0.004 * (static_cast<double>(b.block) - 2.5) * (b.arm == Arm::candidate ? 1 : -1);
      b.throughput = base * jitter * (b.arm == Arm::candidate ? ratio : 1);
      m.blocks.push_back(b);
    }
  }
  for (Criterion& c : s.criteria) {
    if (c.point == kSimulatedPoint) c.point = "c8";
  }
  const Verdict v = judge(s, m, {});
  const Explanation* e = explanation(v, "crossover");
  REQUIRE(e != nullptr);
  INFO(e->evidence);
  CHECK_THAT(e->evidence, ContainsSubstring("between the measured loads of 128 and 192 streams"));
  CHECK_THAT(e->evidence, ContainsSubstring("0.890× at 256 streams"));
}

TEST_CASE("a relative margin is translated into points", "[diagnosis]") {
  stats::Measurements m = healthy_run();
  set_outcomes(m, 412, 22, 31, 35);
  const Verdict v = judge(scenario(), m, {});
  REQUIRE(explanation(v, "relative_or_points") != nullptr);
  CHECK_THAT(explanation(v, "relative_or_points")->evidence,
             ContainsSubstring("5 % of the baseline's 88.6 % is 4.43 points"));
}

TEST_CASE("a category that may have regressed is a caveat", "[diagnosis]") {
  stats::Comparison c;
  stats::QualityGroup g;
  g.metric = "em_ws";
  g.dimension = "category";
  g.name = "sql";
  g.n = 80;
  g.difference.value = -0.041;
  g.flagged = true;
  g.p_adjusted = 0.02;
  c.quality.push_back(g);
  const Verdict v = judge(scenario(), healthy_run(), c);
  CHECK(v.decision == Decision::go);
  CHECK(any_contains(v.caveats, "category sql may have regressed in em_ws (80 items, -4.1 points"));
}
