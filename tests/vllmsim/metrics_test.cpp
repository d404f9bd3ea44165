#include "vllmsim/metrics.hpp"

#include <fstream>
#include <regex>
#include <sstream>

#include "catch.hpp"
#include "sim_fixture.hpp"
#include "source_dir.hpp"

using namespace abgate::sim;

namespace {

std::vector<std::string> lines_of(std::istream& in) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Samples without their values.
std::vector<std::string> shape_of_text(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines = lines_of(in);
  for (std::string& line : lines) {
    if (line.starts_with('#')) continue;
    line.resize(line.rfind(' '));
    line =
        std::regex_replace(line, std::regex("num_gpu_blocks=\"[0-9]+\""), "num_gpu_blocks=\"N\"");
  }
  return lines;
}

std::string value_of(const std::string& text, const std::string& name) {
  const std::size_t at = ("\n" + text).find("\n" + name);
  REQUIRE(at != std::string::npos);
  const std::string line = text.substr(at, text.find('\n', at) - at);
  return line.substr(line.rfind(' ') + 1);
}

}  // namespace

TEST_CASE("the text has every family, label and bucket of a vLLM 0.11.2 server, in its order") {
  Profile profile;
  profile.model.id = "Qwen/Qwen2.5-32B-Instruct-AWQ";
  profile.model.max_model_len = 32768;
  Metrics metrics(profile, 1763562000);
  metrics.on_http("/v1/models", "GET", 200, 0.005, 0, 500);
  metrics.on_http("/v1/completions", "POST", 200, 5, 3000, 0);
  std::ifstream file(source_dir() + "/tests/vllmsim/data/metrics-shape.txt");
  const std::vector<std::string> expected = lines_of(file);
  std::vector<std::string> seen = shape_of_text(metrics.render({}, {}));
  // The reference was made with body sizes of one route only.
  std::erase_if(seen, [](const std::string& line) {
    return line.find("_size_bytes") != std::string::npos &&
           line.find("/v1/models") != std::string::npos;
  });
  REQUIRE(expected.size() == 564);
  for (std::size_t i = 0; i < std::min(expected.size(), seen.size()); ++i)
    REQUIRE(seen[i] == expected[i]);
  REQUIRE(seen.size() == expected.size());
}

TEST_CASE("numbers are printed as Python's client prints them") {
  REQUIRE(prometheus_number(0) == "0.0");
  REQUIRE(prometheus_number(89) == "89.0");
  REQUIRE(prometheus_number(0.025) == "0.025");
  REQUIRE(prometheus_number(999999) == "999999.0");
  REQUIRE(prometheus_number(1000000) == "1e+06");
  REQUIRE(prometheus_number(1234567) == "1.234567e+06");
  REQUIRE(prometheus_number(1763561938.12) == "1.76356193812e+09");
  REQUIRE(prometheus_number(18421968896) == "1.8421968896e+10");
  REQUIRE(prometheus_number(-1234567) == "-1234567.0");
  REQUIRE(prometheus_number(HUGE_VAL) == "+Inf");
}

TEST_CASE("a value on a bound belongs to its bucket and buckets are cumulative") {
  const double bounds[] = {1, 2, 5};
  Histogram histogram(bounds);
  for (const double value : {0.5, 1.0, 1.5, 5.0, 7.0}) histogram.observe(value);
  REQUIRE(histogram.cumulative(0) == 2);
  REQUIRE(histogram.cumulative(1) == 3);
  REQUIRE(histogram.cumulative(2) == 4);
  REQUIRE(histogram.cumulative(3) == 5);
  REQUIRE(histogram.sum() == Approx(15.0));
}

TEST_CASE("the token buckets follow the 1-2-5 series up to the model length") {
  REQUIRE(one_two_five(32768).back() == 20000);
  REQUIRE(one_two_five(32768).size() == 14);
  REQUIRE(one_two_five(50000).back() == 50000);
}

TEST_CASE("a finished request feeds every per-request histogram, an aborted one none") {
  Profile profile;
  Metrics metrics(profile, 0);
  metrics.on_finished({Finish::stop, 100, 11, 64.0, 2.5, 0.1, 0.4, 2.0});
  metrics.on_finished({Finish::abort, 100, 11, 64.0, 2.5, 0.1, 0.4, 2.0});
  const std::string text = metrics.render({}, {});
  REQUIRE(value_of(text, "vllm:request_success_total{engine=\"0\",finished_reason=\"stop\"") ==
          "1.0");
  REQUIRE(value_of(text, "vllm:request_success_total{engine=\"0\",finished_reason=\"abort\"") ==
          "0.0");
  for (const std::string name :
       {"request_prompt_tokens", "request_generation_tokens", "request_params_n",
        "request_params_max_tokens", "e2e_request_latency_seconds", "request_queue_time_seconds",
        "request_prefill_time_seconds", "request_decode_time_seconds",
        "request_inference_time_seconds", "request_time_per_output_token_seconds"}) {
    REQUIRE(value_of(text, "vllm:" + name + "_count") == "1.0");
  }
  REQUIRE(value_of(text, "vllm:request_time_per_output_token_seconds_sum") == "0.2");
  REQUIRE(value_of(text, "vllm:request_inference_time_seconds_sum") == "2.4");
}

TEST_CASE("a request of one token counts 0 as its time per output token") {
  Profile profile;
  Metrics metrics(profile, 0);
  metrics.on_finished({Finish::length, 10, 1, 1.0, 0.5, 0.1, 0.4, 0.0});
  REQUIRE(value_of(metrics.render({}, {}), "vllm:request_time_per_output_token_seconds_sum") ==
          "0.0");
}

TEST_CASE("labels are escaped") {
  Profile profile;
  profile.model.id = "a\"b\\c\nd";
  Metrics metrics(profile, 0);
  REQUIRE_THAT(metrics.render({}, {}), ContainsSubstring("model_name=\"a\\\"b\\\\c\\nd\""));
}

TEST_CASE("the card reports memory by the budget, and utilisation and power by how busy it was") {
  Profile profile = test::exact_profile("rtxpro6000-fp16");
  const abgate::TimePoint start{};
  GpuMeter meter(profile, start);
  EngineState engine;
  const std::string idle = meter.render(engine, start + std::chrono::seconds(1));
  REQUIRE(value_of(idle, "DCGM_FI_DEV_GPU_UTIL") == "0");
  REQUIRE(value_of(idle, "DCGM_FI_DEV_POWER_USAGE") == "30");
  engine.busy = std::chrono::milliseconds(500);
  const std::string busy = meter.render(engine, start + std::chrono::seconds(2));
  REQUIRE(value_of(busy, "DCGM_FI_DEV_GPU_UTIL") == "50");
  REQUIRE(std::stod(value_of(busy, "DCGM_FI_DEV_POWER_USAGE")) > 200);
  const double total = std::stod(value_of(busy, "DCGM_FI_DEV_FB_USED")) +
                       std::stod(value_of(busy, "DCGM_FI_DEV_FB_FREE")) +
                       std::stod(value_of(busy, "DCGM_FI_DEV_FB_RESERVED"));
  REQUIRE(total == Approx(97887));
}
