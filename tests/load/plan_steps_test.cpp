#include <algorithm>
#include <set>

#include "catch.hpp"
#include "plan_fixture.hpp"

using namespace abgate;
using namespace abgate::load;

namespace {

using Arms = std::vector<Arm>;
const Arms kPair{Arm::baseline, Arm::candidate};
const Arms kReverse{Arm::candidate, Arm::baseline};

/// "load c4/0 baseline+candidate", "aa c4/0 baseline,control": + at once, comma one after the
/// other.
std::vector<std::string> lines(const Plan& plan) {
  std::vector<std::string> out;
  for (const Step& step : plan.steps) {
    const Cell& cell = plan.cells[step.cell];
    std::string line = fmt::format("{} {}/{} ", to_string(cell.kind), cell.point, cell.block);
    for (std::size_t i = 0; i < step.arms.size(); ++i) {
      if (i > 0) line += step.at_once ? "+" : ",";
      line += to_string(step.arms[i]);
    }
    out.push_back(line);
  }
  return out;
}

Scenario scenario_in(Mode mode, std::size_t blocks) {
  Scenario scenario = small_scenario();
  scenario.mode = mode;
  scenario.blocks = blocks;
  return scenario;
}

/// Each arm of each cell runs exactly once.
void require_complete(const Plan& plan, bool control) {
  std::set<std::pair<std::uint32_t, Arm>> ran;
  for (const Step& step : plan.steps) {
    for (const Arm arm : step.arms) REQUIRE(ran.emplace(step.cell, arm).second);
  }
  for (std::uint32_t i = 0; i < plan.cells.size(); ++i) {
    const CellKind kind = plan.cells[i].kind;
    REQUIRE(ran.count({i, Arm::baseline}) == 1);
    REQUIRE(ran.count({i, Arm::candidate}) == (kind == CellKind::aa ? 0 : 1));
    const bool third = kind == CellKind::aa || (kind == CellKind::quality && control);
    REQUIRE(ran.count({i, Arm::control}) == (third ? 1 : 0));
  }
}

}  // namespace

TEST_CASE("Concurrent mode drives both arms at once, but never one server twice", "[load]") {
  Scenario scenario = scenario_in(Mode::concurrent, 2);
  scenario.workload.cache = CachePolicy::warm;
  scenario.quality.control = true;
  const Plan plan = make_plan(scenario, prompts(10), prompts(5, "q"));
  REQUIRE(lines(plan) == std::vector<std::string>{
                             "prime prime/0 baseline+candidate", "load c4/0 baseline+candidate",
                             "load c8/0 baseline+candidate", "aa c4/0 baseline,control",
                             "aa c8/0 baseline,control", "load c4/1 baseline+candidate",
                             "load c8/1 baseline+candidate", "quality quality/0 baseline+candidate",
                             "quality quality/0 control"});
  require_complete(plan, true);
}

TEST_CASE("Interleaved mode balances which arm goes first, at each point", "[load]") {
  bool shuffled = false;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Scenario scenario = scenario_in(Mode::interleaved, 8);
    scenario.seeds.base = seed;
    const Plan plan = make_plan(scenario, prompts(10), prompts(5, "q"));
    require_complete(plan, false);
    for (const std::string point : {"c4", "c8"}) {
      std::vector<bool> order;
      for (const Step& step : plan.steps) {
        const Cell& cell = plan.cells[step.cell];
        REQUIRE_FALSE(step.at_once);
        if (cell.kind != CellKind::load || cell.point != point) continue;
        REQUIRE((step.arms == kPair || step.arms == kReverse));
        order.push_back(step.arms == kReverse);
      }
      REQUIRE(std::count(order.begin(), order.end(), true) == 4);
      bool alternating = true;
      for (std::size_t i = 1; i < order.size(); ++i) alternating &= order[i] != order[i - 1];
      shuffled = shuffled || !alternating;
    }
  }
  REQUIRE(shuffled);
}

TEST_CASE("An odd number of blocks leaves the odd one to chance", "[load]") {
  std::set<std::ptrdiff_t> reversed;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Scenario scenario = scenario_in(Mode::interleaved, 5);
    scenario.points.resize(1);
    scenario.aa_blocks = 0;
    scenario.seeds.blocks = seed;
    const Plan plan = make_plan(scenario, prompts(10), {});
    reversed.insert(std::count_if(plan.steps.begin(), plan.steps.end(),
                                  [](const Step& step) { return step.arms == kReverse; }));
  }
  REQUIRE(reversed == std::set<std::ptrdiff_t>{2, 3});
}

TEST_CASE("Swapped mode changes servers once a block and primes each fresh one", "[load]") {
  Scenario scenario = scenario_in(Mode::swapped, 4);
  scenario.workload.cache = CachePolicy::warm;
  scenario.quality.control = true;
  const Plan plan = make_plan(scenario, prompts(10), prompts(5, "q"));
  require_complete(plan, true);
  // A server is swapped where the next step's arm needs the other one.
  int swaps = 0;
  bool candidate_up = plan.steps[0].arms[0] == Arm::candidate;
  for (const Step& step : plan.steps) {
    REQUIRE_FALSE(step.at_once);
    for (const Arm arm : step.arms) {
      swaps += (arm == Arm::candidate) != candidate_up ? 1 : 0;
      candidate_up = arm == Arm::candidate;
    }
  }
  REQUIRE(swaps <= 4 + 3 + 2);  // within each block, perhaps between blocks, for quality
  const auto text = lines(plan);
  for (int block = 0; block < 4; ++block) {
    for (const std::string arm : {"baseline", "candidate"}) {
      const auto prime =
          std::find(text.begin(), text.end(), fmt::format("prime prime/{} {}", block, arm));
      REQUIRE(prime != text.end());
      REQUIRE(*(prime + 1) == fmt::format("load c4/{} {}", block, arm));
      REQUIRE(*(prime + 2) == fmt::format("load c8/{} {}", block, arm));
    }
  }
}

TEST_CASE("Recorded mode keeps the natural order", "[load]") {
  const Plan plan = make_plan(scenario_in(Mode::recorded, 3), prompts(10), prompts(5, "q"));
  require_complete(plan, false);
  for (const Step& step : plan.steps) REQUIRE(step.arms[0] == Arm::baseline);
}

TEST_CASE("A/A blocks are spread between the others", "[load]") {
  Scenario scenario = scenario_in(Mode::concurrent, 6);
  scenario.points.resize(1);
  scenario.aa_blocks = 2;
  const auto text = lines(make_plan(scenario, prompts(10), {}));
  REQUIRE(text.size() == 8);
  REQUIRE(text[2].substr(0, 5) == "aa c4");
  REQUIRE(text[5].substr(0, 5) == "aa c4");
  scenario.aa_blocks = 9;
  require_complete(make_plan(scenario, prompts(10), {}), false);
}

TEST_CASE("Several A/A blocks alternate which comes first", "[load]") {
  Scenario scenario = scenario_in(Mode::concurrent, 4);
  scenario.points.resize(1);
  scenario.aa_blocks = 4;
  const Plan plan = make_plan(scenario, prompts(10), {});
  const auto reversed = std::count_if(plan.steps.begin(), plan.steps.end(), [](const Step& step) {
    return step.arms == Arms{Arm::control, Arm::baseline};
  });
  REQUIRE(reversed == 2);
}

TEST_CASE("A declared extension doubles the blocks and comes last", "[load]") {
  for (const Mode mode : {Mode::concurrent, Mode::interleaved}) {
    Scenario scenario = scenario_in(mode, 3);
    const Plan first = make_plan(scenario, prompts(10), prompts(5, "q"));
    scenario.extension = true;
    const Plan both = make_plan(scenario, prompts(10), prompts(5, "q"));
    require_complete(both, false);
    std::set<std::uint32_t> blocks;
    bool extending = false;
    for (const Step& step : both.steps) {
      const Cell& cell = both.cells[step.cell];
      const bool extra = cell.kind == CellKind::load && cell.block >= 3;
      // Nothing of the first look follows a block of the extension: the run can end between them.
      REQUIRE((extra || !extending));
      extending = extending || extra;
      if (cell.kind == CellKind::load) blocks.insert(cell.block);
    }
    REQUIRE(extending);
    REQUIRE(blocks == std::set<std::uint32_t>{0, 1, 2, 3, 4, 5});
    REQUIRE(both.hash != first.hash);
  }
}

TEST_CASE("The extension's blocks send other requests than those of the first look", "[load]") {
  Scenario scenario = scenario_in(Mode::concurrent, 2);
  scenario.extension = true;
  const Plan plan = make_plan(scenario, prompts(200), prompts(5, "q"));
  std::set<std::uint64_t> seen;
  std::size_t sent = 0;
  for (const Cell* cell : cells_of(plan, CellKind::load, "c4")) {
    for (const PlannedRequest& r : cell->requests) {
      seen.insert(r.item);
      ++sent;
    }
  }
  REQUIRE(sent == 4 * 12);
  REQUIRE(seen.size() > sent / 2);
}
