#include "load/plan.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "catch.hpp"
#include "plan_fixture.hpp"

using namespace abgate;
using namespace abgate::load;

namespace {

std::vector<std::uint32_t> items(const Cell& cell) {
  std::vector<std::uint32_t> out;
  for (const PlannedRequest& request : cell.requests) out.push_back(request.item);
  return out;
}

std::size_t distinct_salts(const Plan& plan, CellKind kind) {
  std::set<std::uint64_t> salts;
  for (const Cell* cell : cells_of(plan, kind)) {
    for (const PlannedRequest& request : cell->requests) salts.insert(request.salt);
  }
  return salts.size();
}

}  // namespace

TEST_CASE("Each point has its blocks and its A/A blocks, warm-up first", "[load]") {
  const Plan plan = make_plan(small_scenario(), prompts(500), {});
  REQUIRE(cells_of(plan, CellKind::load, "c4").size() == 6);
  REQUIRE(cells_of(plan, CellKind::load, "c8").size() == 6);
  REQUIRE(cells_of(plan, CellKind::aa, "c4").size() == 1);
  REQUIRE(cells_of(plan, CellKind::prime).empty());
  REQUIRE(cells_of(plan, CellKind::quality).empty());
  for (const Cell* cell : cells_of(plan, CellKind::load, "c8")) {
    REQUIRE(cell->requests.size() == 22);
    REQUIRE(cell->load.concurrency == 8);
    for (std::uint32_t i = 0; i < 22; ++i) {
      REQUIRE(cell->requests[i].index == i);
      REQUIRE(cell->requests[i].phase == (i < 2 ? Phase::warmup : Phase::measured));
      REQUIRE(cell->requests[i].max_tokens == 128);
      REQUIRE_FALSE(cell->requests[i].ignore_eos);
    }
  }
}

TEST_CASE("Where prompts are enough, no prompt is sent twice", "[load]") {
  const Scenario scenario = small_scenario();
  REQUIRE(prompts_wanted(scenario) == 7 * (12 + 22));
  const Plan plan = make_plan(scenario, prompts(prompts_wanted(scenario)), {});
  std::set<std::uint32_t> seen;
  for (const Cell& cell : plan.cells) {
    for (const std::uint32_t item : items(cell)) REQUIRE(seen.insert(item).second);
  }
  REQUIRE(seen.size() == plan.prompts.size());
}

TEST_CASE("Where prompts are short, they are used evenly and not twice in a block", "[load]") {
  const Plan plan = make_plan(small_scenario(), prompts(25), {});
  std::map<std::uint32_t, int> uses;
  for (const Cell& cell : plan.cells) {
    std::set<std::uint32_t> block;
    for (const std::uint32_t item : items(cell)) {
      REQUIRE(block.insert(item).second);
      ++uses[item];
    }
  }
  REQUIRE(uses.size() == 25);
  for (const auto& [item, count] : uses) REQUIRE(std::abs(count - 238 / 25) <= 2);
}

TEST_CASE("One prompt is enough for a plan, none is not", "[load]") {
  REQUIRE(make_plan(small_scenario(), prompts(1), {}).cells.size() == 14);
  REQUIRE_THROWS_WITH(make_plan(small_scenario(), {}, {}),
                      ContainsSubstring("small.yaml: points.c4.requests: saw no prompt"));
}

TEST_CASE("The prompts' own lengths and the forced ends of synthetic ones reach the requests",
          "[load]") {
  PromptSet set = prompts(40);
  set.max_tokens.assign(40, 0);
  set.max_tokens[7] = 33;
  set.ignore_eos = true;
  const Plan plan = make_plan(small_scenario(), set, {});
  for (const PlannedRequest& request : plan.cells[0].requests) {
    REQUIRE(request.max_tokens == (request.item == 7 ? 33 : 128));
    REQUIRE(request.ignore_eos);
  }
}

TEST_CASE("A plan repeats exactly for its seeds, and each seed changes its own dimension",
          "[load]") {
  Scenario scenario = small_scenario();
  scenario.points[0].arrival = Arrival::poisson;
  scenario.points[0].rate = 5;
  const Plan plan = make_plan(scenario, prompts(300), prompts(30, "q"));
  REQUIRE(plan.hash == make_plan(scenario, prompts(300), prompts(30, "q")).hash);
  REQUIRE(plan.hash.size() == 16);

  const auto dues = [](const Plan& p) {
    std::vector<Duration> out;
    for (const PlannedRequest& request : p.cells[0].requests) out.push_back(request.due);
    return out;
  };
  Scenario other = scenario;
  other.seeds.schedule = 77;
  const Plan schedule = make_plan(other, prompts(300), prompts(30, "q"));
  REQUIRE(dues(schedule) != dues(plan));
  REQUIRE(items(schedule.cells[0]) == items(plan.cells[0]));
  other = scenario;
  other.seeds.prompts = 77;
  const Plan reordered = make_plan(other, prompts(300), prompts(30, "q"));
  REQUIRE(dues(reordered) == dues(plan));
  REQUIRE(items(reordered.cells[0]) != items(plan.cells[0]));
  REQUIRE(reordered.hash != plan.hash);
  other = scenario;
  other.seeds.base = 2;
  REQUIRE(dues(make_plan(other, prompts(300), {})) != dues(plan));
}

TEST_CASE("Blocks of one point have schedules and prompts of their own", "[load]") {
  Scenario scenario = small_scenario();
  scenario.points[0].arrival = Arrival::gamma;
  scenario.points[0].burstiness = 0.5;
  scenario.points[0].rate = 5;
  const Plan plan = make_plan(scenario, prompts(30), {});
  const auto blocks = cells_of(plan, CellKind::load, "c4");
  REQUIRE(blocks[0]->requests[5].due != blocks[1]->requests[5].due);
  REQUIRE(items(*blocks[0]) != items(*blocks[1]));
  REQUIRE(blocks[0]->requests[0].due == Duration(0));  // warm-up
  REQUIRE(blocks[0]->requests[2].due > Duration(0));
}

TEST_CASE("Cold salts are all different; warm ones are one; off has none", "[load]") {
  Scenario scenario = small_scenario();
  const Plan cold = make_plan(scenario, prompts(30), prompts(10, "q"));
  REQUIRE(distinct_salts(cold, CellKind::load) == 6 * (12 + 22));
  scenario.workload.cache = CachePolicy::warm;
  const Plan warm = make_plan(scenario, prompts(30), prompts(10, "q"));
  REQUIRE(distinct_salts(warm, CellKind::load) == 1);
  REQUIRE(distinct_salts(warm, CellKind::quality) == 10);
  REQUIRE(warm.cells[0].requests[0].salt == cells_of(warm, CellKind::prime)[0]->requests[0].salt);
  REQUIRE(warm.cells[0].requests[0].salt != 0);
  scenario.workload.cache = CachePolicy::off;
  const Plan off = make_plan(scenario, prompts(30), prompts(10, "q"));
  REQUIRE(off.cells[0].requests[0].salt == 0);
  REQUIRE(distinct_salts(off, CellKind::quality) == 1);
}

TEST_CASE("Policy warm primes each prompt that is used, once, with one token", "[load]") {
  Scenario scenario = small_scenario();
  scenario.workload.cache = CachePolicy::warm;
  scenario.blocks = 1;
  scenario.aa_blocks = 0;
  const Plan plan = make_plan(scenario, prompts(100), {});
  const auto primes = cells_of(plan, CellKind::prime);
  REQUIRE(primes.size() == 1);
  std::set<std::uint32_t> used;
  for (const Cell* cell : cells_of(plan, CellKind::load)) {
    for (const std::uint32_t item : items(*cell)) used.insert(item);
  }
  const auto primed = items(*primes[0]);
  REQUIRE(std::vector<std::uint32_t>(used.begin(), used.end()) == primed);
  for (const PlannedRequest& request : primes[0]->requests) REQUIRE(request.max_tokens == 1);
}

TEST_CASE("Quality asks each item once a repeat, with natural stops, in a new order", "[load]") {
  Scenario scenario = small_scenario();
  scenario.sampling.ignore_eos = true;
  scenario.quality.repeats = 3;
  PromptSet quality = prompts(50, "q");
  quality.max_tokens.assign(50, 64);
  const Plan plan = make_plan(scenario, prompts(20), quality);
  const auto cells = cells_of(plan, CellKind::quality, "quality");
  REQUIRE(cells.size() == 3);
  for (std::uint32_t repeat = 0; repeat < 3; ++repeat) {
    REQUIRE(cells[repeat]->block == repeat);
    REQUIRE(cells[repeat]->load.concurrency == 8);
    auto asked = items(*cells[repeat]);
    std::sort(asked.begin(), asked.end());
    for (std::uint32_t i = 0; i < 50; ++i) REQUIRE(asked[i] == 20 + i);
    for (const PlannedRequest& request : cells[repeat]->requests) {
      REQUIRE(request.repeat == repeat);
      REQUIRE(request.max_tokens == 64);
      REQUIRE_FALSE(request.ignore_eos);
      REQUIRE(request.phase == Phase::measured);
    }
  }
  REQUIRE(items(*cells[0]) != items(*cells[1]));
}

TEST_CASE("The quality limit takes the same random items in every repeat", "[load]") {
  Scenario scenario = small_scenario();
  scenario.quality.repeats = 2;
  scenario.quality.limit = 10;
  const Plan plan = make_plan(scenario, prompts(20), prompts(50, "q"));
  const auto cells = cells_of(plan, CellKind::quality);
  auto first = items(*cells[0]), second = items(*cells[1]);
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  REQUIRE(first.size() == 10);
  REQUIRE(first == second);
  REQUIRE(first.back() > 35);  // not just the first ten
}

TEST_CASE("Points bounded by time alone plan enough requests", "[load]") {
  Scenario scenario = small_scenario();
  for (LoadPoint& point : scenario.points) {
    point.requests = 0;
    point.duration = std::chrono::seconds(10);
  }
  scenario.points[1].arrival = Arrival::constant;
  scenario.points[1].rate = 7;
  const Plan plan = make_plan(scenario, prompts(30), {});
  REQUIRE(cells_of(plan, CellKind::load, "c4")[0]->requests.size() == 2 + 4 * 101);
  const Cell& open = *cells_of(plan, CellKind::load, "c8")[0];
  REQUIRE(open.requests.size() == 2 + 71);
  REQUIRE(open.requests.back().due == std::chrono::seconds(10));
}

TEST_CASE("Points that cannot be planned are refused in one line", "[load]") {
  const auto planned_with = [](void (*change)(LoadPoint&)) {
    Scenario scenario = small_scenario();
    change(scenario.points[1]);
    return make_plan(scenario, prompts(5), {});
  };
  REQUIRE_THROWS_WITH(planned_with([](LoadPoint& p) { p.requests = 0; }),
                      "small.yaml: points.c8.requests: saw 0, want requests or a duration");
  REQUIRE_THROWS_WITH(planned_with([](LoadPoint& p) { p.arrival = Arrival::poisson; }),
                      ContainsSubstring("points.c8.rate: saw 0, want a rate above 0"));
  REQUIRE_THROWS_WITH(
      planned_with([](LoadPoint& p) { p.arrival = Arrival::gamma, p.rate = 1, p.burstiness = 0; }),
      ContainsSubstring("points.c8.burstiness"));
  REQUIRE_THROWS_WITH(planned_with([](LoadPoint& p) { p.concurrency = 0; }),
                      ContainsSubstring("points.c8.concurrency"));
}

TEST_CASE("The hash notices every part of the plan", "[load]") {
  const Plan plan = make_plan(small_scenario(), prompts(50), prompts(5, "q"));
  REQUIRE(plan.hash == plan_hash(plan));
  std::set<std::string> hashes{plan.hash};
  const auto expect_new = [&](void (*change)(Plan&)) {
    Plan changed = plan;
    change(changed);
    REQUIRE(hashes.insert(plan_hash(changed)).second);
  };
  expect_new([](Plan& p) { p.prompts[3].text += '\0'; });
  expect_new([](Plan& p) { p.prompts[3].messages[1].second += "x"; });
  expect_new([](Plan& p) { p.prompts[3].stop = {"\n"}; });
  expect_new([](Plan& p) { std::swap(p.prompts[3], p.prompts[4]); });
  expect_new([](Plan& p) { p.cells[0].requests[1].item ^= 1; });
  expect_new([](Plan& p) { p.cells[0].requests[1].salt ^= 1; });
  expect_new([](Plan& p) { p.cells[0].requests[1].due += Duration(1); });
  expect_new([](Plan& p) { p.cells[0].requests[1].max_tokens += 1; });
  expect_new([](Plan& p) { p.cells[0].requests[1].ignore_eos = true; });
  expect_new([](Plan& p) { p.cells[0].requests[1].phase = Phase::measured; });
  expect_new([](Plan& p) { p.cells[0].load.concurrency += 1; });
  expect_new([](Plan& p) { p.cells[0].kind = CellKind::aa; });
  expect_new([](Plan& p) { p.cells.pop_back(); });
  expect_new([](Plan& p) { p.steps[0].at_once = false; });
  expect_new([](Plan& p) { std::swap(p.steps[0].arms[0], p.steps[0].arms[1]); });
  expect_new([](Plan& p) { p.steps.pop_back(); });
}
