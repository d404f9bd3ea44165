#include "observe/snapshot.hpp"

#include "catch.hpp"
#include "core/error.hpp"
#include "observe/files.hpp"

using namespace abgate;
using namespace abgate::observe;

TEST_CASE("The production baseline is read from vLLM's own counters", "[observe]") {
  const Snapshot s = make_snapshot(data_file("vllm-0.11.2.txt"));
  REQUIRE(s.sample.requests_success == 89.0);
  REQUIRE(s.sample.prompt_tokens == 65389.0);
  REQUIRE(s.sample.generation_tokens == 9050.0);
  REQUIRE(*s.ttft_mean() == Approx(47.4 / 89).epsilon(1e-12));
  REQUIRE(*s.tpot_mean() == Approx(441.6 / 8961).epsilon(1e-12));
  REQUIRE(*s.stream_speed() == Approx(8961 / 441.6).epsilon(1e-12));
  REQUIRE(*s.prefix_hit_rate() == Approx(34560.0 / 65389).epsilon(1e-12));
  REQUIRE(s.sample.preemptions == 0.0);
  REQUIRE(
      (s.itl_within->bound == 0.05 && s.itl_within->within == 8880 && s.itl_within->count == 8961));
  REQUIRE(s.finish_reasons ==
          std::vector<std::pair<std::string, double>>{{"stop", 61}, {"length", 28}, {"abort", 0}});
}

TEST_CASE("The baseline table shows the figures with what they were computed from", "[observe]") {
  const std::string table = to_markdown(make_snapshot(data_file("vllm-0.11.2.txt")));
  for (const char* row :
       {"| requests | 89 | 61 stop, 28 length |", "| prompt tokens | 65,389 |",
        "| generated tokens | 9,050 |", "| TTFT, mean | 0.5326 s | 47.4 s / 89 |",
        "| TPOT, mean | 0.0493 s | 441.6 s / 8,961 |", "| speed of one stream | 20.3 tok/s |",
        "| prefix cache hits | 52.9 % | 34,560 of 65,389 tokens |",
        "| gaps between tokens ≤ 0.05 s | 8,880 of 8,961 (99.1 %) |", "| preemptions | none |"}) {
    REQUIRE_THAT(table, ContainsSubstring(row));
  }
}
