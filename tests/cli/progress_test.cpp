#include "cli/progress.hpp"

#include <algorithm>
#include <sstream>

#include "catch.hpp"

using namespace abgate;
using namespace abgate::cli;

namespace {
RunProgress sample() {
  RunProgress p;
  p.cell = "c4 block 3/6";
  p.fraction = 0.5;
  p.elapsed_s = 65;
  p.arms = {{Arm::baseline, 10, 16, 4, 0, 88.4, 0.1234},
            {Arm::candidate, 3, 0, 4, 1, 0, std::nullopt}};
  return p;
}
}  // namespace

TEST_CASE("The live view shows both arms and the time left, no wider than the terminal", "[cli]") {
  const auto lines = live_lines(sample(), 110);
  REQUIRE(lines.size() == 3);
  REQUIRE(lines[0] ==
          "[############............]  50 %  c4 block 3/6  1 m 05 s elapsed, about 1 m 05 s left");
  REQUIRE(lines[1] == "  baseline  10/16 done, 4 in flight, 88 tok/s, TTFT p50 0.123 s, 0 errors");
  REQUIRE(lines[2] == "  candidate 3 done, 4 in flight, 0 tok/s, 1 error");
  for (const auto& line : live_lines(sample(), 20)) REQUIRE(line.size() <= 20);
}

TEST_CASE("Plain progress is one line, at most every ten seconds", "[cli]") {
  std::ostringstream out;
  ProgressView view(out, ProgressStyle::automatic, false);
  const TimePoint t0{};
  for (int s = 0; s < 25; ++s) view.update(sample(), t0 + std::chrono::seconds(s));
  const std::string text = out.str();
  REQUIRE(std::count(text.begin(), text.end(), '\n') == 3);
  REQUIRE(text.find('\x1b') == std::string::npos);
}

TEST_CASE("A note does not tear the live view", "[cli]") {
  std::ostringstream out;
  ProgressView view(out, ProgressStyle::live, true);
  view.update(sample(), TimePoint{});
  view.note("candidate: 1 error");
  REQUIRE_THAT(out.str(), ContainsSubstring("\x1b[3F\x1b[J"
                                            "candidate: 1 error\n"));
}

TEST_CASE("Seconds read well", "[cli]") {
  REQUIRE(format_seconds(3.4) == "3 s");
  REQUIRE(format_seconds(125) == "2 m 05 s");
  REQUIRE(format_seconds(7260) == "2 h 01 m");
  RunProgress early;
  early.fraction = 0.01;
  REQUIRE_FALSE(remaining_seconds(early));
}
