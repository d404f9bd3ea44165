#include "decision/regression.hpp"

#include <cmath>

#include "catch.hpp"
#include "core/rng.hpp"
#include "decision/verdict.hpp"

using namespace abgate;
using namespace abgate::decision;

namespace {

/// Ratios around 2 that scatter by 2 % or as told.
std::vector<double> nights(std::size_t n, std::uint64_t seed, double sd = 0.02) {
  Rng rng(seed);
  std::vector<double> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(2 * std::exp(sd * rng.normal()));
  return out;
}

HistoryFinding tonight(std::vector<double> past, double ratio, int better = 1, double floor = 0,
                       HistoryRules rules = {}) {
  return check_history({"stream_speed (mean) at c4", better, std::move(past), ratio, floor}, rules);
}

}  // namespace

TEST_CASE("one bad night warns, two running are a regression", "[history]") {
  std::vector<double> past = nights(20, 1);
  CHECK(tonight(past, 2.0).state == HistoryState::quiet);
  CHECK(tonight(past, 2.0).sentence.empty());
  const HistoryFinding one = tonight(past, 1.8);
  CHECK(one.state == HistoryState::warn);
  CHECK(one.change == Approx(-0.1).margin(0.02));
  CHECK_THAT(one.sentence,
             ContainsSubstring("warning from history: stream_speed (mean) at c4 is "));
  past.push_back(1.8);
  const HistoryFinding two = tonight(past, 1.8);
  CHECK(two.state == HistoryState::regression);
  CHECK_THAT(two.sentence, ContainsSubstring("regression against history") &&
                               ContainsSubstring("and so was the night before"));
  CHECK(tonight(past, 2.0).state == HistoryState::quiet);  // it recovered
}

TEST_CASE("better is no regression, and for latencies lower is better", "[history]") {
  std::vector<double> past = nights(20, 2);
  past.push_back(2.3);
  CHECK(tonight(past, 2.3).state == HistoryState::quiet);
  CHECK(tonight(past, 2.3, -1).state == HistoryState::regression);
  std::vector<double> low = nights(20, 2);
  low.push_back(1.7);
  CHECK(tonight(low, 1.7, -1).state == HistoryState::quiet);
}

TEST_CASE("a short history is learned from, never judged by", "[history]") {
  CHECK(tonight(nights(9, 3), 1.0).state == HistoryState::learning);
  CHECK(tonight(nights(9, 3), 1.0).sentence.empty());
  CHECK(tonight(nights(10, 3), 1.0).state == HistoryState::warn);  // the night before had only 9
  CHECK(tonight({}, 1.0).state == HistoryState::learning);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(tonight(std::vector<double>(30, nan), 1.0).state == HistoryState::learning);
  CHECK(tonight(nights(20, 3), nan).state == HistoryState::quiet);
}

TEST_CASE("a minimum effect below the noise floor is refused: the floor stands in its place",
          "[history]") {
  std::vector<double> past = nights(20, 4, 0.005);
  past.push_back(1.9);
  CHECK(tonight(past, 1.9).state == HistoryState::regression);  // 5 % against 3 % asked
  CHECK(tonight(past, 1.9, 1, std::log(1.08)).state == HistoryState::quiet);
  past.back() = 1.7;
  const HistoryFinding far = tonight(past, 1.7, 1, std::log(1.08));
  CHECK(far.state == HistoryState::regression);
  CHECK_THAT(far.sentence, ContainsSubstring("minimum effect of 3 % lies below the noise floor") &&
                               ContainsSubstring("8 % is asked for instead"));
  // Beyond chance but too small to matter.
  past.back() = 1.96;
  CHECK(tonight(past, 1.96).state == HistoryState::quiet);
}

TEST_CASE("false alarms are rare and a step of 5 % is found in days", "[history]") {
  std::size_t alarms = 0, judged = 0, found = 0;
  double waited = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const std::vector<double> flat = nights(60, derive_seed(5, seed));
    for (std::size_t n = 12; n < flat.size(); ++n) {
      const std::vector<double> past(flat.begin(), flat.begin() + static_cast<std::ptrdiff_t>(n));
      alarms += tonight(past, flat[n]).state == HistoryState::regression ? 1U : 0U;
      ++judged;
    }
    std::vector<double> past = nights(30, derive_seed(6, seed));
    for (const double r : nights(12, derive_seed(7, seed))) {
      const double now = 0.95 * r;
      const bool hit = tonight(past, now).state == HistoryState::regression;
      past.push_back(now);
      waited += 1;
      if (hit) {
        ++found;
        break;
      }
    }
  }
  CAPTURE(alarms, judged, found, waited / 300);
  CHECK(static_cast<double>(alarms) / static_cast<double>(judged) < 0.005);
  CHECK(found >= 210);  // the published simulation finds 85 % within 12 nights
}

TEST_CASE("a regression changes the exit of a GO only", "[history]") {
  Verdict v;
  v.regressed = true;
  for (const Decision d : {Decision::no_go, Decision::inconclusive, Decision::void_run}) {
    v.decision = d;
    CHECK(exit_code(v) == exit_code(d));
  }
  v.decision = Decision::go;
  CHECK(exit_code(v) == ExitCode::go_but_regressed);
  v.regressed = false;
  CHECK(exit_code(v) == ExitCode::go);
}
