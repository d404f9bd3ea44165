#include "observe/prometheus.hpp"

#include "catch.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"
#include "observe/server_sample.hpp"

using namespace abgate;
using namespace abgate::observe;

TEST_CASE("Samples have names, labels with escapes, and any kind of number", "[observe]") {
  const auto m = parse_prometheus(
      "# HELP a text\n# TYPE a gauge\na{x=\"1\",y=\"q\\\"\\\\\\n\"} 2.5\na{x=\"2\"} +Inf "
      "1700000000\nb 1e+06\nc{} -3\n",
      "m");
  REQUIRE(m.samples().size() == 4);
  REQUIRE(m.samples()[0].labels.at("y") == "q\"\\\n");
  REQUIRE(m.sum({"b"}) == 1e6);
  REQUIRE(m.sum({"nope", "c"}) == -3.0);
  REQUIRE_FALSE(m.sum({"nope"}));
  REQUIRE(m.sum_where("a", "x", "1") == 2.5);
}

TEST_CASE("Broken metrics get one line with place, seen and wanted", "[observe]") {
  REQUIRE_THROWS_WITH(parse_prometheus("", "m.txt"),
                      ContainsSubstring("m.txt: saw an empty text, want Prometheus text"));
  REQUIRE_THROWS_WITH(parse_prometheus("<!DOCTYPE html><html>", "m.txt"),
                      ContainsSubstring("saw HTML"));
  REQUIRE_THROWS_WITH(parse_prometheus("{\"detail\":\"Not Found\"}", "m.txt"),
                      ContainsSubstring("saw JSON"));
  REQUIRE_THROWS_WITH(parse_prometheus("a 1\nb{x=\"1\n", "m.txt"),
                      ContainsSubstring("m.txt:2: saw \"b{x=\"1\""));
  REQUIRE_THROWS_WITH(parse_prometheus("a 1\nb{x=\"1", "m.txt"),
                      ContainsSubstring("cut in the middle"));
  REQUIRE_THROWS_WITH(parse_prometheus("a one\n", "m.txt"), ContainsSubstring("want a number"));
  REQUIRE_THROWS_WITH(parse_prometheus("a 1", "m.txt"), ContainsSubstring("cut in the middle"));
  REQUIRE_THROWS_WITH(parse_prometheus("# TYPE h histogram\nh_bucket{le=\"1\"} 3\n", "m.txt"),
                      ContainsSubstring("cut in the middle"));
  REQUIRE_THROWS_AS(parse_prometheus("#only\n", "m.txt"), DataError);
}

TEST_CASE("Random bytes are refused or read, never worse", "[observe]") {
  Rng rng(11);
  const std::string alphabet = "ab{}=\"\\,. 0123456789+-\n#<TYPE\x01\xff";
  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string text;
    for (std::uint64_t n = rng.below(60); n > 0; --n) text += alphabet[rng.below(alphabet.size())];
    try {
      parse_prometheus(text, "fuzz");
    } catch (const DataError&) {
      ++refused;
    }
  }
  REQUIRE(refused > 3000);
}

TEST_CASE("A server's counters are found under old and new names, summed over engines",
          "[observe]") {
  const auto s = read_server_sample(parse_prometheus(
      "vllm:generation_tokens_total{engine=\"0\"} 10\nvllm:generation_tokens_total{engine=\"1\"} "
      "32\n"
      "vllm:gpu_cache_usage_perc{engine=\"0\"} 0.5\nvllm:gpu_cache_usage_perc{engine=\"1\"} 0.7\n"
      "vllm:time_per_output_token_seconds_sum 4\nvllm:time_per_output_token_seconds_count 8\n"
      "vllm:cache_config_info{block_size=\"16\",num_gpu_blocks=\"100\"} 1\n",
      "m"));
  REQUIRE(s.generation_tokens == 42.0);
  REQUIRE(s.kv_usage.value() == Approx(0.6));
  REQUIRE(s.itl_count == 8.0);
  REQUIRE(s.cache_config.at("num_gpu_blocks") == "100");
  REQUIRE_FALSE(s.prefix_hits);
}
