#include "observe/snapshot.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "catch.hpp"
#include "core/error.hpp"
#include "source_dir.hpp"

using namespace abgate;
using namespace abgate::observe;

namespace {
std::string sample_text() {
  std::ifstream in(source_dir() + "/tests/observe/data/vllm-0.11.2-metrics.txt");
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}
}  // namespace

TEST_CASE("The production baseline comes out of vLLM's counters", "[observe]") {
  const Snapshot s = make_snapshot(parse_prometheus(sample_text(), "m"), "m");
  REQUIRE(s.requests == 89.0);
  REQUIRE(s.prompt_tokens == 65389.0);
  REQUIRE(s.generation_tokens == 9050.0);
  REQUIRE(s.ttft_mean_s().value() == Approx(0.5326).margin(1e-4));
  REQUIRE(s.tpot_mean_s().value() == Approx(0.04928).margin(1e-5));
  REQUIRE(s.stream_tokens_per_s().value() == Approx(20.29).margin(0.01));
  REQUIRE(s.prefix_hit_rate().value() == Approx(0.5285).margin(1e-4));
  REQUIRE(s.itl_at_most_50ms == 8880.0);
  REQUIRE(s.itl_count == 8961.0);
  REQUIRE(s.preemptions == 0.0);
  const std::string md = to_markdown(s);
  for (const char* part : {"| 89 |", "65,389", "9,050", "0.5326 s", "0.0493 s", "20.3 tok/s",
                           "52.9 %", "8,880 of 8,961", "| none |"}) {
    REQUIRE_THAT(md, ContainsSubstring(part));
  }
  const auto json = nlohmann::json::parse(to_json(s));
  REQUIRE(json["requests"] == 89.0);
  REQUIRE(json["schema"] == "abgate/snapshot/v1");
}

TEST_CASE("A metrics text cut anywhere is refused or still whole in what it gives", "[observe]") {
  const std::string text = sample_text();
  int refused = 0, read = 0;
  for (std::size_t n = 1; n < text.size(); n += 97) {
    try {
      const Snapshot s = make_snapshot(parse_prometheus(text.substr(0, n), "cut"), "cut");
      if (s.requests) REQUIRE(*s.requests <= 89.0);
      ++read;
    } catch (const DataError& e) {
      REQUIRE(std::string(e.what()).find('\n') == std::string::npos);
      ++refused;
    }
  }
  REQUIRE(refused > 50 * read);
}

TEST_CASE("A text cut at a line end never gives other figures than the whole one", "[observe]") {
  const std::string text = sample_text();
  const Snapshot whole = make_snapshot(parse_prometheus(text, "m"), "m");
  std::size_t read = 0;
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
    try {
      const Snapshot s = make_snapshot(parse_prometheus(text.substr(0, at + 1), "cut"), "cut");
      REQUIRE((s.requests == whole.requests && s.prompt_tokens == whole.prompt_tokens));
      REQUIRE((s.generation_tokens == whole.generation_tokens && s.ttft_sum_s == whole.ttft_sum_s));
      REQUIRE((s.itl_sum_s == whole.itl_sum_s && s.itl_count == whole.itl_count));
      ++read;
    } catch (const DataError&) {
      continue;
    }
  }
  REQUIRE(read > 0);
}

TEST_CASE("Metrics of something else are refused with what to check", "[observe]") {
  REQUIRE_THROWS_WITH(make_snapshot(parse_prometheus("python_info 1\n", "x"), "x"),
                      ContainsSubstring("want the /metrics of a vLLM server"));
}

TEST_CASE("Figures that are not there say so", "[observe]") {
  const Snapshot s = make_snapshot(
      parse_prometheus(
          "vllm:request_success_total{finished_reason=\"stop\",model_name=\"a|b\"} 0\n"
          "vllm:prompt_tokens_total 0\nvllm:generation_tokens_total 0\n"
          "vllm:time_to_first_token_seconds_sum 0\nvllm:time_to_first_token_seconds_count 0\n"
          "vllm:inter_token_latency_seconds_sum 0\nvllm:inter_token_latency_seconds_count 0\n",
          "x"),
      "x");
  REQUIRE_THAT(to_markdown(s), ContainsSubstring("| TTFT, mean | not reported |"));
  REQUIRE_THAT(to_markdown(s), ContainsSubstring("a\\|b"));
  REQUIRE(nlohmann::json::parse(to_json(s))["ttft_mean_s"].is_null());
}
