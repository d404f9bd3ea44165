// The properties over many random runs, around every threshold.
#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <span>

#include "catch.hpp"
#include "core/rng.hpp"
#include "fixture.hpp"

using namespace abgate;
using namespace abgate::decision;
using namespace abgate::decision::testing;
using stats::Measurements;

namespace {

constexpr std::uint64_t kRuns = 60;

int rank(Result r) {
  return r == Result::pass ? 2 : r == Result::inconclusive ? 1 : 0;
}
int rank(Decision d) {
  return d == Decision::go ? 3 : d == Decision::inconclusive ? 2 : d == Decision::no_go ? 1 : 0;
}

/// A run near the limits, with continuous latencies of every kind and what the server counted.
Measurements random_run(std::uint64_t seed) {
  Rng rng(derive_seed(91, seed));
  World w;
  w.candidate_speed = 50 + 4 * rng.uniform();
  w.candidate_beyond = 0.01 + 0.04 * rng.uniform();
  w.quality_ratio = 0.955 + 0.045 * rng.uniform();
  w.discordance = 0.08;
  Design d;
  d.requests = 60;
  d.items = 250;
  Measurements m = simulate(w, ScatterModel{}, d, rng);
  for (stats::BlockArm& b : m.blocks) {
    for (stats::RequestMetrics& r : b.requests) r.e2e = r.ttft + r.tpot * (r.output_tokens - 1);
  }
  return m;
}

/// Every kind of criterion: level, ratio, difference, percentile, share, count, quality.
Scenario many_criteria() {
  Scenario s = scenario();
  const auto add = [&](const char* id, const char* metric, const char* stat, Form form, Op op,
                       double value) {
    Criterion c = criterion(s, "speed");
    c.id = id;
    c.metric = metric;
    c.stat = stat;
    c.form = form;
    c.op = op;
    c.value = value;
    s.criteria.push_back(c);
  };
  criterion(s, "errors").min_n = 300;
  add("tpot", "tpot", "mean", Form::candidate, Op::lt, 0.020);
  add("tpot_p95", "tpot", "p95", Form::candidate, Op::lt, 0.021);
  add("e2e_ratio", "e2e", "mean", Form::ratio, Op::le, 0.55);
  add("ttft_difference", "ttft", "mean", Form::difference, Op::lt, 0.1);
  add("throughput", "throughput", "mean", Form::ratio, Op::ge, 2.0);
  add("error_rate", "error_rate", "mean", Form::candidate, Op::lt, 0.03);
  add("slo", "slo_attainment", "mean", Form::candidate, Op::ge, 0.9);
  s.slo.ttft = std::chrono::milliseconds(1000);
  s.slo.tpot = std::chrono::milliseconds(21);
  return s;
}

/// Less evidence than before may leave open what was decided; it never decides for the candidate.
void check_no_pass_gained(const Verdict& before, const Verdict& after, const std::string& what,
                          std::uint64_t seed) {
  CAPTURE(what, seed, before.headline, after.headline);
  CHECK((after.decision != Decision::go || before.decision == Decision::go));
  for (std::size_t i = 0; i < before.criteria.size(); ++i) {
    CAPTURE(before.criteria[i].criterion.id, before.criteria[i].reason, after.criteria[i].reason);
    CHECK((after.criteria[i].result != Result::pass || before.criteria[i].result == Result::pass));
  }
}

void check_no_better(const Verdict& before, const Verdict& after, const std::string& what,
                     std::uint64_t seed) {
  CAPTURE(what, seed, before.headline, after.headline);
  CHECK(rank(after.decision) <= rank(before.decision));
  for (std::size_t i = 0; i < before.criteria.size(); ++i) {
    CAPTURE(before.criteria[i].criterion.id, before.criteria[i].reason, after.criteria[i].reason);
    CHECK(rank(after.criteria[i].result) <= rank(before.criteria[i].result));
  }
}

stats::BlockArm& random_block(Measurements& m, Arm arm, Rng& rng) {
  std::vector<stats::BlockArm*> blocks;
  for (stats::BlockArm& b : m.blocks) {
    if (b.kind == CellKind::load && b.arm == arm) blocks.push_back(&b);
  }
  return *blocks[rng.below(blocks.size())];
}

}  // namespace

TEST_CASE("no value that goes missing improves a verdict, over random runs", "[property]") {
  struct Loss {
    const char* what;
    std::function<void(Measurements&, Rng&)> lose;
    bool evidence = false;  ///< may take the evidence of a FAIL with it
  };
  const auto request = [](Arm arm, auto change) {
    return [arm, change](Measurements& m, Rng& rng) {
      auto& requests = random_block(m, arm, rng).requests;
      change(requests[rng.below(requests.size())]);
    };
  };
  const auto uncounted = [](stats::RequestMetrics& r) {
    r.output_tokens = r.tpot = r.ntpot = stats::kUndefined;
  };
  const auto slowest = [uncounted](Arm arm, bool slow) {
    return [=](Measurements& m, Rng& rng) {
      auto& requests = random_block(m, arm, rng).requests;
      const auto by_pace = [](const auto& a, const auto& b) { return a.tpot < b.tpot; };
      uncounted(slow ? *std::max_element(requests.begin(), requests.end(), by_pace)
                     : *std::min_element(requests.begin(), requests.end(), by_pace));
    };
  };
  const std::vector<Loss> losses{
      {"tokens of a candidate's answer", request(Arm::candidate, uncounted), true},
      {"tokens of the candidate's slowest answer", slowest(Arm::candidate, true), true},
      {"tokens of the baseline's fastest answer", slowest(Arm::baseline, false), true},
      {"first token of a candidate's answer",
       request(
           Arm::candidate,
           [](stats::RequestMetrics& r) { r.ttft = r.ttft_service = r.e2e = stats::kUndefined; }),
       true},
      {"a pair of answers",
       [](Measurements& m, Rng& rng) { m.quality[rng.below(m.quality.size())].dropped = true; }},
      {"a score",
       [](Measurements& m, Rng& rng) { m.quality[rng.below(m.quality.size())].candidate.clear(); }},
      {"a score of the baseline",
       [](Measurements& m, Rng& rng) { m.quality[rng.below(m.quality.size())].baseline.clear(); }},
      {"a planned cell",
       [](Measurements& m, Rng& rng) {
         m.missing_cells = {rng.below(2) == 0 ? "c8/006-candidate" : "quality/001-candidate"};
       }},
      {"the memory", [](Measurements& m, Rng&) { m.memory[1].used_peak_gb.reset(); }},
      {"the end of a block",
       [](Measurements& m, Rng& rng) { random_block(m, Arm::candidate, rng).interrupted = true; },
       true},
      {"the end of the run", [](Measurements& m, Rng&) { m.interrupted = true; }},
      {"the A/A blocks",
       [](Measurements& m, Rng&) {
         std::erase_if(m.blocks, [](const auto& b) { return b.kind == CellKind::aa; });
       }},
      {"a block of the candidate",
       [](Measurements& m, Rng& rng) {
         stats::BlockArm& b = random_block(m, Arm::candidate, rng);
         m.missing_cells = {"c8/00" + std::to_string(b.block) + "-candidate"};
         const auto block = b.block;
         std::erase_if(m.blocks, [&](const auto& x) {
           return x.kind == CellKind::load && x.arm == Arm::candidate && x.block == block;
         });
       },
       true}};
  const Scenario s = many_criteria();
  std::set<Decision> seen;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    const Measurements m = random_run(seed);
    const Verdict before = judge(s, m, {});
    seen.insert(before.decision);
    for (const Loss& loss : losses) {
      Measurements lost = m;
      Rng rng(derive_seed(seed, loss.what));
      loss.lose(lost, rng);
      const Verdict after = judge(s, lost, {});
      if (std::string_view(loss.what) == "the A/A blocks") {
        // Nothing has to clear a shift that was not measured, but planned blocks that are missing
        // forbid a GO by themselves.
        CHECK(after.decision != Decision::go);
      } else if (loss.evidence)
        check_no_pass_gained(before, after, loss.what, seed);
      else
        check_no_better(before, after, loss.what, seed);
    }
  }
  CHECK(seen.size() >= 2);
}

TEST_CASE("a slow answer whose tokens were not counted cannot carry a PASS", "[property]") {
  Scenario s = scenario();
  s.criteria = {criterion(s, "speed")};
  Measurements m = healthy_run();
  for (stats::BlockArm& b : m.blocks) {
    if (b.arm != Arm::candidate) continue;
    for (std::size_t i = 0; i < b.requests.size(); ++i)
      b.requests[i].tpot = i < 60 ? 1 / 30.0 : 1 / 60.0;
  }
  REQUIRE(judge(s, m, {}).criteria[0].result != Result::pass);
  for (stats::BlockArm& b : m.blocks) {
    if (b.arm != Arm::candidate) continue;
    for (std::size_t i = 0; i < 58; ++i)
      b.requests[i].tpot = b.requests[i].output_tokens = stats::kUndefined;
  }
  const CriterionResult r = judge(s, m, {}).criteria[0];
  CHECK(r.result == Result::inconclusive);
  CHECK(r.code == "missing");
  CHECK_THAT(r.reason, ContainsSubstring("answers without a value"));
}

TEST_CASE("an answer of one token lacks no time per token", "[property]") {
  Measurements m = healthy_run();
  for (stats::BlockArm& b : m.blocks) {
    for (std::size_t i = 0; i < 10; ++i) {
      b.requests[i].output_tokens = 1;
      b.requests[i].tpot = stats::kUndefined;
    }
  }
  CHECK(result(judge(scenario(), m, {}), "speed").result == Result::pass);
}

TEST_CASE("one more failed request never improves a verdict, over random runs", "[property]") {
  const Scenario s = many_criteria();
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    const Measurements m = random_run(seed);
    const Verdict before = judge(s, m, {});
    Rng rng(derive_seed(seed, "fail"));
    Measurements appended = m;
    stats::BlockArm& b = random_block(appended, Arm::candidate, rng);
    b.requests.emplace_back().index = static_cast<std::uint32_t>(b.requests.size() - 1);
    ++b.attempted;
    ++b.failed;
    check_no_better(before, judge(s, appended, {}), "appended", seed);
    // A request that turns from success to failure takes its block's tokens with it: throughput
    // is measured by what came, so it is left as it is here.
    Measurements turned = m;
    stats::BlockArm& t = random_block(turned, Arm::candidate, rng);
    stats::RequestMetrics& r = t.requests[rng.below(t.requests.size())];
    const auto index = r.index;
    r = {};
    r.index = index;
    ++t.failed;
    ++t.failures["http_error 500"];
    const Verdict after = judge(s, turned, {});
    CHECK(rank(after.decision) <= rank(before.decision));
    CHECK(result(after, "errors").result == Result::fail);
    for (const char* id : {"ttft", "tpot_p95", "slo", "error_rate"}) {
      CAPTURE(id, seed);
      CHECK(rank(result(after, id).result) <= rank(result(before, id).result));
    }
  }
}

TEST_CASE("the unit of time changes nothing, over random runs", "[property]") {
  // Milliseconds for seconds everywhere: in what was measured and in what is asked.
  const Scenario in_s = many_criteria();
  Scenario in_ms = in_s;
  for (Criterion& c : in_ms.criteria) {
    const bool time = c.metric == "ttft" || c.metric == "tpot" || c.metric == "e2e";
    if (time && c.form != Form::ratio) c.value *= 1000;
    if (c.metric == "stream_speed" && c.form != Form::ratio) c.value /= 1000;
    if (c.metric == "gpu_memory_used") c.value *= 1e9;
  }
  in_ms.slo.ttft = *in_s.slo.ttft * 1000;
  in_ms.slo.tpot = *in_s.slo.tpot * 1000;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    const Measurements seconds = random_run(seed);
    Measurements ms = seconds;
    for (stats::BlockArm& b : ms.blocks) {
      for (stats::RequestMetrics& r : b.requests) {
        for (double* x : {&r.ttft, &r.ttft_service, &r.tpot, &r.icg_max, &r.e2e, &r.ntpot})
          *x *= 1000;
      }
      b.throughput /= 1000;
    }
    for (stats::MemoryUse& use : ms.memory) {
      if (use.used_peak_gb) *use.used_peak_gb *= 1e9;
      if (use.total_gb) *use.total_gb *= 1e9;
    }
    const Verdict a = judge(in_s, seconds, {}), b = judge(in_ms, ms, {});
    CAPTURE(seed, a.headline, b.headline);
    CHECK(a.decision == b.decision);
    for (std::size_t i = 0; i < a.criteria.size(); ++i) {
      CAPTURE(a.criteria[i].criterion.id, a.criteria[i].reason, b.criteria[i].reason);
      CHECK(a.criteria[i].result == b.criteria[i].result);
    }
  }
}

TEST_CASE("the order of requests within a block changes nothing, over random runs", "[property]") {
  const Scenario s = many_criteria();
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    const Measurements m = random_run(seed);
    Measurements shuffled = m;
    Rng rng(derive_seed(seed, "order"));
    for (stats::BlockArm& b : shuffled.blocks) shuffle(std::span(b.requests), rng);
    shuffle(std::span(shuffled.quality), rng);
    shuffle(std::span(shuffled.blocks), rng);
    const Verdict a = judge(s, m, {}), b = judge(s, shuffled, {});
    CAPTURE(seed);
    CHECK(a.decision == b.decision);
    CHECK(a.headline == b.headline);
    for (std::size_t i = 0; i < a.criteria.size(); ++i) {
      CHECK(a.criteria[i].result == b.criteria[i].result);
      CHECK(a.criteria[i].reason == b.criteria[i].reason);
    }
  }
}

TEST_CASE("swapping the arms inverts every ratio and its bounds, over random runs", "[property]") {
  Scenario s = scenario();
  Criterion base = criterion(s, "speed_ratio");
  base.value = 1;
  s.criteria.clear();
  for (const char* metric : {"stream_speed", "tpot", "ttft", "e2e", "throughput"}) {
    Criterion c = base;
    c.id = c.metric = metric;
    c.op = find_metric(metric)->better > 0 ? Op::ge : Op::le;
    s.criteria.push_back(c);
  }
  Criterion quality = base;
  quality.id = quality.metric = std::string("quality.") + kSimulatedScore;
  quality.point.clear();
  quality.value = 0.95;
  s.criteria.push_back(quality);
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    const Measurements m = random_run(seed);
    Measurements swapped = m;
    for (stats::BlockArm& b : swapped.blocks) {
      if (b.kind == CellKind::load) b.arm = b.arm == Arm::baseline ? Arm::candidate : Arm::baseline;
    }
    for (stats::QualityPair& p : swapped.quality) std::swap(p.baseline, p.candidate);
    const Verdict a = judge(s, m, {}), b = judge(s, swapped, {});
    for (std::size_t i = 0; i < s.criteria.size(); ++i) {
      const CriterionResult &x = a.criteria[i], &y = b.criteria[i];
      CAPTURE(seed, x.criterion.id, x.reason, y.reason);
      REQUIRE(x.measured);
      REQUIRE(y.measured);
      CHECK(*x.measured == Approx(1 / *y.measured).epsilon(1e-9));
      if (x.criterion.metric == quality.metric) continue;
      CHECK_FALSE((x.result == Result::pass && y.result == Result::pass));
    }
    // One criterion alone: both bounds at the same level, each the inverse of the other's.
    for (const Criterion& c : s.criteria) {
      Scenario alone = s;
      alone.criteria = {c};
      const CriterionResult x = judge(alone, m, {}).criteria[0],
                            y = judge(alone, swapped, {}).criteria[0];
      CAPTURE(seed, c.id);
      REQUIRE((x.bound && y.other_bound));
      CHECK(*x.bound == Approx(1 / *y.other_bound).epsilon(1e-6));
    }
  }
}
