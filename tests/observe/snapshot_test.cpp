#include "observe/snapshot.hpp"

#include "catch.hpp"
#include "core/error.hpp"
#include "observe/files.hpp"

using namespace abgate;
using namespace abgate::observe;

namespace {

std::string refusal(const std::string& text) {
  try {
    make_snapshot(text, "http://host/metrics");
  } catch (const DataError& e) {
    REQUIRE(std::string(e.what()).find('\n') == std::string::npos);
    return e.what();
  }
  return "accepted";
}

std::string without(std::string text, const std::string& name) {
  for (std::size_t at = text.find("\n" + name); at != std::string::npos;
       at = text.find("\n" + name)) {
    text.erase(at, text.find('\n', at + 1) - at);
  }
  return text;
}

}  // namespace

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
  REQUIRE(s.models == std::vector<std::string>{"Qwen/Qwen2.5-32B-Instruct-AWQ"});
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
  REQUIRE(table.find("imulated") == std::string::npos);
}

TEST_CASE("The baseline as JSON has the raw sums beside the means", "[observe]") {
  const std::string json = to_json(make_snapshot(data_file("vllm-0.11.2.txt"), "baseline"));
  for (const char* part :
       {"\"schema\": \"abgate/snapshot/v1\"", "\"requests\": 89.0", "\"ttft_sum_s\": 47.4",
        "\"itl_count\": 8961.0", "\"within\": 8880.0", "\"gpu_memory_utilization\": \"0.9\""}) {
    REQUIRE_THAT(json, ContainsSubstring(part));
  }
}

TEST_CASE("A server that has answered nothing yet gives a table without means", "[observe]") {
  const Snapshot s = make_snapshot(
      "vllm:request_success_total{finished_reason=\"stop\"} 0\nvllm:prompt_tokens_total "
      "0\nvllm:generation_tokens_total 0\n"
      "vllm:time_to_first_token_seconds_count 0\nvllm:time_to_first_token_seconds_sum 0\n"
      "vllm:inter_token_latency_seconds_count 0\nvllm:inter_token_latency_seconds_sum 0\n"
      "vllm:prefix_cache_queries_total 0\nvllm:prefix_cache_hits_total 0\n");
  REQUIRE_FALSE(s.ttft_mean());
  REQUIRE_FALSE(s.stream_speed());
  REQUIRE_FALSE(s.prefix_hit_rate());
  REQUIRE_THAT(to_markdown(s), ContainsSubstring("| requests | 0 |"));
  REQUIRE(to_markdown(s).find("TTFT") == std::string::npos);
  REQUIRE_THAT(to_json(s), ContainsSubstring("\"ttft_mean_s\": null"));
}

TEST_CASE("A text cut in the middle, an empty one and HTML get one clear line each", "[observe]") {
  const std::string text = data_file("vllm-0.11.2.txt");
  REQUIRE_THAT(refusal(text.substr(0, text.size() / 2)), ContainsSubstring("cut in the middle"));
  REQUIRE_THAT(refusal(""), ContainsSubstring("http://host/metrics: saw an empty text"));
  REQUIRE_THAT(refusal("<html><body>502 Bad Gateway</body></html>\n"),
               ContainsSubstring("saw HTML"));
  REQUIRE_THAT(refusal("python_info{version=\"3.12\"} 1\n"),
               ContainsSubstring("--disable-log-stats"));
}

TEST_CASE("A text cut at any line end never passes for a whole one", "[observe]") {
  const std::string text = data_file("vllm-0.11.2.txt");
  const std::string whole = to_markdown(make_snapshot(text));
  const auto latency = text.find("# HELP vllm:inter_token_latency_seconds");
  REQUIRE(latency != std::string::npos);
  for (auto at = text.find('\n'); at < latency; at = text.find('\n', at + 1)) {
    const std::string said = refusal(text.substr(0, at + 1));
    // vLLM's old name holds the same samples as its new one: once it is complete, so is the table's
    // TPOT.
    if (said == "accepted")
      REQUIRE(text.substr(0, at + 1).find("vllm:time_per_output_token_seconds_sum") !=
              std::string::npos);
  }
  for (const char* name :
       {"vllm:prompt_tokens_total", "vllm:generation_tokens_total", "vllm:request_success_total"}) {
    REQUIRE_THAT(refusal(without(text, name)), ContainsSubstring(std::string("without ") + name));
  }
}

TEST_CASE("Model names cannot break the table", "[observe]") {
  const std::string text =
      "vllm:prompt_tokens_total{model_name=\"a|b<c`\\n\"} 1\nvllm:generation_tokens_total 1\n"
      "vllm:request_success_total 1\nvllm:time_to_first_token_seconds_count "
      "1\nvllm:time_to_first_token_seconds_sum 1\n"
      "vllm:inter_token_latency_seconds_count 1\nvllm:inter_token_latency_seconds_sum 0.5\n";
  REQUIRE_THAT(to_markdown(make_snapshot(text)),
               ContainsSubstring("| model | a\\|b\\<c\\`\\n | label model_name |"));
}
