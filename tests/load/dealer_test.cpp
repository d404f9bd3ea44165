#include "load/dealer.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "catch.hpp"
#include "plan_fixture.hpp"

using namespace abgate;
using namespace abgate::load;
using namespace std::chrono_literals;

namespace {

/// Two classes: single prompts (weight 3) and sessions of three turns (weight 1).
PromptSet mixed() {
  std::vector<WorkloadClass> classes(2);
  classes[0].name = "fim";
  classes[0].weight = 3;
  classes[1].name = "talk";
  PromptSet single = prompts(40, "f");
  PromptSet sessions = prompts(30, "s");
  for (std::uint32_t i = 0; i < 10; ++i) sessions.units.push_back({3 * i, 3, Duration{0}});
  PromptClass all;
  all.units = 10;
  all.think_time = 2s;
  sessions.classes = {all};
  sessions.ignore_eos = true;
  return merge_classes({single, sessions}, classes);
}

}  // namespace

TEST_CASE("Merged classes keep their prompts, units and lengths apart", "[load]") {
  const PromptSet set = mixed();
  REQUIRE(set.prompts.size() == 70);
  REQUIRE(set.prompts[0].id == "fim/f0");
  REQUIRE(set.prompts[40].id == "talk/s0");
  REQUIRE(set.units.size() == 50);
  REQUIRE(set.units[40].first == 40);
  REQUIRE(set.units[41].first == 43);
  REQUIRE(set.units[41].turns == 3);
  REQUIRE(set.classes[1].think_time == 2s);
  REQUIRE(set.classes[1].weight == 1);
  REQUIRE(set.exact == [] {
    std::vector<std::uint8_t> exact(70, 0);
    std::fill(exact.begin() + 40, exact.end(), std::uint8_t{1});
    return exact;
  }());
}

TEST_CASE("Classes are drawn by their weights, and the same again for the same cell", "[load]") {
  const PromptSet set = mixed();
  const auto draw = [&](std::uint64_t seed, const char* cell) {
    Dealer dealer(set, seed);
    dealer.begin_cell(cell);
    std::vector<std::uint16_t> classes;
    for (int i = 0; i < 20000; ++i) classes.push_back(dealer.deal().traffic_class);
    return classes;
  };
  const auto classes = draw(7, "load c8 0");
  const auto talk = std::count(classes.begin(), classes.end(), 1);
  REQUIRE(static_cast<double>(talk) == Approx(5000).margin(4 * 61));  // sd 61
  REQUIRE(classes == draw(7, "load c8 0"));
  REQUIRE(classes != draw(7, "load c8 1"));
  REQUIRE(classes != draw(8, "load c8 0"));
}

TEST_CASE("Units of a class come once each before one comes again", "[load]") {
  const PromptSet set = mixed();
  Dealer dealer(set, 3);
  dealer.begin_cell("a");
  std::map<std::uint16_t, std::vector<std::uint32_t>> dealt;
  for (int i = 0; i < 400; ++i) {
    const Dealt unit = dealer.deal();
    dealt[unit.traffic_class].push_back(unit.unit.first);
  }
  for (const auto& [traffic_class, firsts] : dealt) {
    const std::size_t units = traffic_class == 0 ? 40 : 10;
    REQUIRE(std::set(firsts.begin(), firsts.begin() + static_cast<std::ptrdiff_t>(units)).size() ==
            units);
  }
}

TEST_CASE("What has an order is dealt in it, from the first on in every cell", "[load]") {
  PromptSet set = prompts(5);
  PromptClass all;
  all.units = 5;
  all.in_order = true;
  set.classes = {all};
  Dealer dealer(set, 1);
  for (const char* cell : {"a", "b"}) {
    dealer.begin_cell(cell);
    for (std::uint32_t i = 0; i < 12; ++i) REQUIRE(dealer.deal().unit.first == i % 5);
  }
  REQUIRE(dealer.in_order().size() == 5);
}

TEST_CASE("A class without prompts is never drawn", "[load]") {
  std::vector<WorkloadClass> classes(2);
  classes[0].name = "none";
  classes[1].name = "some";
  const PromptSet set = merge_classes({PromptSet{}, prompts(3)}, classes);
  Dealer dealer(set, 1);
  dealer.begin_cell("a");
  for (int i = 0; i < 100; ++i) REQUIRE(dealer.deal().traffic_class == 1);
}
