#include "vllmsim/faults.hpp"

#include "catch.hpp"
#include "core/error.hpp"

using namespace abgate::sim;

namespace {
std::string refusal(const std::string& text) {
  try {
    (void)parse_faults(text);
  } catch (const abgate::Error& error) {
    return error.what();
  }
  FAIL("accepted: " << text);
  return {};
}
std::string id(int i) {
  return "c8-000-candidate-" + std::to_string(i);
}
}  // namespace

TEST_CASE("a full specification is read") {
  const FaultSpec spec = parse_faults(
      "http500=0.01,stall_first=0.01:30s,stall_mid=0.005:500ms,split_utf8=1,merge=0.2,no_usage=0.1,"
      "engine_death=after:200,redeploy=after:30");
  REQUIRE(spec.exclusive.size() == 3);
  REQUIRE(spec.exclusive[1].delay == std::chrono::seconds(30));
  REQUIRE(spec.exclusive[2].delay == std::chrono::milliseconds(500));
  REQUIRE(spec.split_utf8 == Approx(1));
  REQUIRE(spec.merge == Approx(0.2));
  REQUIRE(spec.no_usage == Approx(0.1));
  REQUIRE(spec.engine_death_after == 200);
  REQUIRE(spec.redeploy_after == 30);
  REQUIRE(parse_faults("").exclusive.empty());
}

TEST_CASE("mistakes name the entry") {
  REQUIRE_THAT(refusal("http500"), ContainsSubstring("--faults: saw http500, want one of http500"));
  REQUIRE_THAT(refusal("reset=0.1,nope=1"), ContainsSubstring("saw nope=1"));
  REQUIRE_THAT(refusal("http500=2"),
               ContainsSubstring("saw http500=2, want name=probability, 0 to 1"));
  REQUIRE_THAT(refusal("http500=nan"), ContainsSubstring("saw http500=nan"));
  REQUIRE_THAT(refusal("stall_mid=0.1"),
               ContainsSubstring("want a delay, such as stall_mid=0.1:5s"));
  REQUIRE_THAT(refusal("stall_mid=0.1:5"), ContainsSubstring("a delay such as 5s or 200ms"));
  REQUIRE_THAT(refusal("stall_mid=0.1:-5s"), ContainsSubstring("a delay such as"));
  REQUIRE_THAT(refusal("engine_death=200"), ContainsSubstring("engine_death=after:N"));
  REQUIRE_THAT(refusal("redeploy=0.5"), ContainsSubstring("redeploy=after:N"));
  REQUIRE_THAT(refusal("none=1"), ContainsSubstring("saw none=1"));
  REQUIRE_THAT(refusal(","), ContainsSubstring("--faults"));
}

TEST_CASE("the same seed and id give the same faults, another seed others") {
  const FaultSpec spec = parse_faults("http500=0.3,reset=0.3,split_utf8=0.5");
  int moved = 0;
  for (int i = 0; i < 200; ++i) {
    const RequestFaults a = draw_faults(spec, 1, id(i)), b = draw_faults(spec, 1, id(i));
    REQUIRE(a.kind == b.kind);
    REQUIRE(a.split_utf8 == b.split_utf8);
    REQUIRE(a.where == b.where);
    moved += draw_faults(spec, 2, id(i)).kind != a.kind ? 1 : 0;
  }
  REQUIRE(moved > 40);
}

TEST_CASE("faults have their probabilities") {
  const FaultSpec spec = parse_faults("http500=0.02,truncate=0.1,no_usage=0.3");
  int http500 = 0, truncate = 0, no_usage = 0;
  const int n = 20000;
  for (int i = 0; i < n; ++i) {
    const RequestFaults faults = draw_faults(spec, 5, id(i));
    http500 += faults.kind == FaultKind::http500 ? 1 : 0;
    truncate += faults.kind == FaultKind::truncate ? 1 : 0;
    no_usage += faults.no_usage ? 1 : 0;
    REQUIRE(faults.where > 0);
    REQUIRE(faults.where < 1);
  }
  REQUIRE(http500 / double{n} == Approx(0.02).margin(0.004));
  REQUIRE(truncate / double{n} == Approx(0.1 * 0.98).margin(0.008));
  REQUIRE(no_usage / double{n} == Approx(0.3).margin(0.012));
}

TEST_CASE("adding a kind does not move the others") {
  const FaultSpec one = parse_faults("truncate=0.1"),
                  two = parse_faults("truncate=0.1,reset=0.5,http500=0.1");
  for (int i = 0; i < 2000; ++i) {
    if (draw_faults(one, 3, id(i)).kind == FaultKind::truncate) {
      REQUIRE(draw_faults(two, 3, id(i)).kind == FaultKind::truncate);
    }
  }
}
