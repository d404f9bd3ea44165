#include "catch.hpp"
#include "core/rng.hpp"
#include "fixture.hpp"
#include "stats/compare.hpp"

using namespace abgate;
using namespace abgate::decision;
using namespace abgate::decision::testing;

namespace {

template <typename Change>
Verdict after(Change change, Scenario s = scenario(), JudgeContext context = {}) {
  stats::Measurements m = healthy_run();
  change(m);
  return judge(s, m, {}, context);
}

stats::BlockArm& block(stats::Measurements& m, CellKind kind, Arm arm, std::uint32_t k) {
  for (stats::BlockArm& b : m.blocks) {
    if (b.kind == kind && b.arm == arm && b.block == k) return b;
  }
  throw std::runtime_error("no such block");
}

}  // namespace

TEST_CASE("a client that was the bottleneck voids the run", "[validity]") {
  Verdict v = after([](stats::Measurements& m) { m.blocks[3].health.client_cpu = 0.97; });
  CHECK(v.decision == Decision::void_run);
  CHECK(has_finding(v, "client_cpu"));
  CHECK_THAT(v.headline, ContainsSubstring("VOID: the run proves nothing about AWQ (client_cpu)"));
  CHECK_THAT(v.next_step, ContainsSubstring("faster client"));
  v = after([](stats::Measurements& m) {
    m.blocks[3].health.loop_lag_p99 = std::chrono::milliseconds(11);
  });
  CHECK(has_finding(v, "loop_lag"));
  CHECK(v.decision == Decision::void_run);
  v = after([](stats::Measurements& m) { m.blocks[3].ours = 2; });
  CHECK(has_finding(v, "harness_faults"));
  CHECK(v.decision == Decision::void_run);
}

TEST_CASE("a client that was kept from running voids the run", "[validity]") {
  const Verdict v = after([](stats::Measurements& m) {
    m.blocks[3].health.wake_lag_p99 = std::chrono::milliseconds(12);
  });
  CHECK(v.decision == Decision::void_run);
  CHECK(has_finding(v, "wake_lag"));
  CHECK_THAT(v.next_step, ContainsSubstring("stop what else runs on the client machine"));
  CHECK(after([](stats::Measurements& m) {
          m.blocks[3].health.wake_lag_p99 = std::chrono::milliseconds(10);
        }).decision == Decision::go);
}

TEST_CASE("a lossy network voids the run, a handful of segments does not", "[validity]") {
  const auto with = [](TcpCounts tcp, double allowed) {
    Scenario s = scenario();
    s.validity.max_retransmits = allowed;
    return after([&](stats::Measurements& m) { m.blocks[2].health.tcp = tcp; }, s);
  };
  const Verdict v = with({1000, 900, 11, 0, true}, 0.01);
  CHECK(v.decision == Decision::void_run);
  CHECK(has_finding(v, "retransmits"));
  CHECK_THAT(v.next_step, ContainsSubstring("lossy link"));
  CHECK(has_finding(with({1000, 900, 0, 10, true}, 0.01), "retransmits"));
  CHECK(with({1000, 900, 10, 9, true}, 0.01).decision == Decision::go);
  CHECK(with({20, 20, 4, 0, true}, 0.01).decision == Decision::go);
  CHECK(with({1000, 900, 11, 0, true}, 0.02).decision == Decision::go);
}

TEST_CASE("sockets that were full when they were read void the run", "[validity]") {
  const auto queue = [](std::uint64_t bytes) {
    return after([&](stats::Measurements& m) { m.blocks[2].health.receive_queue_p99 = bytes; });
  };
  CHECK(queue(65'536).decision == Decision::go);
  CHECK(queue(65'537).decision == Decision::void_run);
  CHECK(has_finding(queue(65'537), "receive_queue"));
}

TEST_CASE("late sending voids an open loop only", "[validity]") {
  const auto late = [](Arrival arrival) {
    return after([&](stats::Measurements& m) {
      m.blocks[3].arrival = arrival;
      m.blocks[3].health.schedule_lag_p99 = std::chrono::milliseconds(25);
    });
  };
  CHECK(late(Arrival::poisson).decision == Decision::void_run);
  CHECK(has_finding(late(Arrival::poisson), "schedule_lag"));
  CHECK(late(Arrival::closed).decision == Decision::go);
}

TEST_CASE("servers that tokenise differently void the run unless that is allowed", "[validity]") {
  const auto differ = [](stats::Measurements& m) { m.facts[1].token_ids_hash = "xyz"; };
  CHECK(after(differ).decision == Decision::void_run);
  CHECK(has_finding(after(differ), "tokens"));
  Scenario s = scenario();
  s.validity.same_token_ids = false;
  CHECK(after(differ, s).decision == Decision::go);
}

TEST_CASE("different prompt token counts of equal requests void the run", "[validity]") {
  const Verdict v = after([](stats::Measurements& m) {
    for (stats::RequestMetrics& r : block(m, CellKind::load, Arm::candidate, 2).requests)
      r.prompt_tokens += 3;
  });
  CHECK(v.decision == Decision::void_run);
  CHECK_THAT(v.validity.front().sentence, ContainsSubstring("in 100 of 600 equal requests"));
}

TEST_CASE("unequal cache hits void a cold run and are explained in a warm one", "[validity]") {
  const auto warm = [](stats::Measurements& m) {
    m.server[0].prefix_hit_rate = 0.5;
    m.server[1].prefix_hit_rate = 0.02;
  };
  CHECK(has_finding(after(warm), "cache"));
  CHECK(after(warm).decision == Decision::void_run);
  Scenario s = scenario();
  s.workload.cache = CachePolicy::warm;
  const Verdict v = after(warm, s);
  CHECK(v.decision == Decision::go);
  CHECK(explanation(v, "cache_asymmetry") != nullptr);
}

TEST_CASE("a deployment that changed during the run voids it", "[validity]") {
  JudgeContext context;
  context.fingerprint_changes = {"candidate: version 0.11.2 became 0.11.3"};
  const Verdict v = after([](stats::Measurements&) {}, scenario(), context);
  CHECK(v.decision == Decision::void_run);
  CHECK_THAT(v.validity.front().sentence, ContainsSubstring("0.11.3"));
  CHECK(after([](stats::Measurements& m) { m.server[0].restarts = 1; }).decision ==
        Decision::void_run);
}

TEST_CASE("a void run takes no decision but repeats what the endpoint did", "[validity]") {
  const Verdict v = after([](stats::Measurements& m) {
    m.blocks[3].health.client_cpu = 0.97;
    fail_requests(m, 3);
    m.server[1].restarts = 1;
  });
  CHECK(v.decision == Decision::void_run);
  CHECK(result(v, "errors").result == Result::fail);
  CHECK(any_contains(v.caveats, "3 of 1,100 requests to the candidate failed"));
  CHECK(any_contains(v.caveats, "the candidate's server restarted"));
}

TEST_CASE("a baseline that differs from itself beyond chance and tolerance voids the run",
          "[validity]") {
  const auto off = [](stats::Measurements& m) {
    set_speeds(m, Arm::control, {20.0}, CellKind::aa);
  };
  const Verdict v = after(off);
  CHECK(v.decision == Decision::void_run);
  REQUIRE(has_finding(v, "aa"));
  CHECK(v.validity.front().voids);
  CHECK_THAT(
      v.validity.front().sentence,
      ContainsSubstring("beyond chance (99.9 % over all metrics) and by more than the ±5 %"));
  CHECK_THAT(v.validity.front().sentence, ContainsSubstring("stream_speed at c8 is 0.8"));
  CHECK_THAT(v.aa_line, ContainsSubstring("does not contain 1"));
  Scenario s = scenario();
  s.validity.aa_must_contain_one = false;
  CHECK(after(off, s).decision == Decision::go);
}

namespace {

/// Runs of even blocks (0.4 % between them) whose A/A control is off by a factor.
Verdict even_run(double control) {
  return after([&](stats::Measurements& m) {
    for (stats::BlockArm& b : m.blocks) {
      const double jitter =
          1 + 0.002 * (static_cast<double>(b.block % 3) - 1) * (b.arm == Arm::candidate ? 1 : 0);
      const double speed = b.arm == Arm::candidate ? 60.0
                           : b.arm == Arm::control ? 25.0 * control
                                                   : 25.0;
      for (stats::RequestMetrics& r : b.requests) r.tpot = jitter / speed;
    }
  });
}

}  // namespace

TEST_CASE("what the A/A blocks show is graded by chance and by size", "[validity]") {
  CHECK(even_run(1.0).decision == Decision::go);
  CHECK(even_run(1.008).decision == Decision::go);  // below a fifth of what is tolerated
  const Verdict tolerated = even_run(1.03);         // beyond doubt, within ±5 %
  CHECK(tolerated.decision == Decision::inconclusive);
  REQUIRE(has_finding(tolerated, "aa"));
  CHECK_FALSE(tolerated.validity.front().voids);
  CHECK(even_run(1.08).decision == Decision::void_run);
  CHECK(even_run(0.92).decision == Decision::void_run);
  // As far off, but the blocks scatter so much that it may be chance: no VOID.
  const Verdict noisy = after([](stats::Measurements& m) {
    set_speeds(m, Arm::candidate, {52, 75, 58, 80, 50, 70});
    set_speeds(m, Arm::control, {27.0}, CellKind::aa);
  });
  CHECK(noisy.decision != Decision::void_run);
  CHECK(noisy.decision != Decision::go);
}

TEST_CASE("sound runs are not thrown away by the A/A check", "[validity][calibrate]") {
  // An interval at 95 % would miss 1 in some 150 of them. At most 1 in 1,000 may be VOID by chance;
  // P(more than 9 of 3,000 | 1 in 1,000) is 0.1 %.
  constexpr int kRuns = 3000;
  Design small;
  small.requests = 40;
  small.items = 10;
  int voided = 0, missed_at_95 = 0;
  stats::Measurements m;
  for (int i = 0; i < kRuns; ++i) {
    Rng rng(derive_seed(11, static_cast<std::uint64_t>(i)));
    simulate(World{}, ScatterModel{}, small, rng, m);
    voided += judge(scenario(), m, {}).decision == Decision::void_run ? 1 : 0;
    const stats::Estimate e = stats::aa_ratio(m, "stream_speed", "mean", kSimulatedPoint, 0.95);
    missed_at_95 += *e.lo > 1 || *e.hi < 1 ? 1 : 0;
  }
  CAPTURE(voided, missed_at_95);
  CHECK(voided <= 9);
  CHECK(missed_at_95 > kRuns / 40);  // the plain rule would have thrown these away
}

TEST_CASE("a FAIL must clear what the A/A blocks differed", "[validity]") {
  // the candidate is 5 % short of twice the baseline; the baseline is 20 % off itself
  const auto short_of_two = [](stats::Measurements& m, double control) {
    for (stats::BlockArm& b : m.blocks) {
      for (stats::RequestMetrics& r : b.requests)
        r.tpot = b.arm == Arm::candidate ? 1 / 47.5
                 : b.arm == Arm::control ? 1 / control
                                         : 1 / 25.0;
    }
    for (std::uint32_t k = 0; k < 6; ++k) {
      for (stats::RequestMetrics& r : block(m, CellKind::load, Arm::candidate, k).requests)
        r.tpot *= 1 + 0.004 * static_cast<double>(k % 3);
    }
  };
  const Verdict sound = after([&](stats::Measurements& m) { short_of_two(m, 25.0); });
  CHECK(result(sound, "speed_ratio").result == Result::fail);
  const Verdict biased = after([&](stats::Measurements& m) { short_of_two(m, 20.0); });
  CHECK(result(biased, "speed_ratio").result == Result::inconclusive);
  CHECK(result(biased, "speed_ratio").code == "within_noise");
}

TEST_CASE("a small A/A deviation beyond doubt must be cleared but does not spoil the run",
          "[validity]") {
  // even servers: 0.2 % between blocks, the control 0.7 % off
  const auto even = [](double candidate) {
    return [candidate](stats::Measurements& m) {
      for (stats::BlockArm& b : m.blocks) {
        const double jitter =
            1 + 0.001 * (static_cast<double>(b.block % 3) - 1) * (b.arm == Arm::candidate ? 1 : 0);
        const double speed = b.arm == Arm::candidate ? candidate
                             : b.arm == Arm::control ? 25.0 * 1.007
                                                     : 25.0;
        for (stats::RequestMetrics& r : b.requests) r.tpot = jitter / speed;
      }
    };
  };
  const Verdict clear = after(even(60));
  CHECK(clear.decision == Decision::go);
  CHECK_THAT(clear.aa_line, ContainsSubstring("does not contain 1"));
  CHECK_FALSE(has_finding(clear, "aa"));
  const Verdict close = after(even(50.3));
  CHECK(result(close, "speed_ratio").result == Result::inconclusive);
  CHECK(result(close, "speed_ratio").code == "within_noise");
  CHECK(close.decision == Decision::inconclusive);
}

TEST_CASE("too much noise between blocks makes a GO impossible", "[validity]") {
  const Verdict v = after([](stats::Measurements& m) {
    set_speeds(m, Arm::candidate, {52, 75, 58, 80, 50, 70});
  });
  CHECK(has_finding(v, "aa_wide"));
  CHECK(v.decision != Decision::go);
}

TEST_CASE("planned A/A blocks that are missing make a GO impossible", "[validity]") {
  const auto drop = [](stats::Measurements& m) {
    std::erase_if(m.blocks, [](const stats::BlockArm& b) { return b.kind == CellKind::aa; });
  };
  CHECK(after(drop).decision == Decision::inconclusive);
  CHECK(has_finding(after(drop), "aa_missing"));
  Scenario s = scenario();
  s.aa_blocks = 0;
  const Verdict v = after(drop, s);
  CHECK(v.decision == Decision::go);
  CHECK(any_contains(v.caveats, "no A/A block was run"));
}

namespace {

/// The first `n` blocks of an arm (both: control) are not steady.
template <typename Also>
Verdict unsteady(std::size_t n, bool drifts, Arm only, Also also) {
  Scenario s = scenario();
  criterion(s, "speed_ratio").metric = "throughput";
  return after(
      [&](stats::Measurements& m) {
        for (stats::BlockArm& b : m.blocks) {
          const bool hit =
              b.kind == CellKind::load && b.block < n && (only == Arm::control || b.arm == only);
          b.window = {0, 1, !hit, hit ? (drifts ? "throughput drifts" : "never held") : "", false};
          b.window.drifts = hit && drifts;
        }
        also(m);
      },
      s);
}
const auto nothing = [](stats::Measurements&) {};

}  // namespace

TEST_CASE("throughput that drifts through too many blocks voids the run", "[validity]") {
  const Verdict v = unsteady(3, true, Arm::control, nothing);
  CHECK(v.decision == Decision::void_run);
  REQUIRE(has_finding(v, "not_steady"));
  CHECK_THAT(v.validity.front().sentence, ContainsSubstring("3 of 6 blocks of the baseline at c8"));
  CHECK(unsteady(3, true, Arm::baseline, nothing).decision == Decision::void_run);
  CHECK(unsteady(3, true, Arm::candidate, nothing).decision == Decision::void_run);
  CHECK(unsteady(2, true, Arm::control, nothing).decision == Decision::go);  // may be a stall
}

TEST_CASE("a load that was never held allows no GO but voids nothing", "[validity]") {
  const Verdict v = unsteady(3, false, Arm::control, nothing);
  CHECK(v.decision == Decision::inconclusive);
  REQUIRE(has_finding(v, "not_steady"));
  CHECK_FALSE(v.validity.front().voids);
  CHECK_THAT(v.validity.front().sentence, ContainsSubstring("never held"));
}

TEST_CASE("a candidate that failed does not hide behind its own unsteadiness", "[validity]") {
  const Verdict v =
      unsteady(4, true, Arm::candidate, [](stats::Measurements& m) { fail_requests(m, 3); });
  CHECK(v.decision == Decision::no_go);
  CHECK(has_finding(v, "not_steady"));
  CHECK(unsteady(4, true, Arm::control, [](stats::Measurements& m) {
          fail_requests(m, 3);
        }).decision == Decision::void_run);  // the baseline drifts as well
}

TEST_CASE("drift spoils every metric of its point; a load that was not held only its window",
          "[validity]") {
  const auto with = [](bool drifts, const std::string& metric) {
    Scenario s = scenario();
    if (metric.empty())
      std::erase_if(s.criteria, [](const Criterion& c) { return !c.point.empty(); });
    return after(
        [&](stats::Measurements& m) {
          for (stats::BlockArm& b : m.blocks) {
            b.window = {0, 1, false, "not steady", false};
            b.window.drifts = drifts;
          }
        },
        s);
  };
  CHECK(with(true, "stream_speed").decision == Decision::void_run);
  CHECK(with(false, "stream_speed").decision == Decision::go);
  CHECK(with(true, "").decision == Decision::go);  // nobody reads the point
}

TEST_CASE("an interrupted run is never a GO", "[validity]") {
  CHECK(after([](stats::Measurements& m) { m.interrupted = true; }).decision ==
        Decision::inconclusive);
  const Verdict v = after([](stats::Measurements& m) { m.blocks[1].interrupted = true; });
  CHECK(v.decision == Decision::inconclusive);
  CHECK(result(v, "speed_ratio").code == "missing");
}

TEST_CASE("a deployment that was not asked again is a caveat", "[validity]") {
  JudgeContext context;
  context.unchecked = {"candidate: not asked again after the run"};
  const Verdict v = after([](stats::Measurements&) {}, scenario(), context);
  CHECK(v.decision == Decision::go);
  CHECK(any_contains(v.caveats, "candidate: not asked again"));
}

TEST_CASE("rules that could not be checked are caveats", "[validity]") {
  const Verdict v = after([](stats::Measurements& m) {
    m.facts.clear();
    m.server[0].seen = false;
  });
  CHECK(v.decision == Decision::go);
  CHECK(any_contains(v.caveats, "/tokenize"));
  CHECK(any_contains(v.caveats, "FP16: no /metrics"));
}

TEST_CASE("a simulated run says so", "[validity]") {
  const Verdict v = after([](stats::Measurements& m) { m.simulated = true; });
  CHECK(v.simulated);
  CHECK(any_contains(v.caveats, "simulated"));
}

TEST_CASE("a minimum effect below the noise floor is refused", "[validity]") {
  // Three A/A blocks that scatter by some 3 %; the candidate scatters as much around 1.01.
  Scenario s = scenario();
  s.validity.aa_max_half_width = 0.5;
  criterion(s, "speed_ratio").value = 0.995;
  const auto with_candidate = [&](double speed) {
    stats::Measurements m = healthy_run();
    const auto control = [&](std::uint32_t k, double factor) {
      for (const Arm arm : {Arm::baseline, Arm::control}) {
        stats::BlockArm b = block(m, CellKind::aa, arm, 0);
        b.block = k;
        for (stats::RequestMetrics& r : b.requests)
          r.tpot = 1 / (25.0 * (arm == Arm::control ? factor : 1.0));
        m.blocks.push_back(b);
      }
    };
    control(1, 0.97);
    control(2, 1.03);
    control(3, 1.00);
    std::erase_if(m.blocks, [](const stats::BlockArm& b) {
      return b.kind == CellKind::aa && b.block == 0;
    });
    for (stats::BlockArm& b : m.blocks) {
      if (b.kind != CellKind::load) continue;
      const double own = b.arm == Arm::candidate ? speed * (1 + 0.001 * (b.block % 2)) : 25.0;
      for (stats::RequestMetrics& r : b.requests) r.tpot = 1 / own;
    }
    return judge(s, m, {});
  };
  const Verdict close = with_candidate(25.2);
  CHECK(result(close, "speed_ratio").code == "below_noise_floor");
  CHECK(result(close, "speed_ratio").result == Result::inconclusive);
  CHECK_THAT(result(close, "speed_ratio").reason, ContainsSubstring("noise floor"));
  // An effect that stands clear of the floor is claimed whatever was asked for.
  CHECK(result(with_candidate(50), "speed_ratio").result == Result::pass);
  CHECK(result(with_candidate(12), "speed_ratio").result == Result::fail);
}
