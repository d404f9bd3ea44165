// Every trap of comparing a quantised model: a case in which it must be named, and one beside it
// that must stay silent.
#include <cmath>

#include "catch.hpp"
#include "decision/diagnosis.hpp"
#include "fixture.hpp"

using namespace abgate;
using namespace abgate::decision;
using namespace abgate::decision::testing;

namespace {

using stats::Measurements;

template <typename Change>
Verdict after(Change change, const Scenario& s = scenario(), const stats::Comparison& c = {}) {
  Measurements m = healthy_run();
  change(m);
  return judge(s, m, c);
}

bool names(const Verdict& v, const std::string& id) {
  return explanation(v, id) != nullptr;
}

std::string evidence(const Verdict& v, const std::string& id) {
  const Explanation* e = explanation(v, id);
  return e == nullptr ? "" : e->title + ": " + e->evidence;
}

const auto nothing = [](Measurements&) {};

template <typename Change>
void each_request(Measurements& m, Arm arm, Change change) {
  for (stats::BlockArm& b : m.blocks) {
    if (b.kind != CellKind::load || b.arm != arm) continue;
    for (std::size_t i = 0; i < b.requests.size(); ++i) change(b, b.requests[i], i);
  }
}

/// A setting declared on both sides.
Verdict with_flag(const std::string& key, const std::string& base, const std::string& cand) {
  Scenario s = scenario();
  if (!base.empty()) s.baseline.facts.other[key] = base;
  if (!cand.empty()) s.candidate.facts.other[key] = cand;
  return after(nothing, s);
}

/// On one side only it is named with its effect; alike, or unknown of one side, it is not.
void check_flag(const std::string& key, const std::string& base, const std::string& cand,
                const std::string& effect) {
  CAPTURE(key);
  const Verdict v = with_flag(key, base, cand);
  REQUIRE(names(v, "unequal_deployments"));
  CHECK_THAT(evidence(v, "unequal_deployments"),
             ContainsSubstring(key + " is " + base + " on the baseline and " + cand));
  CHECK_THAT(evidence(v, "unequal_deployments"), ContainsSubstring(effect));
  CHECK(any_contains(v.caveats, key));
  CHECK_FALSE(names(with_flag(key, cand, cand), "unequal_deployments"));
  CHECK_FALSE(names(with_flag(key, "", cand), "unequal_deployments"));
}

}  // namespace

TEST_CASE("a healthy comparison of equal deployments has nothing to explain but its margin",
          "[traps]") {
  for (const Explanation& e : after(nothing).explanations) CHECK(e.id == "relative_or_points");
}

TEST_CASE("trap: preallocated memory", "[traps]") {
  Scenario s = scenario();
  s.candidate.facts.gpu_memory_utilization = 0.90;
  const auto used = [&](double share) {
    return after(
        [&](Measurements& m) {
          m.memory[1].total_gb = 100;
          m.memory[1].used_peak_gb = share * 100;
        },
        s);
  };
  CHECK(names(used(0.90), "preallocated_memory"));
  CHECK(names(used(0.945), "preallocated_memory"));  // graphs and context on top
  CHECK_FALSE(names(used(0.87), "preallocated_memory"));
  CHECK_FALSE(names(used(0.96), "preallocated_memory"));
}

TEST_CASE("trap: plain awq where awq_marlin is possible", "[traps]") {
  Scenario s = scenario();
  s.baseline.facts.weights_gb = 65;
  s.candidate.facts.weights_gb = 19.5;  // expects 0.3 of the baseline's TPOT
  const auto at = [&](double speed, const std::string& quantisation, const std::string& model) {
    s.candidate.facts.quantization = quantisation;
    s.candidate.model = model;
    return after(
        [&](Measurements& m) {
          set_speeds(m, Arm::candidate, std::vector<double>(6, speed));
          set_speeds(m, Arm::baseline, std::vector<double>(6, 25.0));
        },
        s);
  };
  CHECK(names(at(7.6, "awq", "x"), "plain_awq_kernel"));
  CHECK(names(at(30, "", "Coder-AWQ"), "plain_awq_kernel"));        // 2.8 × what is expected
  CHECK_FALSE(names(at(45, "", "Coder-AWQ"), "plain_awq_kernel"));  // 1.9 ×
  CHECK_FALSE(names(at(30, "awq_marlin", "Coder-AWQ"), "plain_awq_kernel"));
  CHECK(names(at(30, "awq_marlin", "Coder-AWQ"), "slow_kernel"));
  CHECK_FALSE(names(at(60, "gptq_marlin", "Coder-GPTQ"), "slow_kernel"));
}

TEST_CASE("trap: prefix cache warm on one side", "[traps]") {
  Scenario s = scenario();
  s.workload.cache = CachePolicy::off;
  const auto rates = [&](double base, double cand) {
    return after(
        [&](Measurements& m) {
          m.server[0].prefix_hit_rate = base;
          m.server[1].prefix_hit_rate = cand;
          m.server[0].kv_pool_tokens = 96000;
          m.server[1].kv_pool_tokens = 272000;
        },
        s);
  };
  const Verdict v = rates(0.10, 0.53);
  CHECK_THAT(evidence(v, "cache_asymmetry"),
             ContainsSubstring("candidate 53 %") && ContainsSubstring("96000 and 272000 tokens"));
  CHECK_FALSE(names(rates(0.53, 0.50), "cache_asymmetry"));
}

TEST_CASE("trap: a cache declared cold that is not", "[traps]") {
  const auto rate = [](double both) {
    return after(
        [&](Measurements& m) { m.server[0].prefix_hit_rate = m.server[1].prefix_hit_rate = both; });
  };
  CHECK(names(rate(0.20), "cache_not_cold"));
  CHECK_FALSE(names(rate(0.04), "cache_not_cold"));
}

TEST_CASE("trap: unequal output lengths", "[traps]") {
  const auto drift = [](double value, double lo, double hi) {
    stats::Comparison c;
    stats::LengthDrift d;
    d.point = "quality";
    d.ratio.value = value;
    d.ratio.lo = lo;
    d.ratio.hi = hi;
    c.lengths.push_back(d);
    return after(nothing, scenario(), c);
  };
  CHECK(names(drift(1.10, 1.05, 1.15), "length_drift"));
  CHECK_FALSE(names(drift(1.10, 0.99, 1.22), "length_drift"));    // may be chance
  CHECK_FALSE(names(drift(1.01, 1.005, 1.015), "length_drift"));  // beyond chance, too small
}

TEST_CASE("trap: eager mode on one side", "[traps]") {
  check_flag("enforce_eager", "False", "True", "eager mode costs 2 to 10 ms a step");
}

TEST_CASE("trap: speculative decoding on one side", "[traps]") {
  check_flag("num_speculative_tokens", "0", "4", "several tokens a step");
  check_flag("speculative_config", "None", "ngram", "several tokens a step");
  // Not declared, it shows as several tokens a chunk on one side.
  const auto chunks = [](double tokens_per_chunk) {
    return after([&](Measurements& m) {
      for (const Arm arm : {Arm::baseline, Arm::candidate}) {
        each_request(m, arm, [&](auto&, stats::RequestMetrics& r, std::size_t) {
          r.chunks = r.output_tokens / (arm == Arm::candidate ? tokens_per_chunk : 1);
        });
      }
    });
  };
  CHECK_THAT(explanation(chunks(2.4), "merged_chunks")->advice,
             ContainsSubstring("speculative decoding"));
  CHECK_FALSE(names(chunks(1.08), "merged_chunks"));
}

TEST_CASE("trap: KV dtype on one side", "[traps]") {
  check_flag("kv_cache_dtype", "auto", "fp8", "an 8-bit KV cache");
  check_flag("cache_dtype", "auto", "fp8_e4m3", "an 8-bit KV cache");
}

TEST_CASE("trap: max_num_seqs on one side", "[traps]") {
  check_flag("max_num_seqs", "1024", "512", "it caps how many requests run together");
  check_flag("max_num_batched_tokens", "8192", "2048", "how much prefill a step takes");
}

TEST_CASE("trap: other settings on one side", "[traps]") {
  check_flag("dtype", "bfloat16", "float16", "another number format");
  check_flag("tensor_parallel_size", "1", "2", "another number of GPUs");
  check_flag("async_scheduling", "False", "True", "scheduling overlaps");
  check_flag("enable_prefix_caching", "True", "False", "one side may reuse prompts");
  check_flag("max_model_len", "32000", "8192", "refused on one side only");
}

TEST_CASE("trap: a batch that is capped on one side, seen in the counters", "[traps]") {
  const auto running = [](double base, double cand, double waiting) {
    return after([&](Measurements& m) {
      m.server[0].running_max = base;
      m.server[1].running_max = cand;
      m.server[0].waiting_max = 0;
      m.server[1].waiting_max = waiting;
    });
  };
  const Verdict v = running(8, 4, 4);
  CHECK_THAT(evidence(v, "batch_cap"), ContainsSubstring("AWQ never ran more than 4 of 8 streams"));
  CHECK_FALSE(names(running(8, 4, 0), "batch_cap"));  // nobody waited: it was only faster
  CHECK_FALSE(names(running(8, 7.5, 4), "batch_cap"));
}

TEST_CASE("trap: requests that only one side refuses", "[traps]") {
  const auto fail = [](const char* what, bool both) {
    return after([&](Measurements& m) {
      for (stats::BlockArm& b : m.blocks) {
        if (b.kind == CellKind::load && (b.arm == Arm::candidate || both)) b.failures[what] = 2;
      }
    });
  };
  CHECK_THAT(evidence(fail("http_error 400", false), "refused_prompts"),
             ContainsSubstring("AWQ refused 12 requests"));
  CHECK_FALSE(names(fail("http_error 400", true), "refused_prompts"));
  CHECK_FALSE(names(fail("http_error 500", false), "refused_prompts"));
}

TEST_CASE("trap: different cards", "[traps]") {
  const auto cards = [](const std::string& base, const std::string& cand) {
    return after([&](Measurements& m) {
      m.memory[0].gpu = base;
      m.memory[1].gpu = cand;
    });
  };
  CHECK(names(cards("NVIDIA H100 (GPU-1)", "NVIDIA L40S (GPU-2)"), "unequal_hardware"));
  CHECK_FALSE(names(cards("NVIDIA H100 (GPU-1)", "NVIDIA H100 (GPU-2)"), "unequal_hardware"));
  CHECK_FALSE(names(cards("GPU-1", "GPU-2"), "unequal_hardware"));  // names unknown
}

TEST_CASE("trap: candidate slower above a concurrency", "[traps]") {
  const auto sweep = [](double at_top, double noise) {
    Scenario s = scenario();
    Measurements m = healthy_run();
    const Measurements one = m;
    m.blocks.clear();
    const std::vector<std::pair<std::size_t, double>> ladder{
        {8, 2.4}, {32, 2.0}, {64, 1.5}, {128, 1.2}, {256, at_top}};
    s.points.clear();
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
            1 + noise * (static_cast<double>(b.block) - 2.5) * (b.arm == Arm::candidate ? 1 : -1);
        b.throughput = base * jitter * (b.arm == Arm::candidate ? ratio : 1);
        m.blocks.push_back(b);
      }
    }
    for (Criterion& c : s.criteria) {
      if (c.point == kSimulatedPoint) c.point = "c8";
    }
    return judge(s, m, {});
  };
  const Verdict v = sweep(0.9, 0.004);
  CHECK_THAT(evidence(v, "crossover"),
             ContainsSubstring("between the measured loads of 128 and 256 streams") &&
                 ContainsSubstring("crosses at") && ContainsSubstring("["));
  CHECK_FALSE(names(sweep(1.02, 0.004), "crossover"));
  CHECK_FALSE(names(sweep(0.98, 0.03), "crossover"));  // behind by no more than noise
}

TEST_CASE("trap: client-bound", "[traps]") {
  const auto client = [](double cpu, double lag_ms) {
    return after([&](Measurements& m) {
      m.blocks[0].health.client_cpu = cpu;
      m.blocks[0].health.loop_lag_p99 = from_seconds(lag_ms / 1000);
    });
  };
  CHECK(names(client(0.75, 0), "client_bound"));
  CHECK(names(client(0.1, 1.0), "client_bound"));  // where a token takes 17 ms
  CHECK_FALSE(names(client(0.65, 0.2), "client_bound"));
}

TEST_CASE("trap: thermal throttling", "[traps]") {
  const auto throttled = [](bool base, bool cand) {
    return after([&](Measurements& m) {
      m.memory[0].throttled = base;
      m.memory[1].throttled = cand;
    });
  };
  CHECK(explanation(throttled(false, true), "throttling")->caveat);
  CHECK_FALSE(explanation(throttled(true, true), "throttling")->caveat);  // alike on both
  CHECK_FALSE(names(throttled(false, false), "throttling"));
}

TEST_CASE("trap: time to first token is queueing", "[traps]") {
  const auto queue = [](double share, double ttft) {
    return after([&](Measurements& m) {
      m.server[1].ttft_mean = ttft;
      m.server[1].queue_mean = share * ttft;
    });
  };
  CHECK(names(queue(0.55, 0.5), "queueing"));
  CHECK_FALSE(names(queue(0.45, 0.5), "queueing"));
  CHECK_FALSE(names(queue(0.9, 0.02), "queueing"));  // nobody waits long
}

TEST_CASE("trap: one side preempts", "[traps]") {
  const auto preempted = [](double base, double cand) {
    return after([&](Measurements& m) {
      m.server[0].preemptions = base;
      m.server[1].preemptions = cand;
    });
  };
  CHECK(names(preempted(460, 0), "preemption"));
  CHECK_FALSE(names(preempted(3, 5), "preemption"));
  CHECK_FALSE(names(preempted(0, 0), "preemption"));
}

TEST_CASE("trap: server and client count time per token differently", "[traps]") {
  const auto server = [](double factor) {
    return after([&](Measurements& m) {
      double time = 0, gaps = 0;
      each_request(m, Arm::candidate, [&](auto&, stats::RequestMetrics& r, std::size_t) {
        time += r.tpot * (r.output_tokens - 1);
        gaps += r.output_tokens - 1;
      });
      m.server[1].itl_mean = factor * time / gaps;
    });
  };
  CHECK(names(server(0.9), "definitions"));
  CHECK(names(server(1.1), "definitions"));
  CHECK_FALSE(names(server(1.03), "definitions"));
}

TEST_CASE("trap: warm-up within the sample", "[traps]") {
  const auto cold = [](double factor, std::size_t first) {
    return after([&](Measurements& m) {
      each_request(m, Arm::candidate, [&](auto&, stats::RequestMetrics& r, std::size_t i) {
        if (i < first) r.ttft *= factor;
      });
    });
  };
  CHECK(names(cold(5, 10), "warm_up_measured"));
  CHECK_FALSE(names(cold(1.5, 10), "warm_up_measured"));
  CHECK_FALSE(names(cold(5, 1), "warm_up_measured"));  // one slow request of a hundred
}

TEST_CASE("trap: an overloaded server quoted as latency", "[traps]") {
  const auto growing = [](double factor, Arrival arrival) {
    Scenario s = scenario();
    s.points.front().arrival = arrival;
    s.points.front().rate = 8;
    return after(
        [&](Measurements& m) {
          for (stats::BlockArm& b : m.blocks) b.arrival = arrival;
          each_request(m, Arm::candidate,
                       [&](const stats::BlockArm& b, stats::RequestMetrics& r, std::size_t i) {
                         const double part =
                             static_cast<double>(i) / static_cast<double>(b.requests.size());
                         r.ttft = 0.3 * (1 + (factor - 1) * part);
                       });
        },
        s);
  };
  const Verdict v = growing(4, Arrival::poisson);
  CHECK_THAT(evidence(v, "saturated"), ContainsSubstring("AWQ cannot keep up with c8") &&
                                           ContainsSubstring("at 8 offered requests a second"));
  CHECK_FALSE(names(growing(1.3, Arrival::poisson), "saturated"));
  CHECK_FALSE(names(growing(4, Arrival::closed), "saturated"));  // no rate is offered
}
