// The search for where a statement stops holding, against truths that are known.

#include <cmath>
#include <functional>

#include "catch.hpp"
#include "core/rng.hpp"
#include "decision/bracket_search.hpp"

using namespace abgate;
using namespace abgate::decision;

namespace {

using Oracle = std::function<ProbeAnswer(double)>;

Bracket run(const BracketOptions& options, const Oracle& oracle, std::vector<double>* seen = nullptr) {
  BracketSearch search(options);
  while (const auto value = search.next()) {
    REQUIRE(*value >= options.from);
    REQUIRE(*value <= options.to);
    if (options.whole) REQUIRE(*value == std::round(*value));
    if (seen != nullptr) seen->push_back(*value);
    search.answer(*value, oracle(*value));
  }
  return search.result();
}

Oracle threshold(double truth) {
  return [truth](double v) { return v <= truth ? ProbeAnswer::holds : ProbeAnswer::fails; };
}

BracketOptions range(double from, double to, double precision = 0.05) {
  BracketOptions options;
  options.from = from;
  options.to = to;
  options.precision = precision;
  return options;
}

}  // namespace

TEST_CASE("A sharp limit anywhere in the range is bracketed to the precision asked", "[decision][search]") {
  Rng rng(7);
  for (int i = 0; i < 2000; ++i) {
    auto options = range(0.1, 500, i % 2 == 0 ? 0.05 : 0.2);
    if (i % 3 == 0) options.start = 0.1 * std::pow(5000, rng.uniform());
    const double truth = 0.11 * std::pow(4000, rng.uniform());
    const Bracket b = run(options, threshold(truth));
    REQUIRE(b.status == BracketStatus::found);
    REQUIRE((*b.held <= truth && truth < *b.failed));
    REQUIRE(*b.failed <= *b.held * (1 + options.precision) * 1.0001);
    // 13 doublings of the range, 4 bisections of a factor 2, both ends again.
    REQUIRE(b.probes <= 21);
    REQUIRE(b.contradictions.empty());
  }
}

TEST_CASE("Whole numbers end at neighbours", "[decision][search]") {
  for (int truth = 1; truth < 128; ++truth) {
    auto options = range(1, 128, 0.001);
    options.whole = true;
    options.ends_first = truth % 2 == 0;
    const Bracket b = run(options, threshold(truth + 0.5));
    REQUIRE(b.status == BracketStatus::found);
    REQUIRE((*b.held == truth && *b.failed == truth + 1));
    REQUIRE(b.probes <= 17);
  }
}

TEST_CASE("Limits outside the range are said to be outside", "[decision][search]") {
  const Bracket above = run(range(1, 64), threshold(1000));
  REQUIRE((above.status == BracketStatus::all_hold && *above.held == 64 && !above.failed));
  const Bracket below = run(range(1, 64), threshold(0.5));
  REQUIRE((below.status == BracketStatus::all_fail && *below.failed == 1 && !below.held));
  auto options = range(1, 64);
  options.start = 8;
  REQUIRE(run(options, threshold(0.5)).status == BracketStatus::all_fail);
  REQUIRE(run(range(3, 3), threshold(4)).status == BracketStatus::all_hold);
}

TEST_CASE("Both ends of the range are probed first where that is asked", "[decision][search]") {
  auto options = range(1, 64);
  options.ends_first = options.whole = true;
  for (const double truth : {0.5, 10.5, 100.0}) {
    std::vector<double> seen;
    run(options, threshold(truth), &seen);
    REQUIRE((seen[0] == 1 && seen[1] == 64));
  }
}

TEST_CASE("What cannot be told stays open and is approached from both sides", "[decision][search]") {
  const Bracket b = run(range(1, 100), [](double v) {
    return v < 10 ? ProbeAnswer::holds : v > 20 ? ProbeAnswer::fails : ProbeAnswer::undecided;
  });
  REQUIRE(b.status == BracketStatus::undecided);
  REQUIRE((*b.held < 10 && *b.held > 9));
  REQUIRE((*b.failed > 20 && *b.failed < 21.5));
  REQUIRE(!b.open.empty());
  const Bracket nothing = run(range(1, 100), [](double) { return ProbeAnswer::undecided; });
  REQUIRE((nothing.status == BracketStatus::undecided && !nothing.held && !nothing.failed));
}

TEST_CASE("An end that does not hold a second time is not claimed", "[decision][search]") {
  std::size_t asked_32 = 0;
  const Bracket b = run(range(1, 100, 0.05), [&](double v) {
    if (v == 32) return ++asked_32 == 1 ? ProbeAnswer::holds : ProbeAnswer::fails;
    return v < 33 ? ProbeAnswer::holds : ProbeAnswer::fails;
  });
  REQUIRE(asked_32 <= 2);
  if (asked_32 == 2) {
    REQUIRE(*b.held < 32);
    REQUIRE(!b.contradictions.empty());
  }
}

TEST_CASE("Answers against the order of the axis are reported, never averaged", "[decision][search]") {
  BracketSearch search(range(1, 64));
  search.answer(1, ProbeAnswer::holds);
  search.answer(4, ProbeAnswer::fails);
  search.answer(8, ProbeAnswer::holds);
  search.answer(16, ProbeAnswer::fails);
  search.answer(64, ProbeAnswer::fails);
  while (const auto v = search.next()) {
    search.answer(*v, *v < 3.9   ? ProbeAnswer::holds
                      : *v < 8.1 ? ProbeAnswer::undecided
                                 : ProbeAnswer::fails);
  }
  const Bracket b = search.result();
  REQUIRE(b.status == BracketStatus::contradictory);
  REQUIRE(b.contradictions.front() == std::pair(4.0, 8.0));
  REQUIRE((*b.held < 4 && *b.failed > 8));

  BracketSearch turned(range(1, 64));
  turned.answer(1, ProbeAnswer::fails);
  turned.answer(64, ProbeAnswer::holds);
  REQUIRE((!turned.result().held && !turned.result().failed));
}

TEST_CASE("The number of probes is bounded, and said to be the reason", "[decision][search]") {
  auto options = range(1, 1000, 0.01);
  options.max_probes = 6;
  const Bracket b = run(options, threshold(300));
  REQUIRE((b.status == BracketStatus::out_of_probes && b.probes == 6));
  REQUIRE((!b.failed || *b.failed > 300));
  REQUIRE(*b.held <= 300);
}

TEST_CASE("Noisy answers: the bracket seldom excludes the truth", "[decision][search]") {
  // The chance to hold falls smoothly through the truth: ±10 % of it is 1 standard deviation of the
  // answer's noise; an answer is withheld where it would be wrong in more than one of twenty.
  Rng rng(11);
  const double truth = 20;
  int wrong = 0;
  constexpr int kSearches = 2000;
  for (int i = 0; i < kSearches; ++i) {
    const Bracket b = run(range(1, 200), [&](double v) {
      const double seen = std::log(truth / v) / 0.1 + rng.normal();
      return seen > 1.645 ? ProbeAnswer::holds : seen < -1.645 ? ProbeAnswer::fails : ProbeAnswer::undecided;
    });
    if ((b.held && *b.held > truth) || (b.failed && *b.failed < truth)) ++wrong;
  }
  // Each side 5 % a probe near the truth, both ends confirmed: well below 2 · 5 %.
  REQUIRE(wrong < kSearches / 20);
}
