#include "vllmsim/engine.hpp"

#include <deque>

#include "catch.hpp"
#include "sim_fixture.hpp"
#include "vllmsim/step_time.hpp"

using namespace abgate;
using namespace abgate::sim;
using abgate::sim::test::exact_profile;
using std::chrono::milliseconds;

namespace {

struct Recorder : EngineSink {
  void on_step(std::span<const Emission> emissions, TimePoint at) override {
    for (const Emission& emission : emissions) tokens.push_back({emission.sequence, at});
  }
  std::vector<std::pair<Sequence*, TimePoint>> tokens;
  std::vector<TimePoint> of(const Sequence& sequence) const {
    std::vector<TimePoint> out;
    for (const auto& [who, at] : tokens) {
      if (who == &sequence) out.push_back(at);
    }
    return out;
  }
};

/// Drives an engine on a virtual clock.
struct Drive {
  explicit Drive(const Profile& given, std::uint64_t seed = 1)
      : profile(given), engine(make_engine(profile, seed)) {}

  Sequence& submit(std::size_t prompt, std::int64_t output) {
    GenerationPlan plan;
    plan.ignore_eos = true;
    plan.max_tokens = output;
    plans.push_back(std::make_unique<Generation>(plan, filler));
    Sequence& sequence = sequences.emplace_back();
    sequence.generation = plans.back().get();
    for (std::size_t i = 0; i < prompt; ++i) {
      sequence.tokens.push_back(static_cast<TokenId>(1000 * sequences.size() + i));
    }
    sequence.prompt_tokens = prompt;
    engine->submit(sequence, time);
    return sequence;
  }
  void run(Duration limit = std::chrono::hours(1), Duration lateness = Duration{0}) {
    const TimePoint end = time + limit;
    for (auto wake = engine->next_wake(); wake && *wake <= end; wake = engine->next_wake()) {
      time = std::max(time, *wake) + lateness;
      engine->advance(time, recorder);
    }
  }

  Profile profile;
  Filler filler;
  std::unique_ptr<Engine> engine;
  std::deque<Sequence> sequences;
  std::vector<std::unique_ptr<Generation>> plans;
  Recorder recorder;
  TimePoint time{std::chrono::seconds(5)};
};

double mean_gap_ms(const std::vector<TimePoint>& at) {
  return to_ms(at.back() - at.front()) / static_cast<double>(at.size() - 1);
}

}  // namespace

TEST_CASE("one stream gets its tokens at the step times of the formula") {
  Drive drive(exact_profile("rtxpro6000-fp16"));
  Sequence& one = drive.submit(1000, 50);
  drive.run();
  const auto at = drive.recorder.of(one);
  REQUIRE(at.size() == 50);
  StepShape prefill{1000, 1, 1000, 500'000}, decode{1, 1, 1001, 0};
  REQUIRE(to_seconds(at[0] - one.queued) ==
          Approx(step_seconds(drive.profile, prefill)).epsilon(1e-6));
  REQUIRE(to_seconds(at[1] - at[0]) == Approx(step_seconds(drive.profile, decode)).epsilon(1e-6));
  REQUIRE(mean_gap_ms(at) == Approx(43.2).epsilon(0.01));
}

TEST_CASE("lateness of the timer does not add up") {
  Drive drive(exact_profile("rtxpro6000-awq-marlin"));
  Sequence& one = drive.submit(1000, 400);
  drive.run(std::chrono::hours(1), std::chrono::microseconds(300));
  REQUIRE(mean_gap_ms(drive.recorder.of(one)) == Approx(15.5).epsilon(0.005));
  REQUIRE(drive.engine->state().late_steps == 0);
}

TEST_CASE("a pause of the host is not made up by faster steps") {
  Drive drive(exact_profile("rtxpro6000-fp16"));
  Sequence& one = drive.submit(100, 20);
  drive.run(milliseconds(400));
  const std::size_t before = drive.recorder.of(one).size();
  drive.time += std::chrono::seconds(10);
  drive.engine->advance(drive.time, drive.recorder);
  REQUIRE(drive.recorder.of(one).size() == before + 1);
  REQUIRE(drive.engine->state().late_steps == 1);
  REQUIRE(drive.engine->state().worst_lateness > std::chrono::seconds(9));
}

TEST_CASE("a request that comes during a step waits for its end") {
  Drive drive(exact_profile("rtxpro6000-fp16"));
  Sequence& first = drive.submit(100, 30);
  drive.run(milliseconds(200));
  Sequence& second = drive.submit(100, 5);
  drive.run();
  const auto at = drive.recorder.of(first);
  REQUIRE(second.scheduled > second.queued);
  REQUIRE(std::find(at.begin(), at.end(), *second.scheduled) != at.end());
}

TEST_CASE("jitter has the mean of the formula and the same seed gives the same times") {
  Profile profile = exact_profile("rtxpro6000-awq-marlin");
  profile.host.jitter_cv = 0.02;
  Drive a(profile, 7), b(profile, 7), c(profile, 8);
  for (Drive* drive : {&a, &b, &c}) {
    drive->submit(1000, 2000);
    drive->run();
  }
  REQUIRE(a.recorder.tokens.back().second == b.recorder.tokens.back().second);
  REQUIRE(a.recorder.tokens.back().second != c.recorder.tokens.back().second);
  Drive exact(exact_profile("rtxpro6000-awq-marlin"));
  exact.submit(1000, 2000);
  exact.run();
  const auto span = [](Drive& d) {
    return to_seconds(d.time - TimePoint{std::chrono::seconds(5)});
  };
  REQUIRE(span(a) == Approx(span(exact)).epsilon(0.003));
}

TEST_CASE("an engine that ran idle starts at once with the next request") {
  Drive drive(exact_profile("rtxpro6000-fp16"));
  drive.submit(100, 3);
  drive.run();
  REQUIRE_FALSE(drive.engine->next_wake());
  drive.time += std::chrono::seconds(60);
  Sequence& later = drive.submit(100, 3);
  drive.run();
  REQUIRE(*later.scheduled == later.queued);
}

TEST_CASE("a request removed in the middle of a step gives its blocks back and no token") {
  Drive drive(exact_profile("rtxpro6000-fp16"));
  Sequence& gone = drive.submit(100, 30);
  Sequence& stays = drive.submit(100, 30);
  drive.run(milliseconds(300));
  const std::size_t before = drive.recorder.of(gone).size();
  drive.engine->remove(gone);
  drive.run();
  REQUIRE(drive.recorder.of(gone).size() == before);
  REQUIRE(drive.recorder.of(stays).size() == 30);
  REQUIRE(drive.engine->state().kv_usage == Approx(0));
  REQUIRE(drive.engine->reset_prefix_cache());
}

TEST_CASE("FP16 runs out of blocks where AWQ does not") {
  for (const auto& [name, preempts] :
       {std::pair{"rtxpro6000-fp16", true}, {"rtxpro6000-awq-marlin", false}}) {
    Drive drive(exact_profile(name));
    for (int i = 0; i < 128; ++i) drive.submit(740, 300);
    drive.run();
    INFO(name);
    REQUIRE((drive.engine->state().counters.preemptions > 0) == preempts);
    REQUIRE(drive.recorder.tokens.size() == 128 * 300);
  }
}

TEST_CASE("the fixed engine keeps absolute times for every stream") {
  Profile profile = exact_profile("null");
  Drive drive(profile);
  std::vector<Sequence*> all;
  for (int i = 0; i < 50; ++i) {
    all.push_back(&drive.submit(10, 20));
    drive.run(Duration{0});
    drive.time += milliseconds(1);
  }
  drive.run(std::chrono::hours(1), std::chrono::microseconds(200));
  for (const Sequence* each : all) {
    const auto at = drive.recorder.of(*each);
    REQUIRE(at.size() == 20);
    for (int i = 0; i < 20; ++i) {
      const Duration ideal = milliseconds(50) + i * milliseconds(10);
      const Duration off = at[static_cast<std::size_t>(i)] - each->queued - ideal;
      REQUIRE(off >= Duration{0});
      REQUIRE(off < milliseconds(2));  // 200 us late each, up to all streams due at once
    }
  }
  REQUIRE_FALSE(drive.engine->next_wake());
}

TEST_CASE("the fixed engine with an interval of zero ends") {
  Profile profile = exact_profile("null");
  profile.fixed->itl = Duration{0};
  Drive drive(profile);
  drive.submit(10, 10000);
  drive.run();
  REQUIRE(drive.recorder.tokens.size() == 10000);
}
